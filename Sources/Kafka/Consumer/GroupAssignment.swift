/// What a group has given a consumer, and what its user was told of it.
///
/// Under the group protocol of Kafka 4 the group names only what comes and what goes. The user is told of everything all
/// the same, as under the classic one: before partitions are added, all that is read is taken back, finished and
/// committed, then all that is owned is given. So nobody above has to know of two protocols. Partitions that stay pause for
/// that long, which is what every rebalance of the classic protocol costs.
package struct GroupAssignment: Sendable {
    /// What is to be done about the group's word.
    package enum Reaction: Sendable {
        /// Tell the user, whose answer is the group's answer.
        case tell(ConsumerEvent)
        /// Answer the group: nothing changes.
        case answer
        /// Nothing yet: the user has to answer something first.
        case wait
    }

    /// Whether the group names changes only.
    package private(set) var isIncremental = false
    /// What is read.
    package private(set) var held: Set<TopicPartition> = []
    private var owned: Set<TopicPartition> = []
    /// The user was told to give everything back, and has not answered.
    private var isTakingBack = false
    /// When the user has answered there is something to be given.
    private var hasNews = false

    /// Nothing was given yet.
    package init() {}

    /// The group adds partitions, maybe none: so ends each of its changes.
    package mutating func added(_ partitions: [TopicPartition]) -> Reaction {
        isIncremental = true
        owned.formUnion(partitions)
        guard !isTakingBack else {
            hasNews = true
            return .wait
        }
        guard !held.isEmpty else { return .tell(.assigned(owned.sorted())) }
        guard !partitions.isEmpty else { return .answer }
        isTakingBack = true
        hasNews = true
        return .tell(.revoked(held.sorted(), lost: false))
    }

    /// The group takes partitions back; it adds some, maybe none, once that is answered, or later if they were lost.
    package mutating func taken(_ partitions: [TopicPartition], lost: Bool) -> ConsumerEvent {
        isIncremental = true
        owned.subtract(partitions)
        isTakingBack = true
        hasNews = false
        return .revoked(held.sorted(), lost: lost)
    }

    /// The user wants to read these.
    ///
    /// - Returns: What is to be given up before; `nil` where the user has still to answer that everything is taken back: what
    ///   was wanted before that counts no more.
    package mutating func read(_ partitions: some Sequence<TopicPartition>) -> [TopicPartition]? {
        guard !isTakingBack else { return nil }
        defer { held = Set(partitions) }
        return held.sorted()
    }

    /// The user gives everything back.
    ///
    /// - Returns: What is to be given up, and what the user is to be told next.
    package mutating func givenBack() -> (held: [TopicPartition], next: ConsumerEvent?) {
        defer {
            held = []
            isTakingBack = false
            hasNews = false
        }
        return (held.sorted(), hasNews ? .assigned(owned.sorted()) : nil)
    }
}

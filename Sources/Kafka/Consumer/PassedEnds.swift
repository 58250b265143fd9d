/// Tells when a reader has read what was there, of partitions to which others write all the time. Pure.
///
/// The client library tells a partition's end only when a fetch brings nothing (`rd_kafka_fetch_reply_handle_partition`): where records
/// come faster than they are read, or some within every ``ConsumerOptions/fetchWaitMs``, it never does.
public struct PassedEnds: Sendable {
    private struct Goal {
        var end: Int64
        var knownMs: Int64
        var renewals = 0
    }

    /// How often a newer end may take the place of one that has grown old: a reader that is too slow would never pass one.
    private static let renewalsMax = 8

    private let freshMs: Int64
    private var goals: [TopicPartition: Goal] = [:]
    private var passed: Set<TopicPartition> = []

    /// Nothing was read.
    ///
    /// - Parameter freshMs: An end that was known for longer when it is passed gives its place to the newest one, milliseconds.
    public init(freshMs: Int64 = .max) { self.freshMs = freshMs }

    /// Takes a message that was read.
    ///
    /// - Parameters:
    ///   - steadyMs: Milliseconds of a clock that nobody sets.
    ///   - known: Where its partition ends by the last answer (``KafkaConsumer/knownEnd(of:)``).
    /// - Returns: Whether with it all is read that was there when the first one came; true once for a partition.
    public mutating func pass(
        _ partition: TopicPartition, offset: Int64, steadyMs: Int64, _ known: (TopicPartition) -> Int64?
    ) -> Bool {
        guard !passed.contains(partition) else { return false }
        guard var goal = goals[partition] ?? known(partition).map({ Goal(end: $0, knownMs: steadyMs) })
        else { return false }
        if offset + 1 >= goal.end, steadyMs - goal.knownMs > freshMs, goal.renewals < Self.renewalsMax,
            let end = known(partition), end > offset + 1
        {
            goal = Goal(end: end, knownMs: steadyMs, renewals: goal.renewals + 1)
        }
        goals[partition] = goal
        guard offset + 1 >= goal.end else { return false }
        goals[partition] = nil
        passed.insert(partition)
        return true
    }
}

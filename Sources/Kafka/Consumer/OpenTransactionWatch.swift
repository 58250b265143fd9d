/// Says that a reader of committed records stands still since a transaction is open, and that it goes on. Pure.
///
/// Such a reader is told the end of a partition at the oldest open transaction, whoever began it, while the partition goes on
/// behind it (``KafkaConsumer/knownEnd(of:)``). A worker's own transactions pass within ``quietMs``.
public struct OpenTransactionWatch: Sendable {
    /// A transaction is said after so long, milliseconds.
    public static let quietMs: Int64 = 5_000
    /// One that is still open is said again after so long, milliseconds.
    public static let againMs: Int64 = 60_000

    private struct Hold {
        let offset: Int64
        let seenMs: Int64
        let sinceMs: Int64
        var saidMs: Int64?
    }

    /// Partitions that were read to their end since their last record, and that end.
    private var ends: [TopicPartition: Int64] = [:]
    private var holds: [TopicPartition: Hold] = [:]
    private var resting: Set<TopicPartition> = []

    /// Nothing was read.
    public init() {}

    /// Takes what a poll brought.
    public mutating func follow(_ event: ConsumerEvent) {
        switch event {
        case .message(let message): if !ends.isEmpty { heard(message.topicPartition) }
        case .partitionEnd(let partition, let offset): ended(partition, at: offset)
        case .assigned, .revoked: self = OpenTransactionWatch()
        case .error: break
        }
    }

    /// A record came: the reader goes on.
    package mutating func heard(_ partition: TopicPartition) { ends[partition] = nil }

    /// The reader was told that `offset` is the end.
    package mutating func ended(_ partition: TopicPartition, at offset: Int64) { ends[partition] = offset }

    /// These are not read for a while: what is known of them stays as it is.
    public mutating func pause(_ partitions: [TopicPartition]) {
        resting.formUnion(partitions)
        for partition in partitions { holds[partition] = nil }
    }

    /// These are read again.
    public mutating func resume(_ partitions: [TopicPartition]) { resting.subtract(partitions) }

    /// Partitions at whose end more was known to be.
    ///
    /// - Parameter known: Where a partition ends by the last answer, open transactions included.
    public func held(_ known: (TopicPartition) -> Int64?) -> [TopicPartition] {
        ends.filter { known($0.key) ?? 0 > $0.value }.keys.sorted()
    }

    /// What is to be said now. Call it every second or so.
    ///
    /// - Parameters:
    ///   - steadyMs: Milliseconds of a clock that nobody sets.
    ///   - wallMs: Milliseconds since 1970.
    ///   - known: As in ``held(_:)``.
    public mutating func news(
        steadyMs: Int64, wallMs: Int64, _ known: (TopicPartition) -> Int64?
    ) -> [String] {
        guard !ends.isEmpty || !holds.isEmpty else { return [] }
        var lines: [String] = []
        for (partition, hold) in holds.sorted(by: { $0.key < $1.key }) where !resting.contains(partition) {
            let isOver = ends[partition] != hold.offset || known(partition) ?? 0 <= hold.offset
            guard isOver else { continue }
            holds[partition] = nil
            if hold.saidMs != nil {
                lines.append("\(partition): the open transaction is over; reading goes on")
            }
        }
        for (partition, offset) in ends.sorted(by: { $0.key < $1.key }) where !resting.contains(partition) {
            guard let end = known(partition), end > offset else { continue }
            var hold = holds[partition] ?? Hold(offset: offset, seenMs: steadyMs, sinceMs: wallMs)
            let isDue =
                hold.saidMs.map { steadyMs - $0 >= Self.againMs } ?? (steadyMs - hold.seenMs >= Self.quietMs)
            if isDue {
                hold.saidMs = steadyMs
                lines.append(
                    OpenTransaction(partition, from: offset, to: end, sinceMs: hold.sinceMs)
                        .text(nowMs: wallMs))
            }
            holds[partition] = hold
        }
        return lines
    }
}

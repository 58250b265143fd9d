/// The first record of each of some partitions, read by one client: what was found, and what is still waited for. Pure.
package struct FirstRecordSearch: Sendable {
    private var open: Set<TopicPartition>
    private var isGivenUp = false

    /// Waits for one record of each.
    package init(_ partitions: [TopicPartition]) { open = Set(partitions) }

    /// Whether nothing is waited for any more.
    package var isOver: Bool { isGivenUp || open.isEmpty }

    /// A record came; returns whether it is the first of its partition.
    package mutating func heard(_ partition: TopicPartition) -> Bool { open.remove(partition) != nil }

    /// There is no record to wait for.
    package mutating func ended(_ partition: TopicPartition) { open.remove(partition) }

    /// An error that names a partition, as without the right to read it, or without a leader, is that partition's alone: others may be
    /// read all the same. What names none is of a connection, perhaps one that was closed long ago, unless the client is of no
    /// further use.
    package mutating func failed(_ error: KafkaError) {
        if let partition = error.partition {
            open.remove(partition)
        } else if error.isFatal {
            isGivenUp = true
        }
    }
}

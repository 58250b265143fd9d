internal import CRDKafka
import Synchronization

/// The group protocol of Kafka 4 takes changes of what is read, and no whole.
extension KafkaConsumer {
    /// Whether the group names changes only; known with its first word.
    var isIncremental: Bool { client.context.group.withLock { $0.isIncremental } }

    /// Reads these from now on, and nothing else.
    func replace(by list: borrowing PartitionList, _ partitions: [TopicPartition]) throws(KafkaError) {
        let action = "cannot assign \(partitions.count) partitions"
        // What others may own is not read again; that it was taken is told next.
        guard rd_kafka_assignment_lost(client.pointer) == 0,
            let held = client.context.group.withLock({ $0.read(partitions) })
        else { return }
        if !held.isEmpty { try giveUp(held, doing: action) }
        // An empty list answers the group, too.
        let error = rd_kafka_incremental_assign(client.pointer, list.pointer)
        if let error = KafkaError.consume(error, doing: action) { throw error }
    }

    /// Reads nothing from now on.
    func giveBack() throws(KafkaError) {
        let (held, next) = client.context.group.withLock { $0.givenBack() }
        defer { if let next { client.context.park(next) } }
        try giveUp(held, doing: "cannot give partitions back")
    }

    private func giveUp(_ held: [TopicPartition], doing action: String) throws(KafkaError) {
        let list = PartitionList(held)
        let error = rd_kafka_incremental_unassign(client.pointer, list.pointer)
        if let error = KafkaError.consume(error, doing: action) { throw error }
    }
}

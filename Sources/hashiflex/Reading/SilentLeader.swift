import Kafka

/// Partitions of one topic whose leader does not answer, that have none, or that do not exist.
package struct SilentLeader: Equatable {
    /// The leader; `nil` when there is none.
    package let node: ClusterDescription.Broker?
    /// The partitions, by number.
    package let partitions: [Int32]
    /// Whether the topic has no such partitions.
    package let isAbsent: Bool

    /// Most partitions that are named.
    private static let namedMax = 8

    /// A leader that does not answer.
    package init(node: ClusterDescription.Broker?, partitions: [Int32], isAbsent: Bool = false) {
        self.node = node
        self.partitions = partitions
        self.isAbsent = isAbsent
    }

    /// `partitions 0, 3 and 4 more: their leader, node 2 (kafka-2:9092), does not answer`.
    package var text: String {
        let isOne = partitions.count == 1
        guard !isAbsent else {
            return "\(named): there \(isOne ? "is no such partition" : "are no such partitions")"
        }
        guard let node else { return "\(named): \(isOne ? "it has" : "they have") no leader" }
        return
            "\(named): \(isOne ? "its" : "their") leader, node \(node.id) (\(node.address)), does not answer"
    }

    private var named: String {
        let first = partitions.prefix(Self.namedMax).map { "\($0)" }.joined(separator: ", ")
        let more = partitions.count > Self.namedMax ? " and \(partitions.count - Self.namedMax) more" : ""
        return "\(partitions.count == 1 ? "partition" : "partitions") \(first)\(more)"
    }

    /// Partitions by the node that leads them.
    ///
    /// - Parameter topic: as a node describes it; `nil` if none does.
    package static func leaders(
        of partitions: [Int32], in topic: ClusterDescription.Topic?, _ brokers: [ClusterDescription.Broker]
    ) -> [SilentLeader] {
        let leaders = Dictionary((topic?.partitions ?? []).map { ($0.id, $0.leader) }) { first, _ in first }
        // A topic without any is not described: nothing is known of its partitions.
        let absent = leaders.isEmpty ? [] : partitions.filter { leaders[$0] == nil }.sorted()
        let present = partitions.filter { leaders.isEmpty || leaders[$0] != nil }.sorted()
        return Dictionary(grouping: present) { leaders[$0] ?? -1 }.sorted { $0.key < $1.key }
            .map { id, led in SilentLeader(node: brokers.first { $0.id == id }, partitions: led) }
            + (absent.isEmpty ? [] : [SilentLeader(node: nil, partitions: absent, isAbsent: true)])
    }
}

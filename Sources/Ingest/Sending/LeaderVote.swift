/// What the nodes of a cluster say of who leads the partitions of a topic. Pure.
///
/// A node that is cut off from its peers names itself, and does not have what others took. So only the word of more than half of all
/// known nodes counts, those that do not answer among them; where there is none, nobody may be asked.
package struct LeaderVote: Sendable {
    /// A node, and what it says.
    package struct Node: Sendable {
        /// `host:port`.
        let address: String
        /// The leaders by partition, negative where the node knows of none; `nil` of a node that did not answer.
        let leaders: [Int32: Int32]?

        /// A node at `address`, `host:port`, that names `leaders`; `nil` of one that did not answer.
        package init(address: String, leaders: [Int32: Int32]?) {
            self.address = address
            self.leaders = leaders
        }
    }

    private let nodes: [Node]

    /// The vote of all nodes that are known.
    package init(_ nodes: [Node]) { self.nodes = nodes }

    /// The partitions that any node knows of, by number.
    package var partitions: [Int32] { Set(nodes.flatMap { Array(($0.leaders ?? [:]).keys) }).sorted() }

    /// The number of the node that more than half of all nodes name as the partition's leader; `nil` where there is none.
    package func leader(of partition: Int32) -> Int32? {
        var votes: [Int32: Int] = [:]
        for node in nodes {
            if let leader = node.leaders?[partition], leader >= 0 { votes[leader, default: 0] += 1 }
        }
        return votes.first { 2 * $0.value > nodes.count }?.key
    }

    /// Where to ask about partitions, `host:port` separated by commas: the nodes that say of them what most say, as far as there is
    /// a leader. All of them are right, since the client library asks any one first.
    ///
    /// - Returns: `nil` where none of the partitions has a leader that most name, or no node says the same as most of all.
    package func addresses(of partitions: [Int32]) -> String? {
        let leaders = partitions.compactMap { partition in
            leader(of: partition).map { (partition: partition, leader: $0) }
        }
        guard !leaders.isEmpty else { return nil }
        let agreeing = nodes.filter { node in
            leaders.allSatisfy { node.leaders?[$0.partition] == $0.leader }
        }
        return agreeing.isEmpty ? nil : agreeing.map(\.address).joined(separator: ",")
    }
}

/// What nodes keep beside a committed offset.
public struct OffsetRoom: Sendable, Hashable {
    /// The fewest bytes that a node said (`offset.metadata.max.bytes`); `nil` where none did, as without the right to see it.
    public let bytes: Int?
    /// Whether every node that was asked has said.
    public let isWhole: Bool

    /// What nodes said.
    public init(bytes: Int?, isWhole: Bool) {
        self.bytes = bytes
        self.isWhole = isWhole
    }
}

extension KafkaAdmin {
    /// Most nodes that are asked for what they keep beside an offset.
    private static let nodesMax = 16

    /// Asks nodes, any of which may keep a group's offsets, what they keep beside one.
    ///
    /// - Parameter timeoutMs: For each node. After one that does not answer no other is asked: the next may not, either.
    public func offsetRoom(of nodes: [Int32], timeoutMs: Int32) -> OffsetRoom {
        var least: Int?
        for node in nodes.prefix(Self.nodesMax) {
            guard let found = try? settings(topics: [], node: node, timeoutMs: timeoutMs).node,
                let bytes = found["offset.metadata.max.bytes"].flatMap({ Int($0) })
            else { return OffsetRoom(bytes: least, isWhole: false) }
            least = min(least ?? bytes, bytes)
        }
        return OffsetRoom(bytes: least, isWhole: least != nil && nodes.count <= Self.nodesMax)
    }
}

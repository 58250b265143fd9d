import Kafka

extension Connection {
    /// How long one node may take to tell its settings, milliseconds.
    private static let limitMs: Int32 = 3_000
    /// Most nodes that are asked.
    private static let nodesMax = 16

    /// The fewest bytes that a node keeps beside a committed offset, any of which may keep a group's offsets; `nil` where
    /// none says, as without the right to see it.
    var offsetBytesMax: Int? {
        guard !isEmbedded, let admin = try? KafkaAdmin(kafka) else { return nil }
        var least: Int?
        for node in cluster.brokers.prefix(Self.nodesMax) {
            let found: ClusterSettings
            do throws(KafkaError) {
                found = try admin.settings(topics: [], node: node.id, timeoutMs: Self.limitMs)
            } catch {
                // One that does not answer now would hold the start up, and so might the next.
                return least
            }
            guard let bytes = found.node?["offset.metadata.max.bytes"].flatMap({ Int($0) }) else {
                return least
            }
            least = min(least ?? bytes, bytes)
        }
        return least
    }
}

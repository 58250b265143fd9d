import Kafka

extension Connection {
    /// How long one node may take to tell its settings, milliseconds.
    private static let limitMs: Int32 = 3_000

    /// The fewest bytes that a node keeps beside a committed offset, any of which may keep a group's offsets; `nil` where
    /// none says, as without the right to see it.
    var offsetBytesMax: Int? {
        guard !isEmbedded, let admin = try? KafkaAdmin(kafka) else { return nil }
        return admin.offsetRoom(of: cluster.brokers.map(\.id), timeoutMs: Self.limitMs).bytes
    }
}

/// Why a shard went to the dead letters. Topic `dead-letters`, key as in the shard topic.
///
/// The value is the shard's own bytes, so that it can be repaired and sent again; this record
/// travels in the header `hsf-dead-letter`.
public struct DeadLetter: Hashable, Sendable, Codable {
    /// Always `dead-letter/1`.
    public var schema = "dead-letter/1"
    /// The shard topic.
    public var topic: String
    /// The partition of the shard.
    public var partition: Int32
    /// The offset of the shard.
    public var offset: Int64
    /// A short stable word, as in ``ShardDecodingError/code``.
    public var code: String
    /// What is wrong, in one line.
    public var reason: String

    /// Largest shard record that is copied, key included, bytes; of a larger one only the reason is kept.
    public static let copyBytesMax = 900_000
    /// Longest key that is copied where the record is not, bytes.
    public static let keyBytesMax = 1_024

    /// The Kafka header that carries it.
    public static let header = "hsf-dead-letter"

    /// A reason.
    public init(topic: String, partition: Int32, offset: Int64, code: String, reason: String) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.code = code
        self.reason = RecordBounds.cut(reason)
    }
}

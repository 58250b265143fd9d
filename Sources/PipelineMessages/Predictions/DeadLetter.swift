/// Why a shard went to the dead letters. Topic `dead-letters`, key as in the shard topic.
///
/// The value is the shard's own bytes, so that it can be repaired and sent again, and absent where the record had none; this
/// record travels in the header `hsf-dead-letter`, the record's own headers beside it (``headers(original:)``).
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

    /// Largest shard record that is copied, its key and kept headers included, bytes; of a larger one only the reason is kept.
    public static let copyBytesMax = 900_000
    /// Longest key that is copied where the record is not, bytes.
    public static let keyBytesMax = 1_024

    /// The Kafka header that carries it.
    public static let header = "hsf-dead-letter"

    /// Before the name of each of the record's own headers.
    public static let originalPrefix = "original-"
    /// How many of the record's own headers were left out, in decimal digits; absent if none was.
    public static let leftOutHeader = "hsf-headers-left-out"
    /// Most of the record's own headers that are kept, and most bytes of their names and values.
    public static let headersMax = 16
    /// See ``headersMax``.
    public static let headerBytesMax = 4_096

    /// The headers of the dead letter: itself, then the record's own as far as they are few and short, under names that
    /// begin with ``originalPrefix``; those left out are counted.
    public func headers(original: [(name: String, value: [UInt8])]) -> [(String, [UInt8])] {
        headers(Self.short(original), of: original.count)
    }

    /// The headers of the dead letter, with `kept` of the record's own `count`.
    func headers(_ kept: [(name: String, value: [UInt8])], of count: Int) -> [(String, [UInt8])] {
        var headers = [(Self.header, JSONRecord.encode(self))]
        headers += kept.map { (Self.originalPrefix + $0.name, $0.value) }
        let leftOut = count - kept.count
        if leftOut > 0 { headers.append((Self.leftOutHeader, Array("\(leftOut)".utf8))) }
        return headers
    }

    /// Those headers that are kept of a record.
    static func short(_ original: [(name: String, value: [UInt8])]) -> [(name: String, value: [UInt8])] {
        var kept: [(name: String, value: [UInt8])] = []
        var bytes = 0
        for header in original {
            let size = header.name.utf8.count + header.value.count
            guard kept.count < headersMax, bytes + size <= headerBytesMax else { continue }
            bytes += size
            kept.append(header)
        }
        return kept
    }

    /// A reason.
    public init(topic: String, partition: Int32, offset: Int64, code: String, reason: String) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.code = code
        self.reason = RecordBounds.cut(reason)
    }
}

/// An ordered group of images that travels as one Kafka record.
public struct ImageShard: Sendable, Equatable {
    /// The sensor stream that the images come from, 1 to 256 bytes of UTF-8.
    public let stream: String
    /// Position of the shard in its stream, from 0, without gaps at the sender.
    public let sequence: Int64
    /// When the shard was packed, milliseconds since 1970.
    public let createdAtMs: Int64
    /// What is known of each image, in order; at least one.
    public let images: [ShardImage]
    /// The images themselves.
    public let content: Content
    /// Names the decoder and resize that made the tensors; empty when the worker is to decode.
    public let preprocessing: String

    /// The two ways in which images travel.
    public enum Content: Sendable, Equatable {
        /// Ready tensors: `[image, height, width, channels]`, NHWC, one byte a value.
        case tensors(height: Int, width: Int, channels: Int, bytes: [UInt8])
        /// The source's own JPEG or PNG bytes, one element an image.
        case files([[UInt8]])
    }

    /// Groups images.
    public init(
        stream: String, sequence: Int64, createdAtMs: Int64, images: [ShardImage], content: Content,
        preprocessing: String
    ) {
        self.stream = stream
        self.sequence = sequence
        self.createdAtMs = createdAtMs
        self.images = images
        self.content = content
        self.preprocessing = preprocessing
    }
}

/// What is known of one image of a shard besides its pixels.
public struct ShardImage: Sendable, Equatable, Codable, WireKeyed {
    /// Name of the image, unique in its stream, 1 to 256 bytes of UTF-8.
    public let id: String
    /// When the sensor took it, milliseconds since 1970, if known.
    public let capturedAtMs: Int64?
    /// Class index that the source states, if any; carried along for accuracy, never used to predict.
    public let label: Int?

    private enum CodingKeys: String, CodingKey {
        case id, label
        case capturedAtMs = "captured_at_ms"
    }

    /// Describes one image.
    public init(id: String, capturedAtMs: Int64? = nil, label: Int? = nil) {
        self.id = id
        self.capturedAtMs = capturedAtMs
        self.label = label
    }
}

/// Why the bytes of a record are not a shard that can be used.
public enum ShardDecodingError: Error, Equatable, CustomStringConvertible {
    /// Fewer bytes than the fixed part or the stated lengths need.
    case truncated(expected: Int, actual: Int)
    /// Bytes after the end that the lengths state.
    case trailingBytes(Int)
    /// The record does not begin with the shard magic.
    case notAShard
    /// A schema version that this program does not know.
    case unknownVersion(Int)
    /// A stated length beyond its bound.
    case lengthOutOfRange(field: String, value: Int, max: Int)
    /// Header and body do not hash to the stated checksum.
    case checksumMismatch(expected: UInt64, actual: UInt64)
    /// The JSON header could not be read.
    case header(String)
    /// A header field has a value that makes no sense.
    case invalid(field: String, value: String)
    /// The body does not decompress to the stated size.
    case decompression(String)

    /// A short stable word for dead letters and metrics.
    public var code: String {
        switch self {
        case .truncated: "truncated"
        case .trailingBytes: "trailing-bytes"
        case .notAShard: "not-a-shard"
        case .unknownVersion: "unknown-version"
        case .lengthOutOfRange: "length-out-of-range"
        case .checksumMismatch: "checksum-mismatch"
        case .header: "bad-header"
        case .invalid: "invalid-field"
        case .decompression: "decompression"
        }
    }

    /// What, where and what to do, in one line.
    public var description: String {
        switch self {
        case .truncated(let expected, let actual):
            "shard is truncated: \(expected) bytes expected, \(actual) present; send it again"
        case .trailingBytes(let count): "shard has \(count) bytes after its stated end; send it again"
        case .notAShard: "record is not a shard: it does not begin with HSFSHARD; is the topic shared?"
        case .unknownVersion(let version):
            "shard has schema version \(version), this program reads 1; update the worker"
        case .lengthOutOfRange(let field, let value, let max):
            "shard states \(field) = \(value), at most \(max) is accepted"
        case .checksumMismatch(let expected, let actual):
            "shard checksum is \(Self.hex(actual)), its header says \(Self.hex(expected)); send it again"
        case .header(let problem): "shard header is unreadable: \(problem)"
        case .invalid(let field, let value): "shard field \(field) has the value \(value), which is not valid"
        case .decompression(let problem): "shard body does not decompress: \(problem)"
        }
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

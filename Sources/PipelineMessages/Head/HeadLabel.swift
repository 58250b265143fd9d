public import Artifacts

/// The human name of a head, `name@version`, for example `defects@v7`.
///
/// Labels are for people; a head is identified by its digest.
public struct HeadLabel: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The family of heads, 1 to 64 of `[A-Za-z0-9._-]`.
    public let name: String
    /// The member of the family, 1 to 64 of `[A-Za-z0-9._-]`, usually `v` and a number.
    public let version: String

    /// Joins checked parts; `nil` when either is not a legal name.
    public init?(name: String, version: String) {
        guard Self.legal(name), Self.legal(version) else { return nil }
        self.name = name
        self.version = version
    }

    /// Parses `name@version`.
    public init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return nil }
        self.init(name: parts[0], version: parts[1])
    }

    /// Reads `name@version`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let label = HeadLabel(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a head label is name@version of [A-Za-z0-9._-]")
        }
        self = label
    }

    /// Writes `name@version`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// `name@version`.
    public var description: String { "\(name)@\(version)" }

    private static func legal(_ part: String) -> Bool {
        (1...64).contains(part.utf8.count)
            && part.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

/// Which shards a cut-over concerns: all, or those of one stream.
///
/// A shard uses the head of its stream's slot where one is in force, else the default slot's.
public enum HeadSlot: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Every stream that has no slot of its own.
    case standard
    /// One stream.
    case stream(String)

    /// The slot that `text` names: `default`, or `stream:` and a stream name.
    public init?(_ text: String) {
        if text == "default" {
            self = .standard
        } else if text.utf8.starts(with: "stream:".utf8), text.utf8.count > 7 {
            // By bytes: a name that begins with a combining mark would melt into the colon.
            self = .stream(String(decoding: text.utf8.dropFirst(7), as: UTF8.self))
        } else {
            return nil
        }
    }

    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let slot = HeadSlot(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a slot is default or stream:NAME")
        }
        self = slot
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// `default` or `stream:NAME`.
    public var description: String {
        switch self {
        case .standard: "default"
        case .stream(let name): "stream:\(name)"
        }
    }
}

/// The last record of a published head: what its chunks must add up to.
///
/// Topic `control`, key `head/DIGEST/manifest`; the chunks before it have the keys
/// `head/DIGEST/chunk/I` and raw bytes as values.
public struct HeadManifest: Hashable, Sendable, Codable {
    /// Digest of the head's content (the head's identity).
    public let head: ContentDigest
    /// Its human name.
    public let label: HeadLabel
    /// Digest of the backbone it was fitted on.
    public let backbone: ContentDigest
    /// Digest of the file that the chunks join to.
    public let file: ContentDigest
    /// Bytes of that file.
    public let bytes: Int
    /// Number of chunks.
    public let chunks: Int
    /// Number of classes.
    public let classes: Int
    /// When it was published, milliseconds since 1970.
    public let publishedAtMs: Int64

    /// Describes a published head.
    public init(
        head: ContentDigest, label: HeadLabel, backbone: ContentDigest, file: ContentDigest, bytes: Int,
        chunks: Int, classes: Int, publishedAtMs: Int64
    ) {
        self.head = head
        self.label = label
        self.backbone = backbone
        self.file = file
        self.bytes = bytes
        self.chunks = chunks
        self.classes = classes
        self.publishedAtMs = publishedAtMs
    }

    /// Largest chunk, bytes: half of Kafka's default batch limit of 1 MiB.
    public static let chunkBytesMax = 512 << 10
    /// Largest head file, bytes.
    public static let fileBytesMax = 128 << 20
}

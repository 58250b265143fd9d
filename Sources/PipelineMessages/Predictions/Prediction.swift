public import Artifacts

/// Where an image is: its name everywhere, `topic/partition@offset#index`.
public struct ImageAddress: Hashable, Sendable, CustomStringConvertible {
    /// The shard topic.
    public let topic: String
    /// The partition.
    public let partition: Int32
    /// Offset of the shard.
    public let offset: Int64
    /// Position of the image in the shard, from 0.
    public let index: Int

    /// Names an image.
    public init(topic: String, partition: Int32, offset: Int64, index: Int) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.index = index
    }

    /// Parses `topic/partition@offset#index`.
    public init?(_ text: String) {
        guard let slash = text.lastIndex(of: "/"), let at = text.lastIndex(of: "@"),
            let hash = text.lastIndex(of: "#"), slash < at, at < hash,
            let partition = Int32(text[text.index(after: slash)..<at]),
            let offset = Int64(text[text.index(after: at)..<hash]),
            let index = Int(text[text.index(after: hash)...]),
            slash > text.startIndex, partition >= 0, offset >= 0, index >= 0
        else { return nil }
        self.init(topic: String(text[..<slash]), partition: partition, offset: offset, index: index)
        // One address, one text: `+5` or `05` name nothing.
        guard description == text else { return nil }
    }

    /// `topic/partition@offset#index`.
    public var description: String { "\(topic)/\(partition)@\(offset)#\(index)" }
}

/// What one image was classified as, with everything needed to compute it again.
///
/// Holds nothing that depends on the worker, the time or the batch: a shard that is delivered twice
/// gives the same bytes under the same key.
public struct Prediction: Hashable, Sendable, Codable {
    /// One of the k best classes.
    public struct Candidate: Hashable, Sendable, Codable {
        /// Index of the class.
        public let index: Int
        /// Name of the class in the head.
        public let name: String
        /// Its integer logit.
        public let logit: Int32

        /// A class and its logit.
        public init(index: Int, name: String, logit: Int32) {
            self.index = index
            self.name = name
            self.logit = logit
        }
    }

    /// Always `prediction/1`.
    public var schema = Prediction.currentSchema
    static let currentSchema = "prediction/1"
    /// The shard topic.
    public var topic: String
    /// The partition of the shard.
    public var partition: Int32
    /// The offset of the shard.
    public var offset: Int64
    /// Position of the image in the shard.
    public var index: Int
    /// Name of the image.
    public var id: String
    /// The stream it came from.
    public var stream: String
    /// Position of the shard in its stream.
    public var sequence: Int64
    /// When the sensor took it, milliseconds since 1970, if known.
    public var capturedAtMs: Int64?
    /// Class index that the source states, if any.
    public var label: Int?
    /// Digest of the backbone artefact.
    public var backbone: ContentDigest
    /// Digest of the head in force; absent when the image could not be read.
    public var head: ContentDigest?
    /// Human name of the head.
    public var headName: HeadLabel?
    /// Rank of the cut-over that put the head in force; absent where the head is frozen into the backbone.
    public var cutover: Int64?
    /// The best classes, best first; equal logits by lower index.
    public var top: [Candidate]
    /// SHA-256 over the shard's logits, little-endian int32 `[readable image, class]`.
    public var logitsDigest: ContentDigest?
    /// Why the image could not be classified; absent on a prediction.
    public var error: String?

    /// A prediction or an error for one image.
    public init(
        address: ImageAddress, id: String, stream: String, sequence: Int64, capturedAtMs: Int64?, label: Int?,
        backbone: ContentDigest, head: HeadStamp?, top: [Candidate], logitsDigest: ContentDigest?,
        error: String?
    ) {
        topic = address.topic
        partition = address.partition
        offset = address.offset
        index = address.index
        self.id = id
        self.stream = stream
        self.sequence = sequence
        self.capturedAtMs = capturedAtMs
        self.label = label
        self.backbone = backbone
        self.head = head?.head
        headName = head?.label
        cutover = head?.cutover
        self.top = top
        self.logitsDigest = logitsDigest
        self.error = error
    }

    /// Where the image is, and the record's key.
    public var address: ImageAddress {
        ImageAddress(topic: topic, partition: partition, offset: offset, index: index)
    }

    /// Whether the best class is the one that the source states; `nil` without a label or a class.
    public var isCorrect: Bool? {
        guard let label, let best = top.first else { return nil }
        return best.index == label
    }
}

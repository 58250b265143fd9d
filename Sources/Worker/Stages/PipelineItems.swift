internal import Artifacts
internal import ClassifierHead
internal import Kafka
internal import PipelineMessages

/// A head that was verified and packed for the NPU.
struct LoadedHead: Sendable {
    let head: ClassifierHead
    let bank: NPUBank
}

/// A shard on its way from the poll thread to a replica.
struct ShardTask: Sendable {
    let ticket: Ticket
    let message: KafkaMessage
    let stream: String
    let stamp: HeadStamp
    let loaded: LoadedHead
    let receivedNs: Int64
}

/// A shard whose images passed the hardened datapath.
struct FeatureBatch: Sendable {
    let task: ShardTask
    let sequence: Int64
    let images: [ShardImage]
    /// `[readable image, feature]`, u8.
    let features: [UInt8]
    /// For each image: why it could not be read, or `nil`.
    let failures: [String?]
    /// Number of images that could be read.
    let readable: Int
}

/// What the NPU made of a shard.
struct ShardScores: Sendable {
    /// The best classes of each readable image, `[readable image, perImage]`.
    let top: [RankedClass]
    /// Classes an image.
    let perImage: Int
    /// SHA-256 over the shard's logits.
    let logitsDigest: ContentDigest
}

/// What became of one record of the shard topic.
enum ShardOutcome: Sendable {
    /// Scored: one record for each image.
    case scored(FeatureBatch, ShardScores)
    /// Unusable: the record itself, with its reason.
    case dead(KafkaMessage, stream: String, code: String, reason: String, receivedNs: Int64)
    /// A marker: nothing to publish, only an offset to pass.
    case passed

    /// Images that count for the partition.
    var images: Int {
        switch self {
        case .scored(let batch, _): batch.images.count
        case .dead, .passed: 0
        }
    }
}

/// What the publisher is told.
enum PublisherMessage: Sendable {
    /// A lane begins, after `images` images of its partition.
    case opened(LaneID, images: Int64)
    /// A record is finished.
    case outcome(Ticket, ShardOutcome)
}

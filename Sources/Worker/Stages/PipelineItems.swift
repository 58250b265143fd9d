internal import Artifacts
internal import ClassifierHead
internal import FleetMachines
internal import Kafka
internal import PipelineMessages

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

/// A shard that was scored.
struct ScoredShard: Sendable {
    let batch: FeatureBatch
    let scores: ShardScores
}

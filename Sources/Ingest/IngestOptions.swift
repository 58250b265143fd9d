public import ImageDecoding
public import Kafka
public import PipelineMessages

/// How images travel.
public enum IngestEncoding: String, Sendable, CaseIterable {
    /// Files as they are, pixels as tensors.
    case auto
    /// Everything decoded and resized here.
    case tensors
    /// Files only; the workers decode.
    case files
}

/// Everything ingest is told, for all its streams.
public struct IngestOptions: Sendable {
    /// How to reach the broker.
    public var kafka: KafkaConfiguration
    /// The deployment's topics.
    public var topics: TopicNames
    /// How long the start asks again while nodes go and come.
    public var patience = Patience()
    /// How pictures become tensors: as the backbone's artefact states it.
    public var preparation: TensorPreparation
    /// Why no tensor may be sent, for example since the fleet wants others; `nil` if any may.
    public var tensorRefusal: String?
    /// How images travel.
    public var encoding = IngestEncoding.auto
    /// Most images in a shard.
    public var shardImages = 32
    /// Largest record, bytes.
    public var recordBytesMax = ShardLimits.recordBytesMaxDefault
    /// Memory that all streams together may take for decoded pictures, bytes; a picture that takes more is decoded alone.
    public var decodeBytesMax = 256 << 20
    /// What fits in this is decoded without asking whether there is room, bytes a stream.
    static let decodeBytesUncounted = 4 << 20
    /// Most bytes of the images of one stream that were read and wait to be packed: two records, at least 32 MiB; a larger
    /// image waits alone.
    var queueBytesMax: Int { max(32 << 20, 2 * recordBytesMax) }
    /// Most bytes of a partition that the workers have not committed; `nil` for no bound.
    public var backlogBytesMax: Int?
    /// Longest time that an image waits for its shard to fill, milliseconds.
    public var lingerMs: Int64 = 200
    /// Images a second and stream; `nil` for as fast as it goes.
    public var fps: Double?
    /// Most images of each stream; `nil` for all.
    public var imagesMax: Int?
    /// How long a stop may take before nothing is waited for any more, milliseconds.
    public var stopMs: Int64 = 8_000

    /// The producer of all streams. A shard that is written twice is scored twice, whatever the workers promise: one request
    /// at a time (`Kafka`, decision 0005). It gives up soon on a node that does not answer, since it is made anew when it loses
    /// count by that (``ShardOutlet``).
    package var producer: ProducerOptions {
        var producer = ProducerOptions(messageMaxBytes: recordBytesMax)
        producer.queueKilobytes = 65_536
        producer.requestsInFlight = 1
        producer.isRenewable = true
        return producer
    }

    /// Options with their defaults.
    public init(kafka: KafkaConfiguration, topics: TopicNames, preparation: TensorPreparation) {
        self.kafka = kafka
        self.topics = topics
        self.preparation = preparation
    }
}

/// What became of the images of one ingest.
public struct IngestSummary: Sendable, Equatable, Codable {
    /// Images whose shard the broker confirmed.
    public var images: Int64 = 0
    /// Shards likewise.
    public var shards: Int64 = 0
    /// Bytes of those shards' records.
    public var bytes: Int64 = 0
    /// Images that could not be read at the source, and were not sent.
    public var unreadable: Int64 = 0
    /// Time spent waiting for the workers because of the backlog bound, milliseconds.
    public var pacedMs: Int64 = 0

    /// Pictures that were looked at, sent or not.
    public var picturesSeen: Int64 = 0
    /// Those wider than 3:2, or taller than 2:3.
    public var picturesWide: Int64 = 0
    /// Those with an EXIF orientation other than upright.
    public var picturesOriented: Int64 = 0

    /// Nothing yet.
    public init() {}
}

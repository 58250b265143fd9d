public import Artifacts
public import ClassifierHead
public import HardenedBackbone
public import ImageDecoding
public import Kafka
public import PipelineMessages

/// How often results become visible, and what a crash may repeat.
public enum DeliveryGuarantee: String, Sendable, CaseIterable {
    /// Offsets follow delivered records; a crash repeats shards as byte-identical records.
    case atLeastOnce = "at-least-once"
    /// Records and offsets in one Kafka transaction; readers use `isolation.level=read_committed`.
    case exactlyOnce = "exactly-once"
}

/// Everything a worker is told.
public struct WorkerOptions: Sendable {
    /// Name of the worker, unique and stable in the fleet.
    public var worker: String
    /// Which life of that worker.
    public var incarnation: String
    /// How to reach the broker.
    public var kafka: KafkaConfiguration
    /// The deployment's topics.
    public var topics: TopicNames
    /// How long the start asks again while nodes go and come.
    public var patience = Patience()
    /// The hardened backbone, packed for the instruction-set tier to use.
    public var plan: BackbonePlan
    /// What the artefact states of the pictures that it was made for; tensors must state the same.
    public var preprocessing: StatedPreprocessing
    /// Digest of the artefact, which stamps predictions: with a frozen head it covers the head as well.
    public var backbone: ContentDigest
    /// The head that the artefact holds frozen, with its label; `nil` where cut-overs choose the head.
    public var frozenHead: (head: ClassifierHead, label: HeadLabel)?
    /// Datapath replicas, one thread each.
    public var replicas: Int
    /// Best classes a prediction lists; more than ``topKMax(messageBytes:)`` may make a record that can not be sent.
    public var topK: Int = 5
    /// Whether a crash may repeat records.
    public var delivery: DeliveryGuarantee = .atLeastOnce
    /// Least time between commits, milliseconds.
    public var commitIntervalMs: Int64 = 100
    /// Time between heartbeats, milliseconds.
    public var heartbeatMs: Int64 = 500
    /// The broker forgets a silent worker after this long, milliseconds.
    public var sessionTimeoutMs: Int = 6_000
    /// Whether the group remembers the worker by its name: one that is started again under it goes on at once, and an older
    /// one that still runs ends.
    public var isNameKept = false
    /// Shards that librdkafka may fetch ahead, kilobytes.
    public var prefetchKilobytes: Int = 32_768
    /// Most bytes of heads kept in memory.
    public var headBytesMax: Int = 512 << 20
    /// Memory that all replicas together may take for decoded pictures and unpacked tensors, bytes; a picture that takes
    /// more is decoded alone.
    public var decodeBytesMax: Int

    /// What ``decodeBytesMax`` is unless it is stated: 256 MiB, or 64 MiB a replica where that is more.
    public static func decodeBytes(replicas: Int) -> Int { max(256, 64 * replicas) << 20 }
    /// What fits in this is decoded without asking whether there is room, bytes a replica.
    static let decodeBytesUncounted = 4 << 20

    /// Options with their defaults.
    public init(
        worker: String, incarnation: String, kafka: KafkaConfiguration, topics: TopicNames,
        plan: BackbonePlan, preprocessing: StatedPreprocessing, replicas: Int
    ) {
        self.worker = worker
        self.incarnation = incarnation
        self.kafka = kafka
        self.topics = topics
        self.plan = plan
        self.preprocessing = preprocessing
        backbone = plan.digest
        self.replicas = replicas
        decodeBytesMax = Self.decodeBytes(replicas: replicas)
    }

    /// Shards that may be between poll and score at once: every replica busy, two waiting each, some in the NPU.
    var shardsInFlightMax: Int { 3 * replicas + 4 }
}

extension WorkerOptions {
    /// The largest message of a client unless `message.max.bytes` says otherwise, bytes.
    public static let messageBytesUsual = 1_000_000
    /// Most bytes of a prediction and its key but for the classes: a stream's name escaped throughout, an id of quotation marks,
    /// the topic's name twice, three digests.
    private static let fieldBytesMax = 5_120
    /// Most bytes of a class in a prediction: its name of quotation marks, its numbers, and what is around them.
    private static let classBytesMax = 2 * ClassifierHead.maximumClassNameByteCount + 46

    /// How many classes a prediction can list whatever they are called, where a message may have `messageBytes` bytes.
    public static func topKMax(messageBytes: Int) -> Int {
        min(ClassifierHead.classCountRange.upperBound, max(0, messageBytes - fieldBytesMax) / classBytesMax)
    }
}

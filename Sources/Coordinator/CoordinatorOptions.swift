public import Kafka
public import PipelineMessages

/// Everything a coordinator is told.
public struct CoordinatorOptions: Sendable {
    /// Name of the coordinator, for people.
    public var name: String
    /// How to reach the broker.
    public var kafka: KafkaConfiguration
    /// The deployment's topics.
    public var topics: TopicNames
    /// How long the start asks again while nodes go and come.
    public var patience = Patience()
    /// A worker counts as live for this long after its last heartbeat, milliseconds.
    public var livenessMs: Int64 = 5_000
    /// Time between heartbeats, milliseconds.
    public var heartbeatMs: Int64 = 1_000
    /// Whether the name outlives the process: then one that is started again under it goes on at once, without waiting until
    /// the group has forgotten its predecessor.
    public var isNameKept = false
    /// Another coordinator takes over after this long without a sign of the leader, milliseconds.
    public var sessionTimeoutMs: Int = 6_000

    /// Whether the control topic has room for where partitions stand: an embedded broker's has not.
    public var keepsPositions = true

    /// Whether the brokers know transactions and tell their settings, as Kafka's nodes do and an embedded broker does not.
    public var isKafka = false

    /// What the brokers kept beside a committed offset at the start, bytes; `nil` where they did not say.
    public var offsetBytesMax: Int?

    /// The modelled chip to show beside the fleet, asked for at every heartbeat; `nil` while there is none.
    public var twin: @Sendable () -> ChipTwinStatus? = { nil }

    /// Options with their defaults.
    public init(name: String, kafka: KafkaConfiguration, topics: TopicNames) {
        self.name = name
        self.kafka = kafka
        self.topics = topics
    }
}

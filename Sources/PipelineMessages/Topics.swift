/// The topics of one HaShiFlex deployment, all under one prefix.
///
/// Several deployments share a broker by using different prefixes.
public struct TopicNames: Sendable, Equatable {
    /// What every topic name begins with, `hashiflex` unless stated.
    public let prefix: String

    /// The topics under `prefix`; `nil` when the prefix is not 1 to 100 of `[A-Za-z0-9._-]`.
    public init?(prefix: String) {
        let legal = prefix.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard legal, (1...100).contains(prefix.utf8.count) else { return nil }
        self.prefix = prefix
    }

    private init(known prefix: String) { self.prefix = prefix }

    /// The topics under the prefix `hashiflex`.
    public static let standard = TopicNames(known: "hashiflex")

    /// Image shards and cut-over markers; the only topic with work in it.
    public var shards: String { "\(prefix).shards" }
    /// One record for each image: its prediction or its error.
    public var predictions: String { "\(prefix).predictions" }
    /// One record for each shard: what was made of it, and by whom.
    public var receipts: String { "\(prefix).receipts" }
    /// Heads, cut-overs and fleet commands: one partition, hence one total order.
    public var control: String { "\(prefix).control" }
    /// Heartbeats of workers, coordinator and fleet supervisors.
    public var status: String { "\(prefix).status" }
    /// Shards that could not be read, with the reason.
    public var deadLetters: String { "\(prefix).dead-letters" }
    /// Present only on the embedded broker; its name is how a client recognises one.
    public static let embeddedBrokerSign = "hashiflex.embedded-broker"

    /// The consumer group that the workers share.
    public var workerGroup: String { "\(prefix).workers" }
    /// What the transactional name of every worker begins with; its own name follows.
    public var transactionPrefix: String { "\(workerGroup)." }
    /// The consumer group whose single partition makes its owner the leading coordinator.
    public var coordinatorGroup: String { "\(prefix).coordinators" }
}

/// One topic and the settings it needs on a broker.
public struct TopicPlan: Sendable, Equatable {
    /// The topic's full name.
    public let name: String
    /// How many partitions it has.
    public let partitions: Int
    /// Broker-side settings, as Kafka spells them.
    public let settings: [String: String]

    /// Every topic of a deployment.
    ///
    /// - Parameters:
    ///   - partitions: of shards, predictions and receipts, which correspond one to one; plan at least
    ///     four for each worker you expect.
    ///   - retentionMs: how long shards, predictions and receipts are kept, milliseconds.
    ///   - minInsync: copies that must have a record before it is acknowledged; `nil` takes the broker's default.
    public static func all(
        _ names: TopicNames, partitions: Int, recordBytesMax: Int = ShardLimits.recordBytesMaxDefault,
        retentionMs: Int64 = 7 * 24 * 3_600_000, minInsync: Int? = nil
    ) -> [TopicPlan] {
        // The broker's clock, not the sender's, decides how long a record lives.
        var common = ["message.timestamp.type": "LogAppendTime"]
        if let minInsync { common["min.insync.replicas"] = "\(minInsync)" }
        func with(_ settings: [String: String]) -> [String: String] { settings.merging(common) { $1 } }
        let bulk = with([
            "cleanup.policy": "delete", "retention.ms": "\(retentionMs)", "compression.type": "producer",
            "max.message.bytes": "\(recordBytesMax)",
        ])
        // Everybody reads these from the beginning, and what is being written to is never compacted: heartbeats, which are many, in
        // shorter segments than heads, which are large.
        let (short, shortest) = ("\(32 << 20)", "\(8 << 20)")
        let compacted = with([
            "cleanup.policy": "compact", "compression.type": "producer", "segment.bytes": short,
        ])
        return [
            TopicPlan(
                name: names.shards, partitions: partitions,
                settings: bulk.merging(["compression.type": "uncompressed"]) { $1 }),
            TopicPlan(name: names.predictions, partitions: partitions, settings: bulk),
            TopicPlan(name: names.receipts, partitions: partitions, settings: bulk),
            TopicPlan(name: names.control, partitions: 1, settings: compacted),
            TopicPlan(
                name: names.status, partitions: 1,
                settings: with([
                    "cleanup.policy": "compact,delete", "retention.ms": "\(retentionMs)",
                    "segment.bytes": shortest,
                ])),
            TopicPlan(name: names.deadLetters, partitions: 1, settings: bulk),
        ]
    }
}

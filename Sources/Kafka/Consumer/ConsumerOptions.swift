/// Where to start when a group has committed nothing, or what it committed is gone.
public enum OffsetReset: String, Sendable, CaseIterable {
    /// Report ``KafkaError/Code/noOffsetToResetTo`` and stop reading that partition: nothing is skipped unseen.
    case error
    /// Read what is still there.
    case earliest
    /// Read only what comes.
    case latest
}

/// What a reader sees of transactions.
public enum IsolationLevel: String, Sendable, CaseIterable {
    /// Only messages of committed transactions, and messages outside any.
    case readCommitted = "read_committed"
    /// Everything.
    case readUncommitted = "read_uncommitted"
}

/// What this consumer is for. `nil` leaves a value to the defaults, and lets the user's configuration decide.
///
/// What the user's configuration sets wins over a value given here, except for ``offsetReset`` and
/// ``reportsPartitionEnd``, which the program's promises rest on.
public struct ConsumerOptions: Sendable {
    /// Where to start without a usable committed offset.
    public var offsetReset: OffsetReset = .error

    /// Whether reaching the end of a partition is reported.
    public var reportsPartitionEnd = false

    /// What is seen of transactions.
    public var isolation: IsolationLevel = .readCommitted

    /// How much may wait in the library.
    ///
    /// - Units: KiB; 262,144 by default. Below a second of peak traffic a fixed pause of one second in
    ///   librdkafka 2.0.2 makes reading slow.
    public var queueKilobytes: Int?

    /// How much one partition may send in one response.
    ///
    /// - Units: bytes; 8 MiB by default.
    public var fetchPartitionBytes: Int?

    /// How long a broker may wait for a first message before it answers.
    ///
    /// - Units: milliseconds; 100 by default, 10 against an ``EmbeddedBroker``.
    public var fetchWaitMs: Int?

    /// After how long without a heartbeat the group gives this consumer's partitions to others.
    ///
    /// - Units: milliseconds; 10,000 by default.
    public var sessionTimeoutMs: Int?

    /// A stable name for this member, so that a quick restart does not rebalance the group.
    public var groupInstanceID: String?

    /// Options with every value at its default.
    public init() {}

    /// Options that differ from the defaults in what is most often chosen.
    public init(offsetReset: OffsetReset, reportsPartitionEnd: Bool = false, sessionTimeoutMs: Int? = nil) {
        self.offsetReset = offsetReset
        self.reportsPartitionEnd = reportsPartitionEnd
        self.sessionTimeoutMs = sessionTimeoutMs
    }

    static let roleDefaults: [(String, String)] = [
        ("queued.max.messages.kbytes", "262144"),
        ("fetch.message.max.bytes", "8388608"),
        ("fetch.max.bytes", String(PatienceWithNodes.fetchMaxBytes)),
        ("fetch.wait.max.ms", "100"),
        ("session.timeout.ms", "10000"),
        // Partitions that are added are found in seconds; the library's own five minutes would leave them unread.
        ("topic.metadata.refresh.interval.ms", "5000"),
        ("metadata.max.age.ms", "15000"),
        // A node that is cut off goes on as the group's coordinator that it was; the library's own ten minutes are too long.
        ("coordinator.query.interval.ms", "10000"),
        // Every member of a group must name the same strategy; cooperative ones are not dependable in 2.0.2.
        ("partition.assignment.strategy", "roundrobin"),
    ]

    var chosen: [(String, String)] {
        var result = [("isolation.level", isolation.rawValue)]
        let numbers: [(String, Int?)] = [
            ("queued.max.messages.kbytes", queueKilobytes), ("fetch.message.max.bytes", fetchPartitionBytes),
            ("fetch.wait.max.ms", fetchWaitMs), ("session.timeout.ms", sessionTimeoutMs),
        ]
        for (name, number) in numbers {
            if let number { result.append((name, String(number))) }
        }
        if let groupInstanceID { result.append(("group.instance.id", groupInstanceID)) }
        return result
    }

    /// What the group protocol of Kafka 4 leaves to the broker: with it the library refuses these.
    private static let classicOnly: Set<String> = [
        "session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy", "group.protocol.type",
    ]

    /// The properties of a consumer with these options, each once.
    ///
    /// With `group.protocol=consumer` nothing is said of what the broker decides then; where the user says it all the same,
    /// the library refuses it.
    package func properties(
        _ configuration: KafkaConfiguration, groupID: String?
    ) throws(KafkaConfigurationError) -> [(name: String, value: String)] {
        var properties = try configuration.resolved(
            roleDefaults: Self.roleDefaults,
            options: chosen,
            // The library takes assignments only from a consumer with a group; it asks for its coordinator.
            required: required(groupID: groupID ?? "no-group")
        )
        PatienceWithNodes.fit(&properties, of: configuration)
        Self.fitFetches(&properties, of: configuration)
        if configuration.usesConsumerProtocol {
            properties.removeAll { Self.classicOnly.contains($0.name) && !configuration.isSet($0.name) }
        } else {
            Self.fitHeartbeat(&properties)
        }
        return properties
    }

    /// Three heartbeats and more fit into a session, unless the user has said otherwise.
    private static func fitHeartbeat(_ properties: inout [(name: String, value: String)]) {
        guard !properties.contains(where: { $0.name == "heartbeat.interval.ms" }),
            let text = properties.last(where: { $0.name == "session.timeout.ms" })?.value,
            let session = Int(text)
        else { return }
        properties.append(("heartbeat.interval.ms", String(max(1, min(3000, session / 5)))))
    }

    /// The largest message that the user allows fits into a fetch: the library refuses a client otherwise.
    private static func fitFetches(
        _ properties: inout [(name: String, value: String)], of configuration: KafkaConfiguration
    ) {
        guard !configuration.isSet("fetch.max.bytes"),
            let place = properties.firstIndex(where: { $0.name == "fetch.max.bytes" }),
            let largest = configuration.value(of: "message.max.bytes").flatMap({ Int($0) })
        else { return }
        properties[place].value = String(max(largest, PatienceWithNodes.fetchMaxBytes))
    }

    func required(groupID: String) -> [(String, String)] {
        [
            ("group.id", groupID),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", offsetReset.rawValue),
            ("enable.partition.eof", reportsPartitionEnd ? "true" : "false"),
        ]
    }
}

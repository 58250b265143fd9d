/// How batches are compressed on the way to and in the log.
public enum KafkaCompression: String, Sendable, CaseIterable {
    case none, gzip, snappy, lz4, zstd
}

/// When a message counts as delivered.
public enum Acknowledgement: String, Sendable, CaseIterable {
    /// When every in-sync replica has it; needed for idempotence.
    case all
    /// When the leader has it.
    case leader = "1"
    /// When it was sent; offsets are not known.
    case none = "0"
}

/// What this producer is for. `nil` leaves a value to the defaults, and lets the user's configuration decide.
///
/// What the user's configuration sets wins over a value given here, except for ``transactionalID``.
public struct ProducerOptions: Sendable {
    /// The stable name under which transactions are made; `nil` for a producer without them.
    public var transactionalID: String?

    /// How long a message may wait for company.
    ///
    /// - Units: milliseconds; 5 by default.
    public var lingerMs: Int?

    /// The largest message; at most what the topics allow.
    ///
    /// - Units: bytes with key, headers and framing; 1,000,000 by default.
    public var messageMaxBytes: Int?

    /// How much may wait in the library before ``KafkaError/Code/queueFull``.
    ///
    /// - Units: KiB; 131,072 by default.
    public var queueKilobytes: Int?

    /// How many requests may be on their way to a node at once.
    ///
    /// - Range: 1 to 5 of an idempotent producer, which 5 is the library's default of. With more than one, an idempotent producer
    ///   that loses its node may write a message twice, or be of no further use; with one, a node takes a batch a round trip.
    public var requestsInFlight: Int?

    /// After how long an undelivered message is given up.
    ///
    /// - Units: milliseconds; 300,000 by default.
    public var deliveryTimeoutMs: Int?

    /// After how long the coordinator aborts a transaction that nobody ends.
    ///
    /// - Units: milliseconds; ``transactionTimeoutMsUsual`` by default. Readers wait for it after a crash.
    public var transactionTimeoutMs: Int?

    /// How long a transaction may take unless somebody says otherwise, milliseconds: who is silent for so long is gone for
    /// the group as well, and its successor waits for the transaction's end.
    public static let transactionTimeoutMsUsual = 10_000

    /// How batches are compressed; none by default.
    public var compression: KafkaCompression?

    /// Whether its owner makes a new producer when this one is of no further use. Only such a producer gives up soon on a node
    /// that does not answer: librdkafka 2.0.2 may lose count of what it has sent to a node that was cut off, which is fatal.
    public var isRenewable = false

    /// When a message counts as delivered; anything but `all` gives idempotence up.
    public var acknowledgement = Acknowledgement.all

    /// Options with every value at its default.
    public init() {}

    /// Options that differ from the defaults in what is most often chosen.
    public init(transactionalID: String? = nil, lingerMs: Int? = nil, messageMaxBytes: Int? = nil) {
        self.transactionalID = transactionalID
        self.lingerMs = lingerMs
        self.messageMaxBytes = messageMaxBytes
    }

    static let roleDefaults: [(String, String)] = [
        ("linger.ms", "5"),
        ("batch.size", "1000000"),
        ("queue.buffering.max.kbytes", "131072"),
        // A leader whose followers do not answer says so then, and who leads is asked again: at the first answer that way a node that is cut
        // off from its peers is left, instead of when the connection is given up.
        ("request.timeout.ms", "5000"),
        // As for a consumer: who writes into a partition that was added finds it in seconds.
        ("topic.metadata.refresh.interval.ms", "5000"),
        ("metadata.max.age.ms", "15000"),
    ]

    var chosen: [(String, String)] {
        var result = [
            ("acks", acknowledgement.rawValue),
            ("enable.idempotence", acknowledgement == .all ? "true" : "false"),
        ]
        let numbers: [(String, Int?)] = [
            ("linger.ms", lingerMs), ("message.max.bytes", messageMaxBytes),
            ("queue.buffering.max.kbytes", queueKilobytes),
            ("max.in.flight.requests.per.connection", requestsInFlight),
            ("message.timeout.ms", deliveryTimeoutMs),
            (
                "transaction.timeout.ms",
                transactionTimeoutMs ?? (transactionalID == nil ? nil : Self.transactionTimeoutMsUsual)
            ),
        ]
        for (name, number) in numbers {
            if let number { result.append((name, String(number))) }
        }
        if let compression { result.append(("compression.codec", compression.rawValue)) }
        return result
    }

    var required: [(String, String)] {
        transactionalID.map { [("transactional.id", $0)] } ?? []
    }

    /// The properties of a producer with these options, each once.
    package func properties(
        _ configuration: KafkaConfiguration
    ) throws(KafkaConfigurationError) -> [(name: String, value: String)] {
        var properties = try configuration.resolved(
            roleDefaults: Self.roleDefaults, options: chosen, required: required)
        if isRenewable { PatienceWithNodes.fit(&properties, of: configuration) }
        return properties
    }
}

/// How to reach a cluster: librdkafka's own properties, in layers of which the later wins.
///
/// The order is: our defaults, a configuration file, the environment, the command line. Names and values are
/// passed on as they are, so librdkafka validates them and its message is shown. Secrets never appear in
/// ``description``, in errors or in logs.
public struct KafkaConfiguration: Sendable, CustomStringConvertible {
    /// What this project sets before anybody else does.
    private(set) var defaults: [(name: String, value: String)]

    /// What the user has set, in order of first appearance.
    private(set) var settings: [(name: String, value: String)] = []

    /// A configuration with our defaults for the cluster at `brokers`.
    ///
    /// - Parameter brokers: `host:port`, several separated by commas.
    public init(brokers: String) {
        defaults = [
            ("bootstrap.servers", brokers),
            ("client.id", "hashiflex"),
            // Warnings and worse; "debug" raises this inside the library.
            ("log_level", "4"),
            // 40 ms of delayed acknowledgement otherwise lands on every small request.
            ("socket.nagle.disable", "true"),
            ("reconnect.backoff.max.ms", "1000"),
            ("socket.connection.setup.timeout.ms", String(PatienceWithNodes.connectingMs)),
            ("connections.max.idle.ms", String(PatienceWithNodes.idleMs)),
            ("socket.keepalive.enable", "true"),
        ]
    }

    /// Sets `property`; a later call for the same property wins.
    public mutating func set(_ property: String, _ value: String) {
        Self.put(property, value, into: &settings)
    }

    /// Sets every property of a layer, in order.
    public mutating func apply(_ layer: [(String, String)]) {
        for (property, value) in layer { set(property, value) }
    }

    /// Sets a property below everything the user sets.
    package mutating func setDefault(_ property: String, _ value: String) {
        Self.put(property, value, into: &defaults)
    }

    /// The value in force for `property` as far as this configuration says; `nil` leaves it to the library.
    public func value(of property: String) -> String? {
        let name = PropertyAliases.canonical(property)
        return settings.last { $0.name == name }?.value ?? defaults.last { $0.name == name }?.value
    }

    /// Whether the user has set `property`.
    func isSet(_ property: String) -> Bool {
        settings.contains { $0.name == PropertyAliases.canonical(property) }
    }

    /// Whether groups are to use the protocol of Kafka 4 (KIP-848), under which the broker decides about sessions and who
    /// gets which partition.
    package var usesConsumerProtocol: Bool { value(of: "group.protocol")?.lowercased() == "consumer" }

    /// Whether a librdkafka of version `library` (`0xMMmmrrxx`) may be told of this group protocol: 2.4.0 was the first to
    /// know the property, 2.12.0 the first whose makers call that of Kafka 4 fit for production.
    package static func canUse(groupProtocol: String, library: Int32) -> Bool {
        library >= (groupProtocol.lowercased() == "consumer" ? 0x020c_00ff : 0x0204_00ff)
    }

    /// Where the brokers are.
    public var brokers: String { value(of: "bootstrap.servers") ?? "" }

    /// Every setting that differs from librdkafka's defaults, one `name=value` a line, secrets redacted.
    public var description: String {
        var effective = defaults
        for (name, value) in settings { Self.put(name, value, into: &effective) }
        return effective.map { "\($0.name)=\(Self.isSecret($0.name) ? Self.redacted : $0.value)" }
            .joined(separator: "\n")
    }

    /// Asks librdkafka to judge every property, without connecting anywhere.
    ///
    /// - Throws: ``KafkaConfigurationError`` with the first property that is refused.
    public func validate() throws(KafkaConfigurationError) {
        var native = NativeConfiguration()
        try native.set(resolved(roleDefaults: [], options: [], required: []))
    }

    private static func put(
        _ name: String,
        _ value: String,
        into layer: inout [(name: String, value: String)]
    ) {
        let name = PropertyAliases.canonical(name)
        if let index = layer.firstIndex(where: { $0.name == name }) {
            layer[index].value = value
        } else {
            layer.append((name, value))
        }
    }
}

extension KafkaConfiguration {
    static let redacted = "[redacted]"

    /// Whether the value of `property` must never be shown.
    package static func isSecret(_ property: String) -> Bool {
        let name = property.lowercased()
        return ["password", "secret", "pem", "token", "jaas", "sasl.oauthbearer.config"].contains {
            name.contains($0)
        }
    }

    /// What the program promises with, and what to use instead of setting it by hand.
    private static let reserved: [String: String] = [
        "enable.auto.commit": "offsets are committed together with the results they stand for",
        "enable.auto.offset.store": "offsets are committed together with the results they stand for",
        "enable.partition.eof": "it is chosen by what is being read",
        "auto.offset.reset": "it is chosen by what is being read",
        "isolation.level": "it is chosen by what is being read, and exactly-once rests on it",
        "group.id": "it is made from the topics' common beginning: see --topic-prefix",
        "transactional.id": "it is made from the group and the worker's slot",
        "test.mock.num.brokers": "use the embedded broker",
    ]

    /// The properties to create a client with, each once.
    ///
    /// From weakest to strongest: what the role of the client suggests, our defaults, the options of this
    /// client, the user's settings; and what the role requires, which nobody may contradict.
    func resolved(
        roleDefaults: [(String, String)],
        options: [(String, String)],
        required: [(String, String)]
    ) throws(KafkaConfigurationError) -> [(name: String, value: String)] {
        for (name, _) in settings {
            if let instead = Self.reserved[name] {
                throw .reserved(property: name, instead: instead)
            }
        }
        var result: [(name: String, value: String)] = []
        for layer in [roleDefaults, defaults.map { ($0.name, $0.value) }, options] {
            for (name, value) in layer { Self.put(name, value, into: &result) }
        }
        for (name, value) in settings { Self.put(name, value, into: &result) }
        for (name, value) in required { Self.put(name, value, into: &result) }
        return result
    }
}

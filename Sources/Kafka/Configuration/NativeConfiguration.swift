internal import CRDKafka

/// An owned configuration object of the library.
struct NativeConfiguration: ~Copyable {
    private var pointer: OpaquePointer?

    init() {
        guard let made = rd_kafka_conf_new() else {
            preconditionFailure("the library gave no configuration: out of memory")
        }
        pointer = made
    }

    deinit {
        if let pointer { rd_kafka_conf_destroy(pointer) }
    }

    /// Sets every property.
    ///
    /// - Throws: the first refusal, in the library's words, without the value of a secret.
    mutating func set(_ properties: [(name: String, value: String)]) throws(KafkaConfigurationError) {
        for (name, value) in properties {
            var text = [CChar](repeating: 0, count: 512)
            guard rd_kafka_conf_set(pointer, name, value, &text, text.count) != RD_KAFKA_CONF_OK else {
                continue
            }
            let said = String(cText: text)
            let isShown = !KafkaConfiguration.isSecret(name) || value.isEmpty || !said.contains(value)
            throw .rejected(
                property: name,
                message: isShown ? said + Self.hint(name) : "the library refuses its value (not shown)"
            )
        }
    }

    /// What to do about a property that this library is too old for.
    private static func hint(_ property: String) -> String {
        property == "group.protocol" && LibraryVersion.rdkafkaNumber < 0x0204_0000
            ? "; it needs librdkafka 2.4 (2.12 for production) and Kafka 4, this is \(LibraryVersion.rdkafka)"
            : ""
    }

    /// Gives the object to `body`, which says whether the library has taken it over.
    mutating func handOver(_ body: (OpaquePointer) -> Bool) {
        guard let held = pointer else { preconditionFailure("a configuration is handed over once") }
        if body(held) { pointer = nil }
    }
}

extension String {
    /// The text in a buffer that a C call has filled and terminated.
    init(cText buffer: [CChar]) {
        self = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

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
            if let problem = Self.problem(name, value) { throw .rejected(property: name, message: problem) }
            var text = [CChar](repeating: 0, count: 512)
            guard rd_kafka_conf_set(pointer, name, value, &text, text.count) != RD_KAFKA_CONF_OK else {
                continue
            }
            let said = String(cText: text)
            let isShown = !KafkaConfiguration.isSecret(name) || value.isEmpty || !said.contains(value)
            throw .rejected(
                property: name,
                message: isShown ? said : "the library refuses its value (not shown)"
            )
        }
    }

    /// Why this library is not given a property; `nil` if it is.
    private static func problem(_ property: String, _ value: String) -> String? {
        guard property == "group.protocol",
            !KafkaConfiguration.canUse(
                groupProtocol: value, library: LibraryVersion.rdkafkaNumber)
        else { return nil }
        return value.lowercased() == "consumer"
            ? "consumer needs librdkafka 2.12 and Kafka 4, this is librdkafka \(LibraryVersion.rdkafka); leave it out, or "
                + "load a newer library"
            : "librdkafka \(LibraryVersion.rdkafka) knows the classic protocol alone; leave it out"
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

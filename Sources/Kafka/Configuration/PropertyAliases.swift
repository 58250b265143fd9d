/// librdkafka's second names for some properties (its CONFIGURATION.md): of two names for one property the later in the list would
/// win, whichever layer it is of.
enum PropertyAliases {
    private static let names = [
        "metadata.broker.list": "bootstrap.servers",
        "request.required.acks": "acks",
        "compression.type": "compression.codec",
        "delivery.timeout.ms": "message.timeout.ms",
        "max.in.flight": "max.in.flight.requests.per.connection",
        "max.partition.fetch.bytes": "fetch.message.max.bytes",
        "queue.buffering.max.ms": "linger.ms",
        "message.send.max.retries": "retries",
        "sasl.mechanism": "sasl.mechanisms",
        "auto.commit.enable": "enable.auto.commit",
    ]

    /// The name of a property that is used here.
    static func canonical(_ name: String) -> String { names[name] ?? name }
}

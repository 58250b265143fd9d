internal import CRDKafka

/// The versions of the libraries this build talks to Kafka with.
public enum LibraryVersion {
    /// The version of librdkafka that is loaded, such as `2.0.2`.
    public static var rdkafka: String { String(cString: rd_kafka_version_str()) }

    /// The version of librdkafka that is loaded, as `0xMMmmrrxx`.
    ///
    /// - Range: `xx` is `0xff` for a final release.
    public static var rdkafkaNumber: Int32 { rd_kafka_version() }
}

internal import CRDKafka

/// A message as it was read from a partition.
///
/// The payload is not copied: it lies in the response it came with, and holding one message keeps that whole
/// response (up to `fetch.max.bytes`) in memory. Let go of messages soon. librdkafka does not count messages
/// that were handed out: bound how many you hold.
///
/// Safety: nothing changes after `init`; the memory behind `pointer` belongs to this object alone until `deinit`.
public final class KafkaMessage: @unchecked Sendable {
    private let pointer: UnsafeMutablePointer<rd_kafka_message_t>
    private let client: ClientHandle

    /// The topic it was read from.
    public let topic: String

    /// The headers in order; a name may occur more than once; a value without bytes is empty.
    public let headers: [(name: String, value: [UInt8])]

    /// The time the producer or the broker gave it, in milliseconds since 1970; `nil` when it has none.
    public let timestampMs: Int64?

    /// Whether the broker gave it its time, as it does in a topic with `message.timestamp.type=LogAppendTime`.
    public let hasBrokersTime: Bool

    /// Takes a message of the library over.
    init(_ message: UnsafeMutablePointer<rd_kafka_message_t>, client: ClientHandle) {
        pointer = message
        self.client = client
        topic = message.pointee.rkt.flatMap { rd_kafka_topic_name($0) }.map { String(cString: $0) } ?? ""
        headers = Self.headers(of: message)
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let time = rd_kafka_message_timestamp(message, &kind)
        hasBrokersTime = kind == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME
        timestampMs = kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || time < 0 ? nil : time
    }

    deinit { rd_kafka_message_destroy(pointer) }

    /// The partition it was read from.
    public var partition: Int32 { pointer.pointee.partition }

    /// Its place in the partition.
    public var offset: Int64 { pointer.pointee.offset }

    /// The node that it was read from; `nil` where the library does not know.
    public var node: Int32? {
        let node = rd_kafka_message_broker_id(pointer)
        return node >= 0 ? node : nil
    }

    /// Topic and partition as one value.
    public var topicPartition: TopicPartition { TopicPartition(topic: topic, partition: partition) }

    /// The key; `nil` when the message has none, empty when it has an empty one.
    public var key: [UInt8]? {
        guard let key = pointer.pointee.key else { return nil }
        return Array(UnsafeRawBufferPointer(start: key, count: pointer.pointee.key_len))
    }

    /// Whether the message has no payload at all, which deletes its key from a compacted topic.
    public var isTombstone: Bool { pointer.pointee.payload == nil }

    /// The length of the payload.
    ///
    /// - Units: bytes; 0 for a tombstone.
    public var byteCount: Int { pointer.pointee.len }

    /// The last header called `name`; `nil` when there is none.
    public func header(_ name: String) -> [UInt8]? { headers.last { $0.name == name }?.value }

    /// Lends the payload without copying it; empty for a tombstone.
    public func withPayload<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        // The pointer of a tombstone is nil: an empty buffer.
        try withExtendedLifetime(self) {
            try body(UnsafeRawBufferPointer(start: pointer.pointee.payload, count: pointer.pointee.len))
        }
    }

    /// A copy of the payload; empty for a tombstone.
    public var payload: [UInt8] { withPayload { Array($0) } }

    /// Headers are parsed once and here: the library parses them on first use, which is not safe to share.
    private static func headers(
        of message: UnsafeMutablePointer<rd_kafka_message_t>
    ) -> [(name: String, value: [UInt8])] {
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else {
            return []
        }
        var result: [(name: String, value: [UInt8])] = []
        result.reserveCapacity(rd_kafka_header_cnt(list))
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while rd_kafka_header_get_all(list, result.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let found = name
        {
            result.append((String(cString: found), Array(UnsafeRawBufferPointer(start: value, count: size))))
        }
        return result
    }
}

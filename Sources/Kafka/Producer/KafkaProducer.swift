internal import CRDKafka

/// What became of one message, or of several with the same tag that were delivered one after the other.
public struct Delivery: Sendable, Hashable {
    /// The number the messages were produced with.
    public let tag: UInt64

    /// How many messages this is the outcome of; 1 when there is an error.
    public internal(set) var count = 1

    /// The partition they went to; negative when it never got one.
    public let partition: Int32

    /// Where the last of them is in the partition; `nil` when it failed, or when the broker did not say (an
    /// idempotent retry of a message it already had, or ``Acknowledgement/none``). Use a tag on one topic only to
    /// know which topic's offset it is.
    public internal(set) var offset: Int64?

    /// Why a message was not delivered; `nil` when it was.
    public let error: KafkaError?
}

/// Writes messages, in order per partition and without duplicates on retry.
///
/// Every accepted message is answered by a ``Delivery``, to be taken with ``poll(timeoutMs:)``; until then it
/// counts towards the queue's bounds, so a producer that is never polled ends in ``KafkaError/Code/queueFull``.
/// All calls may come from any thread. Messages that are still waiting when the last reference goes are lost:
/// ``flush(timeoutMs:)`` first.
public final class KafkaProducer: Sendable {
    let client: ClientHandle
    let topics: TopicHandles

    /// Creates a producer; nothing is connected before something is written or asked.
    ///
    /// - Throws: ``KafkaError`` naming the property that is refused.
    public init(
        _ configuration: KafkaConfiguration,
        options: ProducerOptions = ProducerOptions()
    ) throws(KafkaError) {
        let properties: [(name: String, value: String)]
        do {
            properties = try options.properties(configuration)
        } catch {
            throw KafkaError(error)
        }
        let client = try ClientHandle(RD_KAFKA_PRODUCER, properties: properties) { configuration in
            rd_kafka_conf_set_dr_msg_cb(configuration, onDelivery)
        }
        self.client = client
        topics = TopicHandles(of: client)
    }

    /// Queues a message. Everything is copied.
    ///
    /// - Parameters:
    ///   - partition: `nil` lets the key decide, or chance without a key.
    ///   - value: `nil` writes a tombstone.
    ///   - tag: Comes back in the message's ``Delivery``.
    /// - Throws: ``KafkaError`` with ``KafkaError/Code/queueFull`` (poll, then repeat),
    ///   ``KafkaError/Code/messageTooLarge`` (the text names the limit) and others; then no delivery follows.
    public func produce(
        topic: String,
        partition: Int32? = nil,
        key: [UInt8]? = nil,
        value: [UInt8]?,
        headers: [(String, [UInt8])] = [],
        tag: UInt64 = 0
    ) throws(KafkaError) {
        let failure = withOptionalBytes(value) { bytes in
            enqueue(topic: topic, partition: partition, key: key, value: bytes, headers: headers, tag: tag)
        }
        if let failure { throw failure }
    }

    /// Queues a message whose payload lies in borrowed memory, which is copied before this returns.
    ///
    /// - Throws: as ``produce(topic:partition:key:value:headers:tag:)``.
    public func produce(
        topic: String,
        partition: Int32? = nil,
        key: [UInt8]? = nil,
        payload: UnsafeRawBufferPointer,
        headers: [(String, [UInt8])] = [],
        tag: UInt64 = 0
    ) throws(KafkaError) {
        // An empty buffer may have no address, but the library takes no address for a tombstone.
        let failure =
            payload.baseAddress == nil
            ? withOptionalBytes([]) { bytes in
                enqueue(
                    topic: topic,
                    partition: partition,
                    key: key,
                    value: bytes,
                    headers: headers,
                    tag: tag
                )
            }
            : enqueue(
                topic: topic,
                partition: partition,
                key: key,
                value: payload,
                headers: headers,
                tag: tag
            )
        if let failure { throw failure }
    }

    /// Takes the outcomes that are known, waiting for at least one.
    public func poll(timeoutMs: Int32) -> [Delivery] {
        let known = client.context.takeDeliveries()
        rd_kafka_poll(client.pointer, known.isEmpty ? timeoutMs : 0)
        return known + client.context.takeDeliveries()
    }

    /// Sends what waits, without lingering, until every message has an outcome or the time is over.
    ///
    /// - Returns: how many messages have no outcome yet. The outcomes are taken with ``poll(timeoutMs:)``.
    @discardableResult
    public func flush(timeoutMs: Int32) -> Int {
        guard rd_kafka_flush(client.pointer, timeoutMs) != RD_KAFKA_RESP_ERR_NO_ERROR else { return 0 }
        return waitingCount
    }

    /// How many messages and outcomes are still in the library.
    public var waitingCount: Int { Int(rd_kafka_outq_len(client.pointer)) }

    /// The error that has made this producer useless, if one has: make a new one or end the process.
    public var fatalError: KafkaError? { KafkaError.fatal(of: client.pointer) }

    /// The value in force for a property, in the library's own words; `nil` for an unknown one.
    package func value(of property: String) -> String? { client.value(of: property) }

    private func enqueue(
        topic: String,
        partition: Int32?,
        key: [UInt8]?,
        value: UnsafeRawBufferPointer?,
        headers: [(String, [UInt8])],
        tag: UInt64
    ) -> KafkaError? {
        let error = topic.withCString { name in
            withOptionalBytes(key) { key -> OpaquePointer? in
                var fields = MessageFields()
                fields.topic(name)
                fields.partition(partition ?? RD_KAFKA_PARTITION_UA)
                fields.memory(RD_KAFKA_VTYPE_VALUE, value)
                fields.memory(RD_KAFKA_VTYPE_KEY, key)
                fields.tag(tag)
                fields.copied()
                let list = Self.headerList(headers)
                if let list { fields.headers(list) }
                let error = rd_kafka_produceva(client.pointer, fields.all, fields.all.count)
                // Headers are taken over on success only.
                if error != nil, let list { rd_kafka_headers_destroy(list) }
                return error
            }
        }
        guard let error else { return nil }
        let place = partition.map { "\(topic)/\($0)" } ?? topic
        var action = "cannot write \(value?.count ?? 0) bytes to \(place)"
        switch rd_kafka_error_code(error) {
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
            let limit = client.value(of: "message.max.bytes") ?? "?"
            action += " (message.max.bytes=\(limit) is the limit, with key and headers)"
        case RD_KAFKA_RESP_ERR__QUEUE_FULL:
            let bytes = client.value(of: "queue.buffering.max.kbytes") ?? "?"
            let messages = client.value(of: "queue.buffering.max.messages") ?? "?"
            action += " (queue.buffering.max.kbytes=\(bytes) or queue.buffering.max.messages=\(messages) is"
            action += " reached; take deliveries)"
        default: break
        }
        return refusal(KafkaError.consume(error, doing: action), topic)
    }

    /// What stands behind an error: the right that is missing, or what has made this producer useless.
    func refusal(_ error: KafkaError?, _ topic: String) -> KafkaError? {
        guard let error else { return nil }
        if error.code == KafkaError.Code.fatal,
            let fatal = KafkaError.fatal(of: client.pointer, writing: topic)
        {
            return fatal
        }
        return error.naming(.write, topic: topic, of: client.pointer)
    }

    private static func headerList(_ headers: [(String, [UInt8])]) -> OpaquePointer? {
        guard !headers.isEmpty, let list = rd_kafka_headers_new(headers.count) else { return nil }
        for (name, value) in headers {
            // Fails only for lists that are read only, which a new one is not.
            _ = withOptionalBytes(value) { bytes in
                rd_kafka_header_add(list, name, name.utf8.count, bytes?.baseAddress, bytes?.count ?? 0)
            }
        }
        return list
    }
}

/// Called inside a poll or flush with the outcome of one message.
private func onDelivery(
    client: OpaquePointer?,
    message: UnsafePointer<rd_kafka_message_t>?,
    opaque: UnsafeMutableRawPointer?
) {
    guard let client, let message = message?.pointee, let context = ClientContext.from(opaque) else { return }
    let failed = message.err != RD_KAFKA_RESP_ERR_NO_ERROR
    func failure() -> KafkaError {
        let topic = message.rkt.flatMap { rd_kafka_topic_name($0) }.map { String(cString: $0) } ?? ""
        // What has made the producer useless also empties its queues: then that is the reason.
        let isGivenUp =
            message.err == RD_KAFKA_RESP_ERR__FATAL || message.err == RD_KAFKA_RESP_ERR__PURGE_QUEUE
            || message.err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT
        if isGivenUp, let fatal = KafkaError.fatal(of: client, writing: topic) { return fatal }
        let remark = SequenceFault.remark(on: message.err.rawValue, library: LibraryVersion.rdkafkaNumber)
        return KafkaError(
            code: message.err.rawValue, doing: "cannot deliver to \(topic)/\(message.partition)",
            detail: remark.map { "\(String(cString: rd_kafka_err2str(message.err))); \($0)" }
        ).naming(.write, topic: topic, of: client)
    }
    context.deliver(
        Delivery(
            tag: UInt64(UInt(bitPattern: message._private)),
            partition: message.partition,
            offset: failed || message.offset < 0 ? nil : message.offset,
            error: failed ? failure() : nil
        )
    )
}

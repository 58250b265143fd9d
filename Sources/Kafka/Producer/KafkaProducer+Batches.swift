internal import CRDKafka
import Synchronization

extension KafkaProducer {
    /// Queues what is not queued yet of a batch, all with the same tag. Everything is copied.
    ///
    /// When the queue is full, what fitted is queued and the batch remembers the rest: take deliveries, then repeat.
    /// Only then may a message overtake a longer one of the same batch.
    ///
    /// - Throws: ``KafkaError``, with ``KafkaError/Code/queueFull`` when something is left; any other code says
    ///   why a message can not be queued at all.
    public func produce(
        topic: String,
        partition: Int32,
        batch: inout MessageBatch,
        tag: UInt64
    ) throws(KafkaError) {
        guard !batch.isQueued else { return }
        let handle = try topics.handle(for: topic)
        let numbers = batch.unqueued
        let failures = batch.bytes.withUnsafeBytes { bytes -> [rd_kafka_resp_err_t] in
            let base = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            var messages = numbers.map { number in
                var message = rd_kafka_message_t()
                let start = number == 0 ? 0 : batch.ends[number - 1].value
                let ends = batch.ends[number]
                // The library does not write through these: key and value are copied.
                message.key = base.map { $0 + start }
                message.key_len = ends.key - start
                message.payload = base.map { $0 + ends.key }
                message.len = ends.value - ends.key
                message._private = UnsafeMutableRawPointer(bitPattern: UInt(tag))
                return message
            }
            let accepted = rd_kafka_produce_batch(
                handle, partition, RD_KAFKA_MSG_F_COPY, &messages, Int32(messages.count))
            return Int(accepted) == messages.count ? [] : messages.map(\.err)
        }
        batch.unqueued.removeAll(keepingCapacity: true)
        var failure = RD_KAFKA_RESP_ERR_NO_ERROR
        for (number, code) in zip(numbers, failures) where code != RD_KAFKA_RESP_ERR_NO_ERROR {
            batch.unqueued.append(number)
            // A full queue passes; anything else does not, and is what the caller must hear of.
            if failure == RD_KAFKA_RESP_ERR_NO_ERROR || failure == RD_KAFKA_RESP_ERR__QUEUE_FULL {
                failure = code
            }
        }
        guard failure != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        let error = KafkaError(
            code: failure.rawValue,
            doing: "cannot write \(batch.unqueued.count) of a batch's messages to \(topic)/\(partition)")
        throw refusal(error, topic) ?? error
    }
}

/// The library's handles of topics, made once for each topic that batches are written to.
///
/// Safety: handles may be used from any thread; the dictionary is only touched under the lock.
final class TopicHandles: @unchecked Sendable {
    /// Lives at least as long as the handles.
    private let client: ClientHandle
    private let handles = Mutex<[String: OpaquePointer]>([:])

    init(of client: ClientHandle) { self.client = client }

    /// The handle of `topic`, valid as long as this object.
    func handle(for topic: String) throws(KafkaError) -> OpaquePointer {
        let found = handles.withLock { handles -> OpaquePointer? in
            if let known = handles[topic] { return known }
            let made = rd_kafka_topic_new(client.pointer, topic, nil)
            handles[topic] = made
            return made
        }
        guard let found else {
            throw KafkaError(
                code: KafkaError.Code.invalidArgument, doing: "cannot write to topic \"\(topic)\"")
        }
        return found
    }

    deinit {
        handles.withLock { for handle in $0.values { rd_kafka_topic_destroy(handle) } }
    }
}

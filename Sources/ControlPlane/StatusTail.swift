public import Kafka
public import PipelineMessages

/// Reads the status topic: what workers, coordinators and fleet supervisors last said.
///
/// Use from one thread.
public final class StatusTail: Sendable {
    /// One heartbeat.
    public enum Event: Sendable {
        /// Of a worker.
        case worker(WorkerStatus)
        /// Of the leading coordinator.
        case coordinator(CoordinatorStatus)
        /// Of a fleet supervisor.
        case fleet(FleetStatus)
        /// All that was there has been read.
        case caughtUp
        /// The broker has a problem.
        case error(KafkaError)
    }

    private let consumer: KafkaConsumer

    /// Starts at `start`, for example `.beginning`, or `.end` for live views.
    public init(_ kafka: KafkaConfiguration, topics: TopicNames, from start: StartOffset) throws(KafkaError) {
        var options = ConsumerOptions(offsetReset: .earliest, reportsPartitionEnd: true)
        options.fetchWaitMs = 20
        options.queueKilobytes = 16_384
        consumer = try KafkaConsumer(
            kafka, groupID: nil, options: options)
        try consumer.assign([(TopicPartition(topic: topics.status, partition: 0), start)])
    }

    /// The next heartbeat, if one comes within `timeoutMs`; unknown records are passed over.
    public func poll(timeoutMs: Int32) -> Event? {
        switch consumer.poll(timeoutMs: timeoutMs) {
        case .message(let message):
            return Self.event(key: message.key ?? [], value: message.payload)
        case .partitionEnd: return .caughtUp
        case .error(let error): return .error(error)
        case .assigned, .revoked, nil: return nil
        }
    }

    /// What a record says; `nil` of one that is unknown or out of bounds: anyone may write it.
    package static func event(key: [UInt8], value: [UInt8]) -> Event? {
        let key = String(decoding: key, as: UTF8.self)
        if key.hasPrefix("worker/") {
            return (try? JSONRecord.decode(WorkerStatus.self, from: value)).map { .worker($0) }
        } else if key == "coordinator" {
            return (try? JSONRecord.decode(CoordinatorStatus.self, from: value)).map { .coordinator($0) }
        } else if key.hasPrefix("fleet/") {
            return (try? JSONRecord.decode(FleetStatus.self, from: value)).map { .fleet($0) }
        }
        return nil
    }

    /// Leaves the broker.
    public func close() { _ = consumer.close() }
}

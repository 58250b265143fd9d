public import Kafka
public import PipelineMessages
import Synchronization
import Threads

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
        /// All that was there has been read, however many beat meanwhile; told again whenever nothing more is there.
        case caughtUp
        /// The broker has a problem.
        case error(KafkaError)
    }

    /// When a heartbeat was taken.
    public struct Stamp: Sendable, Hashable {
        /// Milliseconds since 1970.
        public let atMs: Int64
        /// Whether that is by the broker's clock; else it is by the sender's.
        public let isBrokers: Bool

        /// A time by one of the two clocks.
        public init(atMs: Int64, isBrokers: Bool) {
            self.atMs = atMs
            self.isBrokers = isBrokers
        }
    }

    private struct Progress {
        var ends = PassedEnds(freshMs: freshMs)
        /// The end was passed by the message that was taken last.
        var hasPassed = false
    }

    /// What is read within this time of when it was there is told as news, milliseconds.
    private static let freshMs: Int64 = 500

    private let consumer: KafkaConsumer
    private let progress = Mutex(Progress())

    /// Starts at `start`, for example `.beginning`, or `.end` for live views.
    public init(_ kafka: KafkaConfiguration, topics: TopicNames, from start: StartOffset) throws(KafkaError) {
        var options = ConsumerOptions(offsetReset: .earliest, reportsPartitionEnd: true)
        // Nobody can hide the heartbeats by a transaction that is never ended.
        options.isolation = .readUncommitted
        options.fetchWaitMs = 20
        options.queueKilobytes = 16_384
        consumer = try KafkaConsumer(
            kafka, groupID: nil, options: options)
        try consumer.assign([(TopicPartition(topic: topics.status, partition: 0), start)])
    }

    /// The next heartbeat, if one comes within `timeoutMs`; unknown records are passed over.
    public func poll(timeoutMs: Int32) -> Event? { stamped(timeoutMs: timeoutMs)?.event }

    /// As ``poll(timeoutMs:)``, with the time that the record bears.
    public func stamped(timeoutMs: Int32) -> (event: Event, stamp: Stamp?)? {
        let isPassed = progress.withLock { progress in
            defer { progress.hasPassed = false }
            return progress.hasPassed
        }
        if isPassed { return (.caughtUp, nil) }
        switch consumer.poll(timeoutMs: timeoutMs) {
        case .message(let message):
            progress.withLock {
                $0.hasPassed = $0.ends.pass(
                    message.topicPartition, offset: message.offset, steadyMs: Clock.steadyMs,
                    consumer.knownEnd)
            }
            guard let event = Self.event(key: message.key ?? [], value: message.payload) else { return nil }
            let stamp = message.timestampMs.map { Stamp(atMs: $0, isBrokers: message.hasBrokersTime) }
            return (event, stamp)
        case .partitionEnd: return (.caughtUp, nil)
        case .error(let error): return (.error(error), nil)
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

    /// Leaves the broker; a silent one is waited for no longer than `timeoutMs`.
    public func close(timeoutMs: Int32 = KafkaConsumer.closeTimeoutMs) {
        consumer.close(timeoutMs: timeoutMs)
    }
}

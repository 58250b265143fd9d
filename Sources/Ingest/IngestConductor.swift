internal import FleetMachines
internal import ImageDecoding
internal import Kafka
internal import PipelineMessages
internal import Synchronization
internal import Threads

/// Sends encoded shards of all streams: carries events to the machine, one at a time, and its actions to the threads that
/// carry them out.
final class IngestConductor: Sendable {
    private struct State {
        var machine: IngestMachine
        var flights: UInt64 = 0
        /// Where streams wait for what becomes of their shard.
        var replies: [UInt64: ActionQueue<Reply>] = [:]
        /// What the machine's failure is to the command.
        var failure: KafkaError?
        /// What the machine does not count: pictures, and images that were never sent.
        var summary = IngestSummary()
    }

    /// What a stream is to do with its shard.
    private enum Reply: Sendable {
        case send(partition: Int32)
        case giveUp
    }

    private let producer: KafkaProducer
    private let reader: KafkaConsumer
    private let topics: TopicNames
    private let partitions: [TopicPartition]
    private let stop: Signal
    private let state: Mutex<State>
    /// For the thread that asks the broker.
    private let asking = ActionQueue<IngestQuestion>()
    /// Set when the machine has ended.
    private let ended = Signal()

    /// Connects, and asks where the partitions stand, as long as there is patience. Once `stop` is set, what was sent is
    /// still confirmed.
    init(_ options: IngestOptions, partitions count: Int, stop: Signal) throws(KafkaError) {
        topics = options.topics
        self.stop = stop
        partitions = (0..<Int32(count)).map { TopicPartition(topic: options.topics.shards, partition: $0) }
        reader = try KafkaConsumer(
            options.kafka, groupID: topics.workerGroup, options: ConsumerOptions(offsetReset: .error))
        let (reader, partitions) = (reader, partitions)
        let patience = options.patience.until(stop)
        let committed = try patience.wait(for: "the committed offsets of group \(topics.workerGroup)") {
            timeoutMs throws(KafkaError) in
            try reader.committed(partitions, timeoutMs: timeoutMs)
        }
        var starts: [(committed: Int64, end: Int64)] = []
        for partition in partitions {
            let marks = try patience.wait(for: "the leaders of topic \(topics.shards)") {
                timeoutMs throws(KafkaError) in
                try reader.watermarks(partition, timeoutMs: timeoutMs)
            }
            // Without a bound nobody reads the meter; with one, what is there already counts.
            starts.append((max(committed[partition]?.offset ?? marks.low, marks.low), marks.high))
        }
        let settings = IngestSettings(
            backlogBytesMax: options.backlogBytesMax, recordBytesMax: options.recordBytesMax)
        state = Mutex(State(machine: IngestMachine(settings, partitions: starts, at: .now)))
        var producerOptions = ProducerOptions(messageMaxBytes: options.recordBytesMax)
        producerOptions.queueKilobytes = 65_536
        let producer = try KafkaProducer(options.kafka, options: producerOptions)
        self.producer = producer
        // Until it has heard of the topic, it refuses nothing and reports what has no partition too late.
        let shards = options.topics.shards
        _ = try patience.wait(for: "the partitions of topic \(shards)", mayBeUnheard: true) {
            timeoutMs throws(KafkaError) in
            try producer.partitionCount(of: shards, timeoutMs: timeoutMs)
        }
    }

    // MARK: Streams

    /// Sends one shard to the first partition with room, from `turn` on. Blocks while there is none.
    ///
    /// - Returns: `false` if it was stopped first: nothing that follows may be sent.
    func send(_ shard: ShardPacker.Encoded, stream: String, turn: Int) throws(KafkaError) -> Bool {
        let flight = state.withLock { state in
            state.flights += 1
            return state.flights
        }
        let bytes = shard.bytes.count + ShardPacker.recordOverheadBytes
        var reply = reply(
            to: .offered(flight: flight, bytes: bytes, images: shard.images, first: turn), flight)
        var counts = 0
        while case .send(let partition) = reply {
            do throws(KafkaError) {
                try producer.produce(
                    topic: topics.shards, partition: partition, key: Array(stream.utf8),
                    value: shard.bytes,
                    headers: [
                        (ShardTopicKind.header, Array(ShardTopicKind.shard.rawValue.utf8)),
                        ("content-type", Array("application/vnd.hashiflex.shard".utf8)),
                    ], tag: flight)
                return true
            } catch {
                if error.code == KafkaError.Code.unknownPartition, counts < Self.countsMax,
                    hears(of: partition)
                {
                    counts += 1
                    continue
                }
                guard error.code == KafkaError.Code.queueFull else {
                    tell(.refused(flight: flight, "\(error)"), because: error)
                    throw error
                }
                reply = self.reply(to: .queueFull(flight: flight), flight)
            }
        }
        try check()
        return false
    }

    /// How often the producer may be told of one shard's partition.
    private static let countsMax = 20

    /// Waits until the producer hears of a partition that was counted: the node that it asked may be behind.
    private func hears(of partition: Int32) -> Bool {
        let deadline = Clock.steadyMs + 30_000
        while Clock.steadyMs < deadline, !stop.wait(milliseconds: 100) {
            let count = try? producer.partitionCount(of: topics.shards, timeoutMs: 5_000)
            if count ?? 0 > Int(partition) { return true }
        }
        return false
    }

    /// Tells the machine, and waits for what is to become of the flight.
    private func reply(to event: IngestEvent, _ flight: UInt64) -> Reply {
        let replies = ActionQueue<Reply>()
        state.withLock { $0.replies[flight] = replies }
        tell(event)
        while true {
            if let reply = replies.take(milliseconds: 1_000).first { return reply }
        }
    }

    /// Takes over what a stream has seen of its pictures.
    func note(_ pictures: PictureTally) {
        state.withLock { state in
            state.summary.picturesSeen += pictures.seen
            state.summary.picturesWide += pictures.wide
            state.summary.picturesOriented += pictures.oriented
        }
    }

    func noteUnreadable() { state.withLock { $0.summary.unreadable += 1 } }

    // MARK: What came of it

    var summary: IngestSummary {
        state.withLock { state in
            var summary = state.summary
            let counts = state.machine.counts
            summary.images = counts.images
            summary.shards = counts.shards
            summary.bytes = counts.bytes
            summary.pacedMs = counts.pacedMs
            return summary
        }
    }

    /// Throws the first failure, if there was one.
    func check() throws(KafkaError) {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    // MARK: Threads

    /// Takes delivery reports on one thread, and asks the broker on another.
    func run() -> [PlatformThread] {
        [
            PlatformThread("deliveries") { [self] in takeDeliveries() },
            PlatformThread("pacer") { [self] in askBroker() },
        ]
    }

    /// Waits until everything sent is confirmed, or nobody waits for it any more. No stream may send from now on.
    func finish(_ threads: [PlatformThread]) {
        tell(.closed)
        for thread in threads { thread.join() }
    }

    private func takeDeliveries() {
        while !ended.isSet {
            let deliveries = producer.poll(timeoutMs: 20)
            for delivery in deliveries {
                if let error = delivery.error {
                    tell(.deliveryFailed(flight: delivery.tag, "\(error)"), because: error)
                } else {
                    tell(.delivered(flight: delivery.tag, offset: delivery.offset))
                }
            }
            if !deliveries.isEmpty { tell(.roomAgain) }
            tell(stop.isSet ? .stop : .tick)
        }
    }

    private func askBroker() {
        while !ended.isSet {
            for question in asking.take(milliseconds: 50) where !ended.isSet {
                tell(answer(to: question) ?? .noAnswer(question))
            }
        }
        _ = reader.close()
    }

    private func answer(to question: IngestQuestion) -> IngestEvent? {
        switch question {
        case .committed:
            guard let saved = try? reader.committed(partitions, timeoutMs: 5_000) else { return nil }
            let offsets = saved.compactMap { partition, saved in
                saved.offset.map { (partition.partition, $0) }
            }
            return .committed(Dictionary(uniqueKeysWithValues: offsets))
        case .end(let partition):
            let end = try? reader.watermarks(partitions[Int(partition)], timeoutMs: 5_000).high
            return end.map { .end($0, partition: partition) }
        }
    }

    private func tell(_ event: IngestEvent, because error: KafkaError? = nil) {
        state.withLock { state in
            let actions = state.machine.handle(event, at: .now)
            if let text = state.machine.failure, state.failure == nil {
                state.failure = error ?? KafkaError(code: KafkaError.Code.timedOut, doing: "", detail: text)
            }
            for action in actions {
                switch action {
                case .send(let flight, let partition):
                    state.replies.removeValue(forKey: flight)?.append([.send(partition: partition)])
                case .giveUp(let flight): state.replies.removeValue(forKey: flight)?.append([.giveUp])
                // Its stream waits for one of the above.
                case .wait: break
                case .ask(let question): asking.append([question])
                case .done, .failed: ended.set()
                }
            }
        }
    }
}

extension Moment {
    /// This moment by the machine's clocks.
    static var now: Moment { Moment(steadyMs: Clock.steadyMs, wallMs: Clock.wallMs) }
}

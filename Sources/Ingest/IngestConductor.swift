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

    let outlet: ShardOutlet
    let reader: KafkaConsumer
    let topics: TopicNames
    /// Ends all reading.
    let stop: Signal
    /// Somebody wants the end, and soon.
    let asked: Signal
    private let say: @Sendable (String) -> Void
    private let state: Mutex<State>
    /// For the thread that asks the broker.
    let asking = ActionQueue<IngestQuestion>()
    /// Set when the machine has ended.
    let ended: Signal

    /// Connects, and asks where the partitions stand, as long as there is patience.
    ///
    /// - Parameters:
    ///   - stop: Ends all reading; set here too when sending fails. What was sent is still confirmed while the broker
    ///     confirms anything.
    ///   - asked: Set, besides, when somebody wants the end: then what was sent is confirmed for a few seconds at most.
    ///   - say: Takes lines for people; called on any thread.
    init(
        _ options: IngestOptions, partitions count: Int, stop: Signal, asked: Signal,
        say: @escaping @Sendable (String) -> Void
    ) throws(KafkaError) {
        let ended = Signal()
        self.ended = ended
        topics = options.topics
        self.stop = stop
        self.asked = asked
        self.say = say
        reader = try KafkaConsumer(
            options.kafka, groupID: topics.workerGroup, options: ConsumerOptions(offsetReset: .error))
        let (reader, partitions) = (reader, Self.partitions(0..<Int32(clamping: count), topics))
        let patience = options.patience.until(stop)
        let committed = try patience.wait(for: "the committed offsets of group \(topics.workerGroup)") {
            timeoutMs throws(KafkaError) in
            try reader.committed(partitions, timeoutMs: timeoutMs)
        }
        var starts: [(committed: Int64, end: Int64)] = []
        for partition in partitions {
            // Every answer may be slow, and there may be many.
            guard !patience.isStopped else {
                throw KafkaError(
                    code: KafkaError.Code.timedOut,
                    doing: "cannot ask where the partitions of \(topics.shards) stand",
                    detail: "stopped")
            }
            let marks = try patience.wait(for: "the leaders of topic \(topics.shards)") {
                timeoutMs throws(KafkaError) in
                try reader.watermarks(partition, timeoutMs: timeoutMs)
            }
            // Without a bound nobody reads the meter; with one, what is there already counts.
            starts.append(Self.start(committed[partition]?.offset, marks))
        }
        var settings = IngestSettings(
            backlogBytesMax: options.backlogBytesMax, recordBytesMax: options.recordBytesMax)
        settings.endMs = options.stopMs
        state = Mutex(State(machine: IngestMachine(settings, partitions: starts, at: .now)))
        let begins = starts.enumerated().map { (Int32(clamping: $0.offset), $0.element.end) }
        let outlet = try ShardOutlet(
            options, begins: Dictionary(uniqueKeysWithValues: begins), until: ended, say: say)
        self.outlet = outlet
        // Until it has heard of the topic, it refuses nothing and reports what has no partition too late.
        let shards = options.topics.shards
        _ = try patience.wait(for: "the partitions of topic \(shards)", mayBeUnheard: true) {
            timeoutMs throws(KafkaError) in
            try outlet.partitionCount(timeoutMs: timeoutMs)
        }
    }

    // MARK: Streams

    /// Sends one shard to the first partition with room, from `turn` on. Blocks while there is none.
    ///
    /// - Parameters:
    ///   - stream: The name of its stream.
    ///   - number: The number of its stream, from 0.
    /// - Returns: `false` if it was stopped first, or failed: nothing that follows may be sent.
    func send(_ shard: ShardPacker.Encoded, stream: String, number: Int, turn: Int) -> Bool {
        let flight = state.withLock { state in
            state.flights += 1
            return state.flights
        }
        let bytes = shard.bytes.count + ShardPacker.recordOverheadBytes
        let origin = IngestOrigin(stream: number, name: stream, image: shard.firstImage)
        var reply = reply(
            to: .offered(flight: flight, bytes: bytes, images: shard.images, first: turn, from: origin),
            flight
        )
        var counts = 0
        while case .send(let partition) = reply {
            do throws(KafkaError) {
                try outlet.produce(
                    flight, UnansweredShard(partition: partition, stream: stream, bytes: shard.bytes))
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
                    return false
                }
                reply = self.reply(to: .queueFull(flight: flight), flight)
            }
        }
        return false
    }

    /// How often the producer may be told of one shard's partition.
    private static let countsMax = 20

    /// Waits until the producer hears of a partition that was counted: the node that it asked may be behind.
    private func hears(of partition: Int32) -> Bool {
        let deadline = Clock.steadyMs + 30_000
        while Clock.steadyMs < deadline, !stop.wait(milliseconds: 100) {
            let count = try? outlet.partitionCount(timeoutMs: 1_000)
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

    /// Takes note of images that were read and will never be sent.
    func noteUnsent(_ images: Int) {
        if images > 0 { tell(.unsent(images: images)) }
    }

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

    /// What is confirmed by now and what is not, and from which image on to send again.
    var account: IngestAccount { state.withLock { $0.machine.account } }

    /// How many partitions are used.
    var partitionCount: Int { state.withLock { $0.machine.partitionCount } }

    /// Whether nothing is waited for any more.
    var hasEnded: Bool { ended.isSet }

    /// Throws the first failure, if there was one, with the account.
    ///
    /// - Throws: ``IngestStopped`` if somebody had asked for the end before it failed, or nothing failed and not all is
    ///   confirmed; else `KafkaError`.
    func check() throws {
        let (failure, isStop, account) = state.withLock { state in
            (state.failure, state.machine.failedAfterStop, state.machine.account)
        }
        guard let failure else {
            // A stream that was no longer waited for has brought what it had read.
            guard account.isComplete else {
                throw IngestStopped(description: "stopped: what was read last was not sent; \(account)")
            }
            return
        }
        if isStop { throw IngestStopped(description: "\(failure.message); \(account)") }
        throw account.isComplete ? failure : failure.adding("\(account)")
    }

    /// Tells the machine, and has its actions carried out.
    func tell(_ event: IngestEvent, because error: KafkaError? = nil) {
        let lines = state.withLock { state -> [String] in
            var lines: [String] = []
            let actions = state.machine.handle(event, at: .now)
            if let text = state.machine.failure, state.failure == nil {
                state.failure = error ?? KafkaError(code: KafkaError.Code.timedOut, doing: "", detail: text)
                // A stream that waits for its source offers nothing, and would not hear of it.
                stop.set()
            }
            for action in actions {
                switch action {
                case .send(let flight, let partition):
                    state.replies.removeValue(forKey: flight)?.append([.send(partition: partition)])
                case .giveUp(let flight): state.replies.removeValue(forKey: flight)?.append([.giveUp])
                // Its stream waits for one of the above.
                case .wait: break
                case .ask(let question): asking.append([question])
                case .say(let line): lines.append(line)
                case .done, .failed: ended.set()
                }
            }
            return lines
        }
        // Whoever takes them may be slow.
        for line in lines { say("ingest: \(line)") }
    }
}

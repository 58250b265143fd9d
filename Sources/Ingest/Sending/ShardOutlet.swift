internal import Kafka
internal import PipelineMessages
internal import Synchronization
internal import Threads

/// The producer of all streams, which is made anew when the client library has lost count of what it sent.
///
/// Before 2.3.0 librdkafka does so when a node is cut off from its peers (``/Kafka/SequenceFault``): that producer writes nothing any
/// more, and nobody says whether what was on its way was written. So a record is kept until it is answered. Then the partitions
/// are read (``ShardSearch``), and what is not there is written by a new producer. No stream is told anything: its shard is on its way.
/// What is not excluded is said in decision 0003.
final class ShardOutlet: Sendable {
    /// What became of a record.
    enum Answer: Sendable {
        /// It is there; at this offset, where the broker has said.
        case delivered(flight: UInt64, offset: Int64?)
        /// It is not, and will not be.
        case failed(flight: UInt64, KafkaError)
    }

    private struct State {
        var producer: KafkaProducer
        var open: [UInt64: UnansweredShard] = [:]
        /// Below these offsets there is nothing of what is open.
        var begins: [Int32: Int64]
        /// Streams that are handing a record over.
        var calls = 0
        var isBeingRenewed = false
        /// What was found out while it was.
        var answers: [Answer] = []
        /// Renewals since the last confirmation.
        var renewals = 0
        /// Whether a search was given up: the fault is an error for everybody from then on.
        var hasGivenUp = false
    }

    private let options: IngestOptions
    private let ended: Signal
    private let say: @Sendable (String) -> Void
    private let state: Mutex<State>

    /// Renewals without a confirmation between them; then the fault is an error.
    private static let renewalsMax = 5
    /// A request that was on its way is taken up within this time, or never, milliseconds.
    private static let settleMs: Int64 = 2_000
    /// Longest search, milliseconds; then the fault is an error.
    private static let searchMs: Int64 = 90_000

    /// Connects on first use.
    ///
    /// - Parameters:
    ///   - begins: Where the partitions end now.
    ///   - ended: Set when nothing is waited for any more.
    ///   - say: Takes lines for people; called on any thread.
    init(
        _ options: IngestOptions, begins: [Int32: Int64], until ended: Signal,
        say: @escaping @Sendable (String) -> Void
    ) throws(KafkaError) {
        self.options = options
        self.ended = ended
        self.say = say
        state = Mutex(
            State(
                producer: try KafkaProducer(options.kafka, options: options.producer), begins: begins))
    }

    /// Asks how many partitions the shard topic has; the producer learns of them.
    func partitionCount(timeoutMs: Int32) throws(KafkaError) -> Int {
        try state.withLock { $0.producer }.partitionCount(of: options.topics.shards, timeoutMs: timeoutMs)
    }

    /// Hands a record over. Blocks while the producer is made anew.
    ///
    /// - Throws: ``/Kafka/KafkaError``, with no answer to follow.
    func produce(_ flight: UInt64, _ record: UnansweredShard) throws(KafkaError) {
        while true {
            let producer = state.withLock { state -> KafkaProducer? in
                guard !state.isBeingRenewed else { return nil }
                state.calls += 1
                state.open[flight] = record
                return state.producer
            }
            guard let producer else {
                guard !ended.wait(milliseconds: 20) else {
                    throw KafkaError(code: KafkaError.Code.timedOut, doing: "cannot send", detail: "it ends")
                }
                continue
            }
            do throws(KafkaError) {
                try Self.produce(flight, record, options.topics.shards, by: producer)
                state.withLock { $0.calls -= 1 }
                return
            } catch {
                state.withLock { state in
                    state.calls -= 1
                    state.open[flight] = nil
                }
                guard Self.hasLostCount(producer), renew(producer) else { throw error }
            }
        }
    }

    /// Takes the answers that are known, waiting for at least one.
    func poll(timeoutMs: Int32) -> [Answer] {
        let (producer, known) = state.withLock { state in
            defer { state.answers = [] }
            return (state.isBeingRenewed ? nil : state.producer, state.answers)
        }
        guard let producer else {
            _ = ended.wait(milliseconds: Int64(timeoutMs))
            return known
        }
        let deliveries = producer.poll(timeoutMs: known.isEmpty ? timeoutMs : 0)
        // Before it is made anew: what is confirmed is not looked for.
        let answers = known + deliveries.filter { $0.error == nil }.map { answer(to: $0) }
        let failures = deliveries.filter { $0.error != nil }
        // What has made it useless is the reason of every other failure.
        if !failures.isEmpty, Self.hasLostCount(producer), renew(producer) { return answers }
        return answers + failures.map { answer(to: $0) }
    }

    private func answer(to delivery: Delivery) -> Answer {
        if let error = delivery.error {
            state.withLock { $0.open[delivery.tag] = nil }
            return .failed(flight: delivery.tag, error)
        }
        state.withLock { state in
            state.open[delivery.tag] = nil
            state.renewals = 0
            if let offset = delivery.offset {
                state.begins[delivery.partition] = max(state.begins[delivery.partition] ?? 0, offset + 1)
            }
        }
        return .delivered(flight: delivery.tag, offset: delivery.offset)
    }

    private static func hasLostCount(_ producer: KafkaProducer) -> Bool {
        producer.fatalError?.code == KafkaError.Code.outOfOrderSequence
    }

    static func produce(
        _ flight: UInt64, _ record: UnansweredShard, _ topic: String, by producer: KafkaProducer
    ) throws(KafkaError) {
        try producer.produce(
            topic: topic, partition: record.partition, key: Array(record.stream.utf8), value: record.bytes,
            headers: [
                (ShardTopicKind.header, Array(ShardTopicKind.shard.rawValue.utf8)),
                ("content-type", Array("application/vnd.hashiflex.shard".utf8)),
            ], tag: flight)
    }
}

// MARK: Making it anew

extension ShardOutlet {
    /// Sees to it that a producer that has lost count is replaced; returns whether it is, or will be.
    private func renew(_ old: KafkaProducer) -> Bool {
        let (isMine, isUnderWay) = state.withLock { state in
            guard !state.isBeingRenewed, state.producer === old else { return (false, true) }
            guard state.renewals < Self.renewalsMax, !state.hasGivenUp else { return (false, false) }
            state.renewals += 1
            state.isBeingRenewed = true
            return (true, true)
        }
        guard isMine else { return isUnderWay }
        _ = PlatformThread("renewal") { [self] in replace() }
        return true
    }

    /// Looks up what is open, writes what is not there, and lets the streams go on.
    private func replace() {
        let (open, begins, reason) = waitForStreams()
        say(
            "ingest: the client library lost count of what it sent; \(open.count) shards that nobody confirmed are looked up, "
                + "and a new producer goes on: \(reason?.message ?? "")")
        let deadlineMs = Clock.steadyMs + Self.searchMs
        do throws(KafkaError) {
            var search = ShardSearch(options, begins: begins)
            let kafka = try search.asking(until: ended, deadlineMs: deadlineMs)
            let new = try KafkaProducer(kafka, options: options.producer)
            use(new)
            var found: [UInt64: Int64] = [:]
            // Once more after a while: what was on its way may be taken up still.
            for pauseMs in [Int64(0), Self.settleMs] {
                if pauseMs > 0 { _ = ended.wait(milliseconds: pauseMs) }
                let left = open.filter { found[$0.key] == nil }
                found.merge(try search.find(left, until: ended, deadlineMs: deadlineMs)) { $1 }
            }
            goOn(new, open, found)
        } catch {
            let error = ShardSearch.failure(reason, search: error, shards: options.topics.shards)
            state.withLock { $0.hasGivenUp = true }
            end(open.keys.sorted().map { .failed(flight: $0, error) })
        }
    }

    /// How things stand once nobody is handing a record over: who does is refused it, and takes it back.
    private func waitForStreams() -> ([UInt64: UnansweredShard], [Int32: Int64], KafkaError?) {
        while true {
            // At one moment: what is confirmed in between would be looked for above its offset.
            let (calls, open, begins, reason) = state.withLock { state in
                (state.calls, state.open, state.begins, state.producer.fatalError)
            }
            if calls == 0 { return (open, begins, reason) }
            ended.wait(milliseconds: 5)
        }
    }

    /// The old one ends when this returns, with its connections; outside of the lock.
    private func use(_ new: KafkaProducer) {
        let old = state.withLock { state in
            defer { state.producer = new }
            return state.producer
        }
        _ = old
    }

    private func goOn(_ new: KafkaProducer, _ open: [UInt64: UnansweredShard], _ found: [UInt64: Int64]) {
        var answers = found.map { Answer.delivered(flight: $0.key, offset: $0.value) }
        // The last answers of the old one may have come meanwhile.
        let unanswered = state.withLock { $0.open }
        let left = open.filter { found[$0.key] == nil && unanswered[$0.key] != nil }
        for (flight, record) in left.sorted(by: { $0.key < $1.key }) {
            do throws(KafkaError) {
                try Self.produce(flight, record, options.topics.shards, by: new)
            } catch {
                answers.append(.failed(flight: flight, error))
            }
        }
        say("ingest: \(found.count) of them were there, \(left.count) are written again")
        end(answers)
    }

    private func end(_ answers: [Answer]) {
        state.withLock { state in
            for answer in answers {
                switch answer {
                case .delivered(let flight, let offset):
                    if let offset, let partition = state.open[flight]?.partition {
                        state.begins[partition] = max(state.begins[partition] ?? 0, offset + 1)
                    }
                    state.open[flight] = nil
                case .failed(let flight, _): state.open[flight] = nil
                }
            }
            state.answers += answers
            state.isBeingRenewed = false
        }
    }
}

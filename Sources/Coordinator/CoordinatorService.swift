import FleetMachines
import Kafka
import PipelineMessages
import Synchronization
import Threads

/// The coordinator: switches heads across the fleet and adds up its throughput.
///
/// What it decides stands in ``CoordinatorMachine``; this carries events to it and its actions to the threads that
/// carry them out.
public final class CoordinatorService: Sendable {
    private struct State {
        var machine: CoordinatorMachine
        var followers: TermFollowers?
        var failure: KafkaError?

        /// The first failure is the cause.
        mutating func fail(_ error: KafkaError) { failure = failure ?? error }
    }

    private let options: CoordinatorOptions
    private let lines: LineLimiter
    private let stop = Signal()
    /// What the errand thread has to do.
    private let errands = ActionQueue<CoordinatorAction>()
    /// What the reporting thread has to do.
    private let reports = ActionQueue<CoordinatorAction>()
    /// For the thread that asks all nodes.
    private let endQuestions = ActionQueue<[PartitionOffset]>()
    private let state: Mutex<State>
    /// The nodes' addresses, and at which of them a reader that was stuck begins.
    private let nodes = Mutex<(addresses: [String], turns: NodeTurns)>(([], NodeTurns()))

    /// A coordinator that says what matters through `log`.
    public init(_ options: CoordinatorOptions, log: @escaping @Sendable (String) -> Void) {
        self.options = options
        lines = LineLimiter(linesPerPeriod: 20, write: log)
        state = Mutex(
            State(machine: CoordinatorMachine(CoordinatorSettings(name: options.name, partitions: []))))
    }

    /// Ends the coordinator.
    public func requestStop() { stop.set() }

    /// Runs until stopped. Blocks; call from a thread of its own.
    ///
    /// - Throws: ``KafkaError`` when the broker can not be used at all.
    public func run() throws(KafkaError) {
        let count: Int
        do throws(KafkaError) {
            count = try countPartitions()
        } catch {
            // Told to end while it waited for the broker.
            guard !stop.isSet || !error.mayPass else { return }
            throw error
        }
        var settings = CoordinatorSettings(name: options.name, partitions: (0..<Int32(count)).map { $0 })
        settings.livenessMs = options.livenessMs
        settings.heartbeatMs = options.heartbeatMs
        if let bytes = options.offsetBytesMax { settings.offsetBytesMax = bytes }
        if options.keepsPositions { settings.topic = options.topics.shards }
        let machine = CoordinatorMachine(settings)
        state.withLock { $0.machine = machine }
        let errandRunner = try ErrandRunner(options, until: stop) { [self] in tell($0) }
        let reporter = try FleetReporter(options, until: stop) { [self] in
            tell($0, term: $1)
        } onFailure: { [self] in
            fail($0)
        }
        let standby = Standby(options) { [lines] in lines.say($0) }
        let leadership = try Leadership(
            options,
            onChange: { [self] leads in
                if leads { standby.end() }
                tell(.leads(leads))
            }, onStandby: { standby.begin() }, onFailure: { [self] in fail($0) },
            say: { [self] in lines.say($0) })
        let ends = try ControlEnds(options, questions: endQuestions) { [self] in
            tell($0, term: $1)
        } onNodes: { [self] addresses in
            nodes.withLock { $0.addresses = addresses }
        }
        let threads = [
            leadership.run(until: stop),
            ends.run(until: stop) { [self] in state.withLock { $0.machine.leadingTerm } },
            errandRunner.run(errands),
            reporter.run(reports) { [self] in
                state.withLock { $0.machine.live(at: .now) }
            },
        ]
        while !stop.wait(milliseconds: 20) {
            tell(.tick)
            lines.tellOverdue()
        }
        for thread in threads { thread.join() }
        standby.end()
        state.withLock { $0.followers.take() }?.stop()
        lines.settle()
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// Partitions of the shard topic.
    private func countPartitions() throws(KafkaError) -> Int {
        let admin = try KafkaAdmin(options.kafka)
        let shards = options.topics.shards
        return try options.patience.until(stop).wait(
            for: "the partitions of \(shards)", mayBeUnheard: true
        ) { timeoutMs throws(KafkaError) in
            let listed = try admin.metadata(timeoutMs: timeoutMs).topics
            // The embedded broker hides nothing, and would create what it is asked for by name.
            guard listed[shards] == nil, listed[TopicNames.embeddedBrokerSign] != nil else {
                return try admin.partitionCount(of: shards, timeoutMs: timeoutMs)
            }
            throw KafkaError(
                code: KafkaError.Code.unknownTopicOrPartition, doing: "cannot coordinate",
                detail: "topic \(shards) does not exist; run hashiflex topics create")
        }
    }

    /// Ends the coordinator: it can not do its work.
    private func fail(_ error: KafkaError) {
        state.withLock { $0.fail(error) }
        stop.set()
    }

    /// Tells the machine what happened and hands its actions on, in order.
    private func tell(_ event: CoordinatorEvent, term: Int? = nil) {
        var ended: TermFollowers?
        let said = state.withLock { state -> [String] in
            var said: [String] = []
            for action in state.machine.handle(event, term: term, at: .now) {
                switch action {
                case .follow(let term):
                    ended = state.followers.take()
                    var options = options
                    // Who reads anew may have read at a node that is cut off: now it begins at another one.
                    if ended != nil {
                        options.kafka =
                            nodes.withLock { $0.turns.next(options.kafka, of: $0.addresses) } ?? options.kafka
                    }
                    state.followers = TermFollowers(options, term: term, lines: lines) { [self] in
                        tell($0, term: term)
                    } onFailure: { [self] in
                        fail($0)
                    }
                case .countReceipts(let offsets, _): state.followers?.countReceipts(from: offsets)
                case .rest: ended = state.followers.take()
                case .askPositions, .countPartitions, .askOffsetRoom, .beat, .note: reports.append([action])
                case .findEnds, .findMarkers, .writeMarkers, .write, .checkTopic, .writeMoves:
                    errands.append([action])
                case .askEnds(let wanted): endQuestions.append([wanted])
                case .say(let line): said.append(line)
                case .failed(let text):
                    state.fail(
                        KafkaError(code: KafkaError.Code.fatal, doing: "", detail: text, isFatal: true))
                    stop.set()
                }
            }
            return said
        }
        for line in said { lines.say(line, kind: String(line.prefix { $0 != " " })) }
        // Not waited for: this may be one of its own threads.
        ended?.requestStop()
    }
}

extension Moment {
    /// This moment by the machine's clocks.
    static var now: Moment { Moment(steadyMs: Clock.steadyMs, wallMs: Clock.wallMs) }
}

extension CallFailure {
    /// What a failed call means to the machine.
    init(_ error: KafkaError) { self.init(error.isFatal ? .fatal : .retriable, "\(error)") }
}

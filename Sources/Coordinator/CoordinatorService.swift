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
    }

    private let options: CoordinatorOptions
    private let log: @Sendable (String) -> Void
    private let stop = Signal()
    /// What the errand thread has to do.
    private let errands = ActionQueue<CoordinatorAction>()
    /// What the reporting thread has to do.
    private let reports = ActionQueue<CoordinatorAction>()
    private let state: Mutex<State>

    /// A coordinator that says what matters through `log`.
    public init(_ options: CoordinatorOptions, log: @escaping @Sendable (String) -> Void) {
        self.options = options
        self.log = log
        state = Mutex(
            State(machine: CoordinatorMachine(CoordinatorSettings(name: options.name, partitions: []))))
    }

    /// Ends the coordinator.
    public func requestStop() { stop.set() }

    /// Runs until stopped. Blocks; call from a thread of its own.
    ///
    /// - Throws: ``KafkaError`` when the broker can not be used at all.
    public func run() throws(KafkaError) {
        let cluster = try KafkaAdmin(options.kafka).metadata(timeoutMs: 15_000)
        let count = cluster.topics[options.topics.shards]?.partitions.count ?? 0
        guard count > 0 else {
            throw KafkaError(
                code: KafkaError.Code.unknownTopicOrPartition,
                doing: "cannot coordinate",
                detail: "topic \(options.topics.shards) does not exist; run hashiflex topics create")
        }
        var settings = CoordinatorSettings(name: options.name, partitions: (0..<Int32(count)).map { $0 })
        settings.livenessMs = options.livenessMs
        settings.heartbeatMs = options.heartbeatMs
        let machine = CoordinatorMachine(settings)
        state.withLock { $0.machine = machine }
        let errandRunner = try ErrandRunner(options) { [self] in tell($0) }
        let reporter = try FleetReporter(options, partitions: settings.partitions) { [self] in
            tell($0, term: $1)
        }
        let leadership = try Leadership(options) { [self] in tell(.leads($0)) }
        let threads = [
            leadership.run(until: stop, log: log), errandRunner.run(errands, until: stop),
            reporter.run(reports, until: stop) { [self] in
                state.withLock { $0.machine.live(at: .now) }
            },
        ]
        while !stop.wait(milliseconds: 20) { tell(.tick) }
        for thread in threads { thread.join() }
        state.withLock { $0.followers.take() }?.stop()
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// Tells the machine what happened and hands its actions on, in order.
    private func tell(_ event: CoordinatorEvent, term: Int? = nil) {
        var ended: TermFollowers?
        let lines = state.withLock { state -> [String] in
            var lines: [String] = []
            for action in state.machine.handle(event, term: term, at: .now) {
                switch action {
                case .follow(let term):
                    ended = state.followers.take()
                    state.followers = TermFollowers(options, term: term, log: log) { [self] in
                        tell($0, term: term)
                    }
                case .countReceipts(let offsets, _): state.followers?.countReceipts(from: offsets)
                case .rest: ended = state.followers.take()
                case .askPositions, .beat: reports.append([action])
                case .findEnds, .findMarkers, .writeMarkers, .write: errands.append([action])
                case .say(let line): lines.append(line)
                case .failed(let text):
                    state.failure =
                        state.failure
                        ?? KafkaError(code: KafkaError.Code.fatal, doing: "", detail: text, isFatal: true)
                    stop.set()
                }
            }
            return lines
        }
        for line in lines { log(line) }
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

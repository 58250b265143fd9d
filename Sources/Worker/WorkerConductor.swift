internal import Artifacts
internal import ClassifierHead
internal import FleetMachines
internal import Kafka
internal import PipelineMessages
internal import Synchronization
internal import Threads

/// The machine as this program runs it.
typealias Machine = WorkerMachine<KafkaMessage, ScoredShard>

/// Carries events to the machine, one at a time, and its actions to the threads that carry them out.
///
/// Every thread tells what happened to it by ``tell(_:)`` and takes what it has to do from its queue; no thread knows of
/// another. Actions reach their queue in the order in which the machine asked for them.
final class WorkerConductor: Sendable {
    private struct State {
        var machine: Machine
        /// The loaded heads: those that the machine calls ready, and no others.
        var heads: [ContentDigest: LoadedHead] = [:]
        let frozen: LoadedHead?
    }

    /// What stands in one bit each.
    private enum Glance {
        static let polls: UInt8 = 1
        static let ownsNothing: UInt8 = 2
        static let hasFlights: UInt8 = 4

        static func of(_ machine: borrowing Machine) -> UInt8 {
            (machine.wantsPoll ? polls : 0) | (machine.ownsNothing ? ownsNothing : 0)
                | (machine.hasFlights ? hasFlights : 0)
        }
    }

    /// What can be done to the broker's reading side.
    enum Reading: Sendable {
        case fetchPositions([Int32], generation: Int)
        case countAnswers
        case assign([(partition: Int32, offset: Int64)], generation: Int)
        case unassign
        case leaveGroup
        case joinGroup
        case pause([Int32])
        case resume([Int32])
        case submit(ShardTask)
    }

    /// What the control topic is asked.
    enum Asking: Sendable {
        case head(ContentDigest)
        case reopen
    }

    /// What is asked beside the reading.
    enum Question: Sendable {
        /// Where the control topic ends, by way of these nodes.
        case end(serial: Int, nodes: Set<Int32>)
        /// Whether the leaders that these partitions need in a role are there.
        case leaders([Int32], LeaderRole)
    }

    private let state: Mutex<State>
    /// What threads look at again and again, as the machine is after what it was told last: nobody waits for its lock to see that.
    private let glance = Atomic<UInt8>(0)
    /// For the thread that polls the broker.
    let reading = ActionQueue<Reading>()
    /// For the thread that writes to the broker.
    let writing = ActionQueue<Machine.Action>()
    /// For the thread that follows the control topic.
    let asking = ActionQueue<Asking>()
    /// For the thread that asks where the control topic ends, and whether leaders are there.
    let questions = ActionQueue<Question>()
    /// Set when the machine has ended.
    let ended = Signal()
    private let failure = Mutex<String?>(nil)
    /// Takes a line for people.
    let say: @Sendable (String) -> Void

    init(_ options: WorkerOptions, say: @escaping @Sendable (String) -> Void) {
        var settings = WorkerSettings()
        settings.group = options.topics.workerGroup
        settings.isExactlyOnce = options.delivery == .exactlyOnce
        settings.commitIntervalMs = options.commitIntervalMs
        settings.unscoredMax = options.shardsInFlightMax
        settings.heldMax = 64 + 8 * options.shardsInFlightMax
        settings.headBytesMax = options.headBytesMax
        settings.sessionMs = Int64(options.sessionTimeoutMs)
        let loader = HeadLoader(options)
        settings.frozenHead = options.frozenHead.map { HeadStamp(frozen: $0.head.digest, label: $0.label) }
        settings.frozenRefusal = loader.frozenRefusal
        let machine = Machine(settings)
        glance.store(Glance.of(machine), ordering: .releasing)
        state = Mutex(State(machine: machine, frozen: loader.frozen))
        self.say = say
    }

    /// Why the worker could not go on.
    var failureText: String? { failure.withLock { $0 } }

    /// Tells the machine what happened; `head` becomes one of the loaded ones first.
    func tell(_ event: Machine.Event, installing head: LoadedHead? = nil) {
        let lines = state.withLock { state -> [String] in
            if let head { state.heads[head.digest] = head }
            let polled = wantsPoll
            let lines = route(state.machine.handle(event, at: .now), &state)
            // After the actions: whoever sees it finds them.
            glance.store(Glance.of(state.machine), ordering: .releasing)
            if !polled, wantsPoll { reading.poke() }
            return lines
        }
        for line in lines { say(line) }
    }

    /// Says what people should know and the machine need not.
    func tellPeople(_ line: String) { say(line) }

    /// Whether the broker should be polled now.
    var wantsPoll: Bool { sees(Glance.polls) }

    /// Whether no partition is owned, and nothing of one is left to do.
    var ownsNothing: Bool { sees(Glance.ownsNothing) }

    /// Whether records are on their way to the broker.
    var hasFlights: Bool { sees(Glance.hasFlights) }

    private func sees(_ bit: UInt8) -> Bool { glance.load(ordering: .acquiring) & bit != 0 }

    /// Looks at the machine.
    func look<Result>(_ body: (Machine) -> Result) -> Result { state.withLock { body($0.machine) } }

    private func route(_ actions: [Machine.Action], _ state: inout State) -> [String] {
        var lines: [String] = []
        var toRead: [Reading] = []
        var toWrite: [Machine.Action] = []
        var toAsk: [Asking] = []
        for action in actions {
            switch action {
            case .fetchPositions(let partitions, let generation):
                toRead.append(.fetchPositions(partitions, generation: generation))
            case .countAnswers: toRead.append(.countAnswers)
            case .assign(let starts, let generation): toRead.append(.assign(starts, generation: generation))
            case .unassign: toRead.append(.unassign)
            case .leaveGroup: toRead.append(.leaveGroup)
            case .joinGroup: toRead.append(.joinGroup)
            case .pause(let partitions): toRead.append(.pause(partitions))
            case .resume(let partitions): toRead.append(.resume(partitions))
            case .submit(let ticket, let message, let stream, let stamp):
                // The machine names only heads that it called ready, and unloads in the same order.
                guard let loaded = stamp.cutover == nil ? state.frozen : state.heads[stamp.head] else {
                    preconditionFailure("head \(stamp.head) was submitted to and is not loaded")
                }
                toRead.append(
                    .submit(
                        ShardTask(
                            ticket: ticket, message: message, stream: stream, stamp: stamp, loaded: loaded,
                            receivedNs: Clock.steadyNs)))
            case .publish, .commit, .beginTransaction, .sendOffsets, .commitTransaction, .abortTransaction:
                toWrite.append(action)
            case .askControlEnd(let serial, let markers):
                questions.append([.end(serial: serial, nodes: Set(markers.compactMap(\.node)))])
            case .askLeaders(let partitions, let role): questions.append([.leaders(partitions, role)])
            case .fetchHead(let head): toAsk.append(.head(head))
            case .reopenControl: toAsk.append(.reopen)
            case .unloadHead(let head): state.heads[head] = nil
            case .say(let line): lines.append(line)
            case .finished: ended.set()
            case .failed(let text):
                failure.withLock { $0 = text }
                ended.set()
            }
        }
        reading.append(toRead)
        writing.append(toWrite)
        asking.append(toAsk)
        return lines
    }
}

extension Moment {
    /// This moment by the machine's clocks.
    static var now: Moment { Moment(steadyMs: Clock.steadyMs, wallMs: Clock.wallMs) }
}

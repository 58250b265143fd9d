internal import Cutover
internal import PipelineMessages

/// A coordinator without its surroundings: who is ready, what is decided, which markers are missing, what adds up.
/// Pure: an event in, the actions that follow out. No thread, clock, lock or broker.
///
/// It keeps nothing of its own from one term to the next: the control topic, the status topic and the receipts say
/// where everything stands. Leadership only saves work; what makes two that both believe to lead harmless:
///
/// 1. A decision counts when it is read back, and the first one in the control topic wins, whoever wrote it. Each has a
///    key of its own, so that compaction never makes a later one the first.
/// 2. Markers are written only for an announcement that was read back, with its token; a second marker of the same
///    cut-over changes nothing.
/// 3. The offsets of a cut-over are those of the first markers found, not of those written.
package struct CoordinatorMachine: Sendable {
    /// An event that this machine takes.
    package typealias Event = CoordinatorEvent
    /// An action that this machine asks for.
    package typealias Action = CoordinatorAction

    /// One term of leadership.
    struct Term: Sendable {
        var log = ActivationLog()
        var fleet: RolloutStateMachine
        var ledger: ThroughputLedger?
        /// Whether receipts are being read.
        var isCounting = false
        var gate = ReceiptGate()
        var watch = FleetWatch()
        var held = HeldWatch()
        var alarms = AlarmLog()
        var progress = ProgressMemo()
        /// What people have moved, before the ledger is there.
        var moves: [PositionMove] = []
        var positions = PositionWatch()
        var topic = TopicWatch()
        /// The newest demand to start the ledger anew.
        var reset: (record: LedgerReset, offset: Int64)?
        /// Whether it began for that.
        var isForReset = false
        var lastStatus: CoordinatorStatus?
        var hasControl = false
        var hasStatus = false
        let sinceMs: Int64
        /// The decision that was written, until the log shows it; then the time to write it anew.
        var pending: (record: CutoverRecord, untilMs: Int64)?
        /// When the broker had it.
        var writtenAtMs: Int64?
        /// Whether the readers of both topics go on.
        var controlReader = ReaderWatch()
        var statusReader = EchoWatch()
        /// What is being done, and for which record.
        var errand: (serial: Int, record: CutoverRecord)?
        /// Nothing is decided before.
        var retryAtMs: Int64 = 0
        /// A cut-over that was announced for partitions that are not known here, and since when.
        var unknown: (request: String, sinceMs: Int64)?
        /// When partitions are counted next, and when it is looked for some without a head.
        var countAtMs: Int64 = 0
        var additionAtMs: Int64 = 0
        /// When the nodes are asked next what they keep beside an offset.
        var roomAtMs: Int64 = 0
        var beatAtMs: Int64?
        /// When something of the status topic was read last.
        var statusHeardMs: Int64?
        /// When the positions were asked for last, how often, and whether the answer is missing.
        var positionsAtMs: Int64?
        var positionsAsked = 0
        var awaitsPositions = false
    }

    var settings: CoordinatorSettings
    /// The count that was said to be too low.
    var shrunkenTo: Int?
    var termNumber = 0
    var term: Term?
    var errands = 0
    /// How often in a row the status topic was begun anew since nothing of it came.
    var statusReopens = 0
    /// The last commitment that was written, until it was said: whoever else reads it is not the one to say it.
    var unsaid: CutoverRecord?
    var actions: [Action] = []

    /// A coordinator that does not lead.
    package init(_ settings: CoordinatorSettings) { self.settings = settings }

    /// Takes an event of `now`; returns what to do, in order. Events of topics name the term they were read in.
    package mutating func handle(_ event: Event, term number: Int? = nil, at now: Moment) -> [Action] {
        defer { actions.removeAll(keepingCapacity: true) }
        if case .leads(let leads) = event {
            lead(leads, now)
            return actions
        }
        guard term != nil, number == nil || number == termNumber else { return [] }
        take(event, now)
        step(now)
        return actions
    }

    private mutating func lead(_ leads: Bool, _ now: Moment) {
        guard leads != (term != nil) else { return }
        guard leads else {
            term = nil
            actions.append(.say("this coordinator leads no more"))
            actions.append(.rest)
            return
        }
        actions.append(.say("this coordinator leads"))
        begin(now)
    }

    /// Begins a term: everything is read from its beginning. The reset that is the reason is known already.
    mutating func begin(_ now: Moment, for reset: (record: LedgerReset, offset: Int64)? = nil) {
        termNumber += 1
        term = Term(
            fleet: RolloutStateMachine(
                livenessMs: settings.livenessMs, offsetBytesMax: settings.offsetBytesMax),
            sinceMs: now.steadyMs)
        term?.reset = reset
        term?.isForReset = reset != nil
        actions.append(.follow(term: termNumber))
    }

    private mutating func take(_ event: Event, _ now: Moment) {
        switch event {
        case .leads: break
        case .published(let manifest): term?.log.apply(manifest)
        case .unusable(let manifest, let why): actions.append(.say("head \(manifest.label): \(why)"))
        case .cutover(let record, let offset): learned(record, at: offset)
        case .controlCaughtUp: term?.hasControl = true
        case .controlRead(let offset): _ = term?.controlReader.read(below: offset)
        case .controlEnds(let offset): term?.controlReader.ends(at: offset)
        case .worker(let status):
            statusHeard(now)
            observe(status, now)
        case .coordinator(let status):
            statusHeard(now)
            if term?.ledger == nil { term?.lastStatus = status }
        case .beatWritten: term?.statusReader.acknowledged(nowMs: now.steadyMs)
        case .statusCaughtUp: restoreLedger()
        case .receipt(let receipt, let offset): count(receipt, offset)
        case .positions(let saved, let extents, let serial): check(saved, extents, serial, now)
        case .positionsFailed(let failure, let serial): unchecked(failure, serial)
        case .move(let move, let name, let offset): moved(NamedMove(move, name: name), at: offset)
        case .checkpoint(let checkpoint, let offset): noted(checkpoint, at: offset)
        case .partitions(let count): counted(count, now)
        case .offsetRoom(let bytes, let isWhole): learned(offsetBytes: bytes, isWhole: isWhole)
        case .heldBack(let held):
            for line in term?.held.learn(held) ?? [] { actions.append(.say(line)) }
        case .endsTold(let ends, let wanted): term?.topic.told(ends, wanted: wanted)
        case .ledgerReset(let record, let offset): reset(record, offset, now)
        case .ends(let ends, let token, let errand): announced(ends, token, errand, now)
        case .markers(let found, let errand): searched(found, errand, now)
        case .topicChecked(let anew, let errand): topicChecked(anew, errand, now)
        case .written(let errand): done(errand, now)
        case .errandFailed(let failure, let errand): failed(failure, errand, now)
        case .tick: break
        }
    }

    private mutating func statusHeard(_ now: Moment) {
        term?.statusReader.heard()
        term?.statusHeardMs = now.steadyMs
    }

    private mutating func step(_ now: Moment) {
        // Who can not read the status topic leads all the same, with those that it hears of.
        if term?.hasStatus == false, let sinceMs = term?.sinceMs, now.steadyMs - sinceMs >= settings.catchUpMs
        {
            term?.hasStatus = true
            term?.fleet.doubt(nowMs: now.steadyMs)
        }
        term?.fleet.looked(nowMs: now.steadyMs)
        decide(now)
        askPositions(now)
        countPartitions(now)
        askOffsetRoom(now)
        report(now)
        watchReaders(now)
    }

    /// The number of the present term, or `nil`.
    package var leadingTerm: Int? { term == nil ? nil : termNumber }
}

/// What a coordinator is told at its start.
package struct CoordinatorSettings: Sendable {
    /// Name of the coordinator, for people.
    package var name: String
    /// The partitions of the shard topic, as far as they are known: those that are added are found.
    package var partitions: [Int32]
    /// A worker counts as live for this long after its last heartbeat, milliseconds.
    package var livenessMs: Int64 = 5_000
    /// A reader of the control topic that stands still for so long although there is more is stuck, milliseconds; one of
    /// heartbeats after twice that, or ``livenessMs`` where that is longer.
    package var stuckMs: Int64 = 5_000
    /// Time between heartbeats, milliseconds.
    package var heartbeatMs: Int64 = 1_000
    /// Time until an errand that failed is tried again, milliseconds.
    package var retryMs: Int64 = 500
    /// Time until a decision that is not read back is written again, milliseconds.
    package var readBackMs: Int64 = 30_000
    /// Time between questions for what the workers' group has committed, milliseconds; a quarter while receipts wait.
    package var positionsMs: Int64 = 1_000
    /// The shard topic; empty where positions are not noted down.
    package var topic = ""
    /// Receipts that were refused count when their shards turn up within this time, milliseconds: who told where a partition ends may
    /// have been behind.
    package var doubtMs: Int64 = 120_000
    /// When a partition ends below where the workers stood for so long, all nodes are asked where it ends, and so long later again,
    /// milliseconds.
    package var strangeMs: Int64 = 10_000
    /// Least time between two notes of where a partition stands while it moves, milliseconds, for each 64 partitions.
    package var checkpointMs: Int64 = 60_000
    /// Time between counts of the shard topic's partitions, milliseconds.
    package var partitionsMs: Int64 = 10_000
    /// Time between questions for what the brokers keep beside an offset, milliseconds.
    package var offsetRoomMs: Int64 = 300_000
    /// An announced cut-over waits so long for partitions that nobody knows of, milliseconds; then they are left out.
    package var unknownMs: Int64 = 5_000
    /// What the broker keeps beside a committed offset, bytes, as far as it is known.
    package var offsetBytesMax = PartitionProgress.textBytesMax
    /// Longest wait for what the status topic says of the past, milliseconds.
    package var catchUpMs: Int64 = 15_000

    /// Settings with their defaults.
    package init(name: String, partitions: [Int32]) {
        self.name = name
        self.partitions = partitions
    }
}

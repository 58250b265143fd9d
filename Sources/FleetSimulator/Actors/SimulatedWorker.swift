internal import Artifacts
internal import FleetMachines
internal import PipelineMessages

/// A record as a simulated worker holds it.
struct SimulatedMessage: Sendable {
    let partition: Int32
    let offset: Int64
}

/// What scored a shard.
struct SimulatedScores: Sendable {
    let stamp: HeadStamp
}

/// A worker process: the shipped machine, and hands that do what it asks as slowly and badly as a network allows.
final class SimulatedWorker: SimulatedProcess {
    typealias Machine = WorkerMachine<SimulatedMessage, SimulatedScores>

    enum GroupNews { case assigned([Int32]), revoked(lost: Bool) }

    var machine = Machine(WorkerSettings())
    private var bornMs: Int64 = 0
    /// Where the control topic ended when it began to read it.
    private(set) var bornAtControl: Int64 = 0

    // The client's side of the group.
    var membership: SimulatedMembership?
    var memberID: Int?
    var groupNews: [GroupNews] = []
    /// Whether the machine owes the group an answer.
    var isGivingBack = false
    var hasSubscribed = false
    /// Whether it has left the group of its own accord.
    var isAway = false
    /// Partitions that it can not read from their leader, until when.
    private var deafUntilMs: [Int32: Int64] = [:]
    /// Partitions whose answers it can not write to their leader, until when.
    private var muteUntilMs: [Int32: Int64] = [:]
    /// When the group answered last.
    var heardMs: Int64 = 0
    var latest: SimulatedMembership?
    var memberships: [Int: SimulatedMembership] = [:]
    var fetching: [Int32: Int64] = [:]
    /// The generation that is read for.
    var assigned = 0
    /// Since when partitions rest.
    var resting: [Int32: Int64] = [:]

    // The hands.
    var reading: [Machine.Action] = []
    var writing: [Machine.Action] = []
    var isReaderBusy = false
    var isWriterBusy = false
    var appendedAtMs: Int64 = 0
    var controlPosition: Int64 = 0
    var hasControl = false
    /// Whether the reader of the control topic brings nothing any more, and no error, until it is replaced.
    var isControlStuck = false
    var producerEpoch = 0
    /// Whether the transactional name has still to be taken over by a new producer.
    var isProducerNew = false
    var transaction: SimulatedBroker.Transaction?
    var refusesUntilCalm: Set<ContentDigest> = []

    var broker: SimulatedBroker { world.broker }
    var now: Moment { Moment(steadyMs: world.nowMs, wallMs: world.nowMs + clockErrorMs) }

    override func start() {
        super.start()
        var settings = WorkerSettings()
        settings.isExactlyOnce = world.plan.isExactlyOnce
        settings.commitIntervalMs = 20
        settings.unscoredMax = 4
        settings.heldMax = 12
        settings.waitingMax = 12
        settings.flushMs = 60
        settings.drainMs = 300
        settings.retryMs = 20
        settings.holdAfterMs = 40
        settings.stuckMs = 300
        settings.frozenMs = 150
        settings.sessionMs = 200
        settings.answerMs = 400
        settings.headsMax = world.plan.headsMax
        machine = Machine(settings)
        bornMs = world.nowMs + clockErrorMs
        bornAtControl = broker.controlEnd
        (membership, memberID, latest) = (nil, nil, nil)
        (groupNews, isGivingBack, hasSubscribed, isAway) = ([], false, false, false)
        (memberships, fetching, resting, assigned) = ([:], [:], [:], 0)
        (reading, writing, isReaderBusy, isWriterBusy) = ([], [], false, false)
        (controlPosition, hasControl, isControlStuck) = (0, false, false)
        (transaction, isProducerNew) = (nil, false)
        if settings.isExactlyOnce { takeOverTransactions() }
        turn(busy: 1...4, idle: 2...10) { [self] in readerTurn() }
        turn(busy: 1...5, idle: 5...20) { [self] in writerTurn() }
        let pace = controlPace
        turn(busy: pace, idle: pace.lowerBound...pace.upperBound + 18) { [self] in controlTurn() }
        turn(every: 25...40) { [self] in beat() }
        turn(every: 100...200) { [self] in if !isCutOff { tell(.controlEnds(at: broker.controlEnd)) } }
        turn(every: 15...25) { [self] in heartbeatToGroup() }
    }

    /// Whether it has another one's name.
    var isTwin: Bool { index >= world.plan.workers }

    /// Some follow the control topic slowly.
    private var controlPace: ClosedRange<Int64> {
        guard !world.isCalm else { return 2...12 }
        return world.random.pick([2...12, 2...12, 10...60, 40...200])
    }

    /// A partition's leader does not answer it, although it answers all others.
    func deafen(_ partition: Int32, forMs: Int64) { deafUntilMs[partition] = world.nowMs + forMs }

    func isDeaf(to partition: Int32) -> Bool { deafUntilMs[partition].map { world.nowMs < $0 } ?? false }

    /// The leader of a partition's answers does not answer it, although it answers all others.
    func mute(_ partition: Int32, forMs: Int64) { muteUntilMs[partition] = world.nowMs + forMs }

    /// For how long it can not write answers of a partition, milliseconds.
    func muteLeftMs(_ partition: Int32) -> Int64 { max(0, (muteUntilMs[partition] ?? 0) - world.nowMs) }

    /// Whether it can not write answers of some partition: a transaction takes those of the others along.
    var isMute: Bool { muteUntilMs.values.contains { world.nowMs < $0 } }

    /// It reads the control topic from a node that is cut off from its peers from now on.
    func stickControl() { isControlStuck = true }

    /// Ends by itself or by a drain: leaves the group.
    func end(failed: Bool) {
        if !failed { leave() }
        kill()
        if failed { world.report.failures += 1 }
    }

    /// A right was taken away, or somebody else has the name; no interruption is a reason to end.
    private func judgeEnd(_ text: String) {
        guard !text.contains("not authorised"), !text.contains("a newer producer") else { return }
        world.complain("\(name) ended: \(text)")
    }

    var isReadyToWork: Bool { isAlive && !isFrozen }

    func tell(_ event: Machine.Event) {
        guard isAlive else { return }
        if !Self.isTick(event) { world.narrate("\(name) hears \(event)") }
        for action in machine.handle(event, at: now) {
            world.narrate("\(name) does \(action)")
            switch action {
            case .fetchPositions, .assign, .unassign, .leaveGroup, .joinGroup, .pause, .resume, .submit:
                reading.append(action)
            case .publish, .commit, .beginTransaction, .sendOffsets, .commitTransaction, .abortTransaction:
                writing.append(action)
            // Its topics for answers have room for everything.
            case .countAnswers: break
            case .askControlEnd(let serial, _): answerControlEnd(serial)
            case .reopenControl: (controlPosition, isControlStuck) = (0, false)
            case .fetchHead(let head): load(head, again: true)
            case .askLeaders(let partitions, let role): askLeaders(partitions, role)
            case .unloadHead: break
            case .say: break
            case .finished: end(failed: false)
            case .failed(let text):
                world.trace(text)
                judgeEnd(text)
                end(failed: true)
            }
        }
        if case .record = event { world.judge(self) }
    }

    private static func isTick(_ event: Machine.Event) -> Bool {
        switch event {
        case .tick, .controlRead: true
        default: false
        }
    }

    /// A lane that has something to commit and does not for so many heartbeats is stuck.
    private static let idleBeatsMax = 60
    private var idleBeats: [LaneID: (committed: Int, beats: Int)] = [:]

    private func watchLanes() {
        // Who has everything keeps what it can not write.
        guard !isMute else { return idleBeats = [:] }
        var beats: [LaneID: (committed: Int, beats: Int)] = [:]
        for (lane, handedOn, committed) in machine.progress where handedOn > committed {
            let known = idleBeats[lane]
            beats[lane] = (committed, known?.committed == committed ? (known?.beats ?? 0) + 1 : 0)
            if beats[lane]?.beats == Self.idleBeatsMax {
                world.complain("\(name): nothing of p\(lane.partition) is committed any more")
            }
        }
        idleBeats = beats
    }

    private func beat() {
        watchLanes()
        guard !isCutOff else { return }
        var status = WorkerStatus(
            worker: name, incarnation: "\(life)", host: "h", pid: 1, startedAtMs: bornMs,
            backbone: world.backbone, isa: "scalar", replicas: 1)
        status.state = hasSubscribed ? .running : .starting
        status.atMs = world.nowMs + clockErrorMs
        status.headsReady = machine.headsReady
        status.refusals = machine.refusals
        status.partitions = machine.partitions
        broker.appendStatus(worker: status)
    }
}

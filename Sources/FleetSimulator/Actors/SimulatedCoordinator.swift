internal import FleetMachines
internal import PipelineMessages

/// A coordinator process: the shipped machine, and hands that die, sleep and are late between any two steps.
final class SimulatedCoordinator: SimulatedProcess {
    private struct Followers {
        let term: Int
        var control: Int64 = 0
        var hasControl = false
        var status = 0
        var hasStatus = false
        var receipts: [Int32: Int64]?
        /// Whether a reader brings nothing any more, and no error, until it is replaced.
        var isControlStuck = false
        var isStatusStuck = false
    }

    private var machine = CoordinatorMachine(CoordinatorSettings(name: "", partitions: []))
    private var followers: Followers?
    /// Where partitions ended when a node was cut off from its peers that goes on answering, and until when it is asked.
    private var behind: (extents: [PartitionExtent], untilMs: Int64)?
    var errands: [CoordinatorAction] = []
    var isBusy = false
    /// Whether it stands between two markers of one cut-over.
    var isBetweenMarkers = false

    var broker: SimulatedBroker { world.broker }
    private var now: Moment { Moment(steadyMs: world.nowMs, wallMs: world.nowMs + clockErrorMs) }
    var believesToLead: Bool { machine.leadingTerm != nil }

    override func start() {
        super.start()
        var settings = CoordinatorSettings(
            name: name, partitions: (0..<Int32(world.partitions)).map { $0 })
        settings.livenessMs = 150
        settings.stuckMs = 300
        settings.heartbeatMs = 60
        settings.retryMs = 20
        settings.readBackMs = 300
        settings.catchUpMs = world.plan.catchUpMs
        settings.positionsMs = 120
        settings.topic = "t"
        settings.checkpointMs = 400
        settings.partitionsMs = 200
        settings.unknownMs = 300
        settings.doubtMs = 3_000
        settings.strangeMs = 400
        machine = CoordinatorMachine(settings)
        (followers, errands, isBusy, isBetweenMarkers) = (nil, [], false, false)
        turn(busy: 1...6, idle: 5...20) { [self] in follow() }
    }

    /// One of its readers asks a node that is cut off from its peers from now on.
    func stick(control: Bool) {
        if control { followers?.isControlStuck = true } else { followers?.isStatusStuck = true }
    }

    func lead(_ leads: Bool) { tell(.leads(leads)) }

    func tell(_ event: CoordinatorEvent, term: Int? = nil) {
        for action in machine.handle(event, term: term, at: now) {
            world.narrate("\(name) does \(action)")
            switch action {
            case .follow(let term): followers = Followers(term: term)
            case .rest: followers = nil
            case .countReceipts(let offsets, _):
                // Some are read again. Chance must not follow the order of a dictionary, which no seed repeats.
                followers?.receipts = [:]
                for (partition, offset) in offsets.sorted(by: { $0.key < $1.key }) {
                    followers?.receipts?[partition] = max(0, offset - world.random.within(0...3))
                }
            case .askPositions(let partitions, let serial, let term):
                answerPositions(partitions, serial, term)
            case .countPartitions:
                after(world.random.within(1...10)) { [self] in tell(.partitions(broker.shards.count)) }
            case .askEnds(let wanted):
                guard !world.fails(4) else { break }
                after(world.random.within(1...30)) { [self] in
                    let ends = wanted.map {
                        PartitionOffset(partition: $0.partition, offset: broker.extent($0.partition).end)
                    }
                    tell(.endsTold(ends, wanted: wanted))
                }
            // This broker keeps as much as workers may commit.
            case .askOffsetRoom: break
            case .beat(let status):
                world.judge(status, by: self)
                if world.isCalm { world.lastStatus = status }
                if world.isReplaced, status.alarms.contains(where: { $0.contains("created anew") }) {
                    world.isReplacementTold = true
                }
                after(world.random.within(0...5)) { [self] in
                    broker.appendStatus(coordinator: status)
                    after(world.random.within(1...5)) { [self] in tell(.beatWritten) }
                }
            case .note(let checkpoints):
                for checkpoint in checkpoints where !world.fails(8) {
                    after(world.random.within(0...(world.fails(20) ? 900 : 10))) { [self] in
                        broker.appendControl(.checkpoint(checkpoint))
                    }
                }
            case .findEnds, .findMarkers, .writeMarkers, .write, .checkTopic, .writeMoves:
                errands.append(action)
                after(world.random.within(1...4)) { [self] in runErrand() }
            case .say(let line): world.trace(line)
            case .failed(let text):
                world.trace(text)
                world.report.failures += 1
                kill()
            }
        }
    }

    // MARK: Reading

    /// Returns whether there was something to read.
    private func follow() -> Bool {
        defer { tell(.tick) }
        guard let term = followers?.term else { return false }
        var isNews = followControl(term)
        if followers?.term == term { isNews = followStatus(term) || isNews }
        if followers?.term == term { isNews = followReceipts(term) || isNews }
        return isNews
    }

    private func followControl(_ term: Int) -> Bool {
        guard followers?.isControlStuck == false else { return false }
        let entries = broker.control(from: followers?.control ?? 0).prefix(8)
        // What it tells may begin another term, with other followers.
        for entry in entries where followers?.term == term {
            followers?.control = entry.offset + 1
            switch entry.content {
            case .manifest(let manifest): tell(.published(manifest), term: term)
            case .cutover(let record): tell(.cutover(record, offset: entry.offset), term: term)
            case .reset(let reset): tell(.ledgerReset(reset, offset: entry.offset), term: term)
            case .move(let move): tell(.move(move, offset: entry.offset), term: term)
            case .checkpoint(let checkpoint):
                tell(.checkpoint(checkpoint, offset: entry.offset), term: term)
            case .garbage: break
            }
            if followers?.term == term { tell(.controlRead(below: entry.offset + 1), term: term) }
        }
        if entries.isEmpty, followers?.term == term {
            tell(.controlRead(below: broker.controlEnd), term: term)
        }
        if entries.isEmpty, followers?.term == term, followers?.hasControl == false {
            followers?.hasControl = true
            tell(.controlCaughtUp, term: term)
        }
        return !entries.isEmpty
    }

    private func followStatus(_ term: Int) -> Bool {
        guard followers?.isStatusStuck == false else { return false }
        let entries = broker.status(after: followers?.status ?? 0).prefix(20)
        for entry in entries where followers?.term == term {
            followers?.status = entry.serial
            if let worker = entry.worker { tell(.worker(worker), term: term) }
            if let coordinator = entry.coordinator { tell(.coordinator(coordinator), term: term) }
        }
        if entries.isEmpty, followers?.term == term, followers?.hasStatus == false {
            followers?.hasStatus = true
            tell(.statusCaughtUp, term: term)
        }
        return !entries.isEmpty
    }

    private func followReceipts(_ term: Int) -> Bool {
        guard let receipts = followers?.receipts else { return false }
        for (partition, position) in receipts.sorted(by: { $0.key < $1.key }) {
            var next = Int(position)
            let entries = broker.receipts[Int(partition)]
            while followers?.term == term, next < entries.count, next < Int(position) + 8 {
                // Nothing above an open transaction is shown.
                if entries[next].transaction?.state == .open { break }
                if entries[next].transaction?.state != .aborted {
                    tell(.receipt(entries[next].receipt, offset: Int64(next)), term: term)
                }
                next += 1
            }
            if followers?.term == term { followers?.receipts?[partition] = Int64(next) }
        }
        return followers?.receipts != receipts
    }

    /// Where a partition ends, as the node tells that is asked.
    private func extent(of partition: Int32) -> PartitionExtent {
        if behind.map({ world.nowMs >= $0.untilMs || world.isCalm }) ?? false { behind = nil }
        if behind == nil, world.fails(300) {
            let all = broker.shards.indices.map { broker.extent(Int32($0)) }
            behind = (all, world.nowMs + world.random.within(100...1_500))
        }
        guard let known = behind?.extents, known.indices.contains(Int(partition)) else {
            return broker.extent(partition)
        }
        return known[Int(partition)]
    }

    /// What is committed and where partitions end are read at different times; either may stay unanswered.
    private func answerPositions(_ partitions: [Int32], _ serial: Int, _ term: Int) {
        let end = broker.controlEnd
        after(world.random.within(1...10)) { [self] in
            tell(.controlEnds(at: end), term: term)
            let saved = broker.offsets
            after(world.random.within(1...10)) { [self] in
                guard !world.fails(20) else {
                    return tell(
                        .positionsFailed(CallFailure(.retriable, "no answer"), serial: serial), term: term)
                }
                var extents: [Int32: PartitionExtent] = [:]
                for partition in partitions where !world.fails(20) {
                    extents[partition] = extent(of: partition)
                }
                tell(.positions(saved, extents, serial: serial), term: term)
            }
        }
    }
}

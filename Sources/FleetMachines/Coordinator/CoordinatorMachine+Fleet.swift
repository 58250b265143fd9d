internal import Artifacts
internal import Cutover
package import PipelineMessages

/// What the coordinator knows of the fleet, and says of it.
extension CoordinatorMachine {
    mutating func observe(_ worker: WorkerStatus, _ now: Moment) {
        guard let term else { return }
        // Read live it is as fresh as it came, whatever its clock says. While reading the past it is as old as it says,
        // never negative: a worker whose clock is ahead is simply fresh.
        let age = term.hasStatus ? 0 : max(0, now.wallMs - worker.atMs)
        guard age <= 10 * settings.livenessMs else { return }
        self.term?.fleet.observe(worker, nowMs: now.steadyMs - (age > settings.livenessMs ? age : 0))
    }

    /// The past is read: the ledger goes on from the last coordinator's.
    mutating func beginCounting() {
        guard let term, !term.hasStatus else { return }
        let ledger = term.lastStatus.map { ThroughputLedger(restoring: $0) } ?? ThroughputLedger()
        self.term?.hasStatus = true
        self.term?.ledger = ledger
        let from = settings.partitions.map { ($0, ledger.receiptsOffset(partition: $0)) }
        actions.append(.countReceipts(from: Dictionary(uniqueKeysWithValues: from), term: termNumber))
    }

    mutating func check(_ saved: [Int32: SavedPosition]) {
        for (partition, position) in saved.sorted(by: { $0.key < $1.key }) {
            guard let progress = try? PartitionProgress(text: position.metadata) else { continue }
            term?.ledger?.check(partition: partition, committed: position.offset, progress: progress)
        }
        term?.ledger?.checkSums()
    }

    /// Most open cut-overs that a heartbeat names: anyone may ask for any number.
    private static let openMax = 32

    mutating func report(_ now: Moment) {
        guard let term, term.hasStatus, let ledger = term.ledger else { return }
        self.term?.fleet.forgetSilent(nowMs: now.steadyMs)
        if now.steadyMs - (term.positionsAtMs ?? term.sinceMs) >= 1_000 {
            self.term?.positionsAtMs = now.steadyMs
            actions.append(.askPositions(term: termNumber))
        }
        if let beatAtMs = term.beatAtMs, now.steadyMs - beatAtMs < settings.heartbeatMs { return }
        self.term?.beatAtMs = now.steadyMs
        var status = CoordinatorStatus(coordinator: settings.name, atMs: now.wallMs)
        let live = self.term?.fleet.live(nowMs: now.steadyMs) ?? []
        status.liveWorkers = live.count
        status.imagesPerSecond = min(
            live.reduce(0) { $0 + $1.imagesPerSecond }, RecordBounds.rate.upperBound)
        let open = term.log.open
        status.openCutovers = open.prefix(Self.openMax).map { "\($0.label) \($0.state.rawValue)" }
        if open.count > Self.openMax { status.openCutovers.append("and \(open.count - Self.openMax) more") }
        status.ledger = ledger.entries
        status.partitions = ledger.partitionEntries
        // What a forged heartbeat left may not add up; this one must be readable all the same.
        status.imagesCommitted = min(max(0, ledger.imagesCounted), RecordBounds.count.upperBound)
        status.alarms =
            ledger.alarms + Self.mixedBackbones(live) + (self.term?.fleet.alarms(nowMs: now.steadyMs) ?? [])
        actions.append(.beat(status))
    }

    /// The live workers, by name.
    package func live(at now: Moment) -> [WorkerStatus] { term?.fleet.live(nowMs: now.steadyMs) ?? [] }

    /// The alarm about workers whose records depend on who takes a shard.
    ///
    /// Two open backbones never meet so: the one that the head in force does not fit takes no shard.
    private static func mixedBackbones(_ live: [WorkerStatus]) -> [String] {
        guard let frozen = live.first(where: { $0.frozenHead != nil }),
            let other = live.first(where: { $0.backbone != frozen.backbone })
        else { return [] }
        return [
            "\(frozen.worker) runs frozen backbone \(frozen.backbone.short), \(other.worker) backbone "
                + "\(other.backbone.short): a shard's bytes depend on who takes it; run one of them under another "
                + "topic prefix"
        ]
    }
}

internal import Artifacts
internal import Cutover
package import PipelineMessages

/// What the coordinator knows of the fleet, and says of it.
extension CoordinatorMachine {
    mutating func observe(_ worker: WorkerStatus, _ now: Moment) {
        guard let hasStatus = term?.hasStatus else { return }
        // Read live it is as fresh as it came, whatever its clock says. While reading the past it is as old as it says,
        // never negative: a worker whose clock is ahead is simply fresh.
        let age = hasStatus ? 0 : max(0, now.wallMs - worker.atMs)
        if age > settings.livenessMs, worker.state != .stopped { term?.fleet.doubt(nowMs: now.steadyMs) }
        guard age <= 10 * settings.livenessMs else { return }
        term?.fleet.observe(worker, nowMs: now.steadyMs - (age > settings.livenessMs ? age : 0))
    }

    /// Most open cut-overs that a heartbeat names: anyone may ask for any number.
    private static let openMax = 32

    mutating func report(_ now: Moment) {
        if let beatAtMs = term?.beatAtMs, now.steadyMs - beatAtMs < settings.heartbeatMs { return }
        guard term?.hasStatus == true, term?.ledger != nil else { return }
        term?.beatAtMs = now.steadyMs
        term?.fleet.forgetSilent(nowMs: now.steadyMs)
        guard let term, let ledger = term.ledger else { return }
        var status = CoordinatorStatus(coordinator: settings.name, atMs: now.wallMs)
        let live = term.fleet.live(nowMs: now.steadyMs)
        status.liveWorkers = live.count
        status.imagesPerSecond = min(
            live.reduce(0) { $0 + $1.imagesPerSecond }, RecordBounds.rate.upperBound)
        let open = term.log.open
        status.openCutovers = open.prefix(Self.openMax).map { "\($0.label) \($0.state.rawValue)" }
        if open.count > Self.openMax { status.openCutovers.append("and \(open.count - Self.openMax) more") }
        status.ledger = ledger.entries
        status.partitions = term.watch.complete(ledger.partitionEntries, partitions: settings.partitions)
        for place in status.partitions.indices {
            let entry = status.partitions[place]
            let held = term.gate.heldFrom(entry.partition) ?? .max
            status.partitions[place].receiptsOffset = min(entry.receiptsOffset, held)
        }
        // What a forged heartbeat left may not add up; this one must be readable all the same.
        status.imagesCommitted = min(max(0, ledger.imagesCounted), RecordBounds.count.upperBound)
        status.ledgerReset = ledger.reset
        let waiting = self.term?.watch.alarms(
            settings.partitions, live: live, patienceMs: 2 * settings.livenessMs, nowMs: now.steadyMs)
        let alarms =
            term.topic.alarms(settings.topic) + term.gate.alarms + Self.mixedBackbones(live)
            + term.fleet.alarms(nowMs: now.steadyMs)
            + term.held.alarms + (waiting ?? []) + narrowOffsets + ledger.alarms
        status.alarms = Array(alarms.prefix(ThroughputLedger.alarmsMax))
        // Open transactions were said when they were found.
        tell(status.alarms.filter { !term.held.alarms.contains($0) }, now)
        actions.append(.beat(HeartbeatRoom.fit(status, partitions: settings.partitions)))
    }

    /// The live workers, by name.
    package func live(at now: Moment) -> [WorkerStatus] { term?.fleet.live(nowMs: now.steadyMs) ?? [] }

    /// Asks what the brokers keep beside an offset: at the beginning of a term, and from time to time, since it can be changed
    /// while all runs.
    mutating func askOffsetRoom(_ now: Moment) {
        guard let atMs = term?.roomAtMs, now.steadyMs >= atMs else { return }
        term?.roomAtMs = now.steadyMs + settings.offsetRoomMs
        actions.append(.askOffsetRoom)
    }

    /// Takes what they keep; while some have not said, it may be less, but not more.
    mutating func learned(offsetBytes bytes: Int, isWhole: Bool) {
        let known = settings.offsetBytesMax
        guard bytes != known, isWhole || bytes < known else { return }
        settings.offsetBytesMax = bytes
        term?.fleet.keep(offsetBytes: bytes)
        // Beyond what a worker may commit it makes no difference.
        let most = PartitionProgress.textBytesMax
        guard min(bytes, most) != min(known, most) else { return }
        actions.append(
            .say(
                "offsets: the brokers keep \(bytes) bytes beside one (offset.metadata.max.bytes), before \(known)"
            )
        )
    }

    /// The alarm about a broker that keeps less beside an offset than workers may have to commit.
    private var narrowOffsets: [String] {
        let wanted = PartitionProgress.textBytesMax
        guard settings.offsetBytesMax < wanted else { return [] }
        return [
            "a broker keeps \(settings.offsetBytesMax) bytes beside an offset (offset.metadata.max.bytes): workers whose "
                + "heads in force do not fit can not commit, and such a head is refused; set \(wanted)"
        ]
    }

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

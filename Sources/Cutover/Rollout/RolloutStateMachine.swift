internal import Artifacts
public import PipelineMessages

/// Decides what the leading coordinator does next about cut-overs. Pure: facts in, one action out.
///
/// | state of the lowest open cut-over | fact | action |
/// | --- | --- | --- |
/// | requested | a live worker's head is frozen | write `aborted` with the reasons, whatever the quorum |
/// | requested | it repeats what was switched since | write `aborted` with the reason |
/// | requested | a needed worker refused | write `aborted` with the reasons |
/// | requested | all are needed, were silent, and were not heard again for long enough | wait; at the deadline `aborted` |
/// | requested | the needed workers are ready | write `committing` |
/// | requested | the deadline passed | write `aborted`, naming who was not ready |
/// | committing | (always) | complete the markers, write `committed` |
///
/// Workers that the request ignores by name are as if they were not there. Who owns no partition while others do is not waited for: it has
/// nothing to switch, and loads the head before it takes any; if it refuses the head, that counts.
///
/// One cut-over at a time, in the order of their numbers. An action is repeated until the log shows
/// its effect; every action is idempotent.
public struct RolloutStateMachine: Sendable {
    /// What to do.
    public enum Action: Equatable, Sendable {
        /// Nothing now.
        case wait
        /// Write this record; it counts once it is read back.
        case decide(CutoverRecord)
        /// Write the missing markers, read back the first of each partition, write `committed`.
        case completeMarkers(CutoverRecord)
    }

    /// A worker counts as live for this long after its last heartbeat, milliseconds.
    public let livenessMs: Int64
    /// What the broker keeps beside an offset, bytes: the heads in force must fit.
    public private(set) var offsetBytesMax: Int
    private var workers: [String: Worker] = [:]
    /// Most workers that are remembered.
    public static let workersMax = 1_024
    /// What they take, and the most of it, bytes: a partition's state takes about 100.
    private var size = 0
    private static let sizeMax = 64 << 20
    /// When one was forgotten for want of room.
    private var crowdedAtMs: Int64?
    private var firstSeenAtMs: [String: Int64] = [:]
    private var hearing = HeartbeatHearing()
    /// When a worker's name was last used by an earlier life than the newest.
    private var sharedNamesAtMs: [String: Int64] = [:]

    /// A machine that knows of no worker.
    public init(livenessMs: Int64, offsetBytesMax: Int = PartitionProgress.textBytesMax) {
        self.livenessMs = livenessMs
        self.offsetBytesMax = min(offsetBytesMax, PartitionProgress.textBytesMax)
    }

    /// Takes what the broker keeps beside an offset from now on, bytes.
    public mutating func keep(offsetBytes bytes: Int) {
        offsetBytesMax = min(bytes, PartitionProgress.textBytesMax)
    }

    /// Takes a heartbeat that arrived at `nowMs`.
    public mutating func observe(_ status: WorkerStatus, nowMs: Int64) {
        hearing.heard(nowMs: nowMs, livenessMs: livenessMs)
        if let known = workers[status.worker], known.status.incarnation != status.incarnation,
            known.status.startedAtMs > status.startedAtMs, nowMs - known.seenAtMs <= livenessMs
        {
            // A straggler of an earlier life; or another worker of the same name. Of one that is silent nothing hides: clocks go back.
            sharedNamesAtMs[status.worker] = nowMs
            return
        }
        forget(status.worker)
        let worker = Worker(status: status, seenAtMs: nowMs)
        // Anyone may write heartbeats under any number of names, and of any length; those who beat come back.
        while workers.count >= Self.workersMax || size + worker.size > Self.sizeMax,
            let oldest = workers.min(by: { ($0.value.seenAtMs, $0.key) < ($1.value.seenAtMs, $1.key) })
        {
            forget(oldest.key)
            sharedNamesAtMs[oldest.key] = nil
            crowdedAtMs = nowMs
        }
        workers[status.worker] = worker
        size += worker.size
    }

    /// Says that somebody looks; call it at least every second.
    public mutating func looked(nowMs: Int64) { hearing.looked(nowMs: nowMs, livenessMs: livenessMs) }

    /// Says that a worker's last heartbeat looks old by its own clock: it may be there all the same, and is waited for.
    public mutating func doubt(nowMs: Int64) { hearing.doubt(nowMs: nowMs) }

    private mutating func forget(_ worker: String) {
        if let known = workers.removeValue(forKey: worker) { size -= known.size }
    }

    /// The workers that count, by name.
    public func live(nowMs: Int64) -> [WorkerStatus] {
        workers.values
            .filter { nowMs - $0.seenAtMs <= livenessMs && $0.status.state != .stopped }
            .map(\.status).sorted { $0.worker < $1.worker }
    }

    /// Drops workers that have been silent for ten times the liveness.
    public mutating func forgetSilent(nowMs: Int64) {
        for (name, worker) in workers where nowMs - worker.seenAtMs > 10 * livenessMs { forget(name) }
        sharedNamesAtMs = sharedNamesAtMs.filter { nowMs - $0.value <= 10 * livenessMs }
    }

    /// What is wrong with the fleet as the heartbeats show it.
    public func alarms(nowMs: Int64) -> [String] {
        var alarms = sharedNamesAtMs.filter { nowMs - $0.value <= livenessMs && workers[$0.key] != nil }
            .keys.sorted().prefix(8).map {
                "two workers are called \($0): one hides the other; give each a name of its own"
            }
        if let crowdedAtMs, nowMs - crowdedAtMs <= livenessMs {
            alarms.append(
                "heartbeats of more than \(Self.workersMax) workers, or of more than \(Self.sizeMax >> 20) MiB: somebody else "
                    + "writes to the status topic"
            )
        }
        return alarms
    }

    /// What to do next about the lowest open cut-over.
    ///
    /// - Parameters:
    ///   - nowMs: steady milliseconds, for liveness and deadlines.
    ///   - wallMs: milliseconds since 1970, for the stamps of records.
    public mutating func next(_ log: ActivationLog, now nowMs: Int64, wallMs: Int64) -> Action {
        // Who asked may have given a request up.
        if firstSeenAtMs.contains(where: { log.cutovers[$0.key]?.state != .requested }) {
            firstSeenAtMs = firstSeenAtMs.filter { log.cutovers[$0.key]?.state == .requested }
        }
        guard let record = log.firstOpen else { return .wait }
        switch record.state {
        case .committing: return .completeMarkers(record)
        case .requested:
            var action = judge(record, log, nowMs: nowMs)
            if case .decide(var decided) = action {
                decided.updatedAtMs = wallMs
                action = .decide(decided)
            }
            return action
        case .committed, .aborted: return .wait
        }
    }

    private mutating func judge(_ record: CutoverRecord, _ log: ActivationLog, nowMs: Int64) -> Action {
        // The deadline runs from when this coordinator first saw the request: clocks may differ.
        let since = firstSeenAtMs[record.request] ?? nowMs
        firstSeenAtMs[record.request] = since
        let expired = nowMs - since > record.deadlineMs
        let everyone = live(nowMs: nowMs)
        let live = everyone.filter { record.ignore?.contains($0.worker) != true }
        // No quorum outvotes it: its shards would carry another head than the markers below them say.
        let frozen = live.compactMap { status in
            status.frozenHeadRefusal.map { "\(status.worker): \($0)" }
        }
        guard frozen.isEmpty else { return abort(record, frozen) }
        if let objection = log.objection(to: record) { return abort(record, [objection]) }
        // Two pushes at once may have chosen one name: a name is of the head that was published by it first.
        // What is in force under a name stays so: added partitions get it, and one can go back to it.
        if let named = log.labels[record.label], named.head != record.head,
            !log.isCommitted(record.head, as: record.label)
        {
            return abort(
                record,
                ["\(record.label) is the name of head \(named.head.short) already; push it by another"])
        }
        guard log.manifests[record.head] != nil else {
            return expired ? abort(record, ["the head was never published completely"]) : .wait
        }
        guard fitsBesideAnOffset(record, log) else {
            let isOurs = offsetBytesMax == PartitionProgress.textBytesMax
            let problem =
                "with it the heads in force exceed the \(offsetBytesMax) bytes that Kafka keeps beside an offset; "
                + (isOurs
                    ? ""
                    : "set the brokers' offset.metadata.max.bytes to \(PartitionProgress.textBytesMax), or ")
                + "use fewer or shorter stream names and labels"
            return abort(record, [problem])
        }
        let ready = live.filter { $0.headsReady.contains(record.head) }
        let refusals = live.compactMap { status in
            status.refusals.first { $0.head == record.head }.map { "\(status.worker): \($0.reason)" }
        }
        let asked = Self.asked(live, for: record.head)
        let needed = record.quorum ?? max(asked.count, 1)
        let left = (record.quorum == nil ? asked : live).count - refusals.count
        if left < needed, !refusals.isEmpty { return abort(record, refusals) }
        if ready.count >= needed {
            // Those who were heard first after a silence are not all that there are.
            let isSettled = hearing.isSettled(nowMs: nowMs, livenessMs: livenessMs)
            guard record.quorum != nil || isSettled else {
                return expired
                    ? abort(record, ["not all workers were heard again by the deadline"]) : .wait
            }
            var decided = record
            decided.state = .committing
            return .decide(decided)
        }
        guard expired else { return .wait }
        guard !live.isEmpty else {
            let but = everyone.isEmpty ? "" : ": \(everyone.count) live, all of them ignored"
            return abort(record, ["no live worker to prepare the head\(but)"])
        }
        var reasons = asked.filter { !$0.headsReady.contains(record.head) }.map { status in
            let refusal = status.refusals.first { $0.head == record.head }
            return "\(status.worker): \(refusal?.reason ?? "not ready")"
        }
        if live.count < needed {
            reasons.append("\(ready.count) of the \(needed) needed workers are ready, \(live.count) are live")
        }
        return abort(record, reasons)
    }

    /// Those of the live workers on which a cut-over depends.
    private static func asked(_ live: [WorkerStatus], for head: ContentDigest) -> [WorkerStatus] {
        guard live.contains(where: { !$0.partitions.isEmpty }) else { return live }
        return live.filter { status in
            !status.partitions.isEmpty || status.headsReady.contains(head)
                || status.refusals.contains { $0.head == head }
        }
    }

    /// Whether workers could still commit if every slot were in force in one partition.
    private func fitsBesideAnOffset(_ record: CutoverRecord, _ log: ActivationLog) -> Bool {
        var heads: [HeadSlot: HeadInForce] = [:]
        for cutover in log.newestOfSlots + [record] {
            heads[cutover.slot] = HeadInForce(
                slot: cutover.slot, head: cutover.head, label: cutover.label, number: .max, marker: .max)
        }
        return PartitionProgress.fits(Array(heads.values), in: offsetBytesMax)
    }

    private func abort(_ record: CutoverRecord, _ reasons: [String]) -> Action {
        .decide(record.aborted(reasons, atMs: record.updatedAtMs))
    }
}

import Cutover
import PipelineMessages

/// One coordinator, in steps small enough to die or fall asleep between any two of them.
struct VirtualCoordinator {
    private enum Step {
        /// Append this decision to the control topic.
        case write(CutoverRecord)
        /// Write these markers, one at a time, then look again.
        case mark(CutoverRecord, missing: [Int32])
    }

    private(set) var isAlive = true
    private var log = ActivationLog()
    private var controlRead = 0
    private var machine = RolloutStateMachine(livenessMs: 60)
    private var step: Step?
    /// The last decision written, until the log shows it.
    private var pending: CutoverRecord?
    /// Does nothing until then; what it had begun it goes on with.
    private var sleepsUntilMs: Int64 = 0

    mutating func crash() { isAlive = false }

    mutating func start() { self = VirtualCoordinator() }

    mutating func sleep(untilMs: Int64) { sleepsUntilMs = untilMs }

    func isAwake(nowMs: Int64) -> Bool { isAlive && nowMs >= sleepsUntilMs }

    /// Whether it stands between two markers of one cut-over.
    var isBetweenMarkers: Bool {
        guard case .mark(let record, let missing) = step else { return false }
        return !missing.isEmpty && missing.count < record.scanFrom?.count ?? 0
    }

    mutating func hear(_ status: WorkerStatus, nowMs: Int64) { machine.observe(status, nowMs: nowMs) }

    mutating func followControl(_ topics: VirtualTopics) {
        guard controlRead < topics.control.count else { return }
        switch topics.control[controlRead] {
        case .manifest(let manifest): log.apply(manifest)
        case .cutover(let record):
            if pending?.request == record.request, pending?.state == record.state { pending = nil }
            log.apply(record, at: Int64(controlRead))
        }
        controlRead += 1
    }

    /// One small step; goes on with what was begun even if the world has moved on.
    mutating func act(_ topics: inout VirtualTopics, nowMs: Int64) {
        switch step {
        case .write(let record):
            topics.control.append(.cutover(record))
            pending = record
            step = nil
        case .mark(let record, let missing):
            guard let next = missing.first else {
                step = look(record, topics)
                return
            }
            var marked = record
            marked.number = record.number ?? 0
            topics.append(marked.marker, to: Int(next))
            step = .mark(record, missing: Array(missing.dropFirst()))
        case nil:
            guard pending == nil else { return }
            machine.forgetSilent(nowMs: nowMs)
            switch machine.next(log, nowMs: nowMs) {
            case .wait: return
            case .decide(var record):
                if record.state == .committing {
                    let all = topics.shards.indices.map { Int32($0) }
                    record.scanFrom = (record.partitions ?? all).filter(all.contains).map {
                        PartitionOffset(partition: $0, offset: Int64(topics.shards[Int($0)].count))
                    }
                }
                step = .write(record)
            case .completeMarkers(let record): step = look(record, topics)
            }
        }
    }

    /// Reads the partitions; either markers are missing or the cut-over is complete.
    private func look(_ record: CutoverRecord, _ topics: VirtualTopics) -> Step {
        var missing: [Int32] = []
        var found: [PartitionOffset] = []
        for from in record.scanFrom ?? [] {
            if let offset = topics.firstMarker(
                of: record.request,
                in: Int(from.partition),
                from: from.offset
            ) {
                found.append(PartitionOffset(partition: from.partition, offset: offset))
            } else {
                missing.append(from.partition)
            }
        }
        guard missing.isEmpty else { return .mark(record, missing: missing) }
        var done = record
        done.state = .committed
        done.offsets = found
        return .write(done)
    }
}

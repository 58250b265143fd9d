import Artifacts
import ControlPlane
import Foundation
import PipelineMessages
import Threads

/// What the status topic says now.
package struct FleetSnapshot {
    /// Most workers, and most fleets, that are remembered.
    static let workersMax = 4_096
    /// A heartbeat older than this is not shown as live, milliseconds.
    static let freshMs: Int64 = 10_000
    /// Most heads of a worker, and most of its partitions that wait, that are shown.
    private static let headsMax = 4
    private static let blockedMax = 16

    private(set) var workers: [String: WorkerStatus] = [:]
    private(set) var fleets: [String: FleetStatus] = [:]
    private(set) var coordinator: CoordinatorStatus?
    /// Whether what comes was there before the reading began.
    private(set) var isPast = true
    /// When workers were heard live.
    private var heardAtMs: [String: Int64] = [:]
    private var refused = RefusedShards()

    /// Has heard nothing.
    package init() {}

    /// Takes one heartbeat.
    package mutating func take(_ event: StatusTail.Event) {
        switch event {
        case .worker(let status):
            // Anyone may write heartbeats under any number of names.
            if workers.count >= Self.workersMax, workers[status.worker] == nil,
                let oldest = workers.keys.min(by: { (heardAtMs[$0] ?? 0, $0) < (heardAtMs[$1] ?? 0, $1) })
            {
                workers[oldest] = nil
                heardAtMs[oldest] = nil
                refused.forget(oldest)
            }
            workers[status.worker] = status
            refused.take(status)
            if !isPast { heardAtMs[status.worker] = Clock.steadyMs }
        case .fleet(let status):
            if fleets.count >= Self.workersMax, fleets[status.fleet] == nil,
                let oldest = fleets.values.min(by: { ($0.atMs, $0.fleet) < ($1.atMs, $1.fleet) })
            {
                fleets[oldest.fleet] = nil
            }
            fleets[status.fleet] = status
        case .coordinator(let status): coordinator = status
        case .caughtUp: isPast = false
        case .error: break
        }
    }

    /// Workers with a fresh heartbeat: heard just now, whatever their clocks say, or fresh by their own.
    var liveWorkers: [WorkerStatus] {
        let (now, steady) = (Clock.wallMs, Clock.steadyMs)
        return workers.values.filter { status in
            guard status.state != .stopped else { return false }
            if let heard = heardAtMs[status.worker] { return steady - heard < Self.freshMs }
            return now - status.atMs < Self.freshMs
        }.sorted { $0.worker < $1.worker }
    }

    /// Fleets with a fresh heartbeat.
    var liveFleets: [FleetStatus] {
        let now = Clock.wallMs
        return fleets.values.filter { now - $0.atMs < Self.freshMs }.sorted { $0.fleet < $1.fleet }
    }

    /// The chip that the coordinator was told of: measured and modelled apart.
    private static func line(_ twin: ChipTwinStatus) -> String {
        let frozen =
            twin.modelledFrozenImagesPerSecond.map { ", \(Format.rate($0)) with the head frozen" } ?? ""
        return
            "chip of \(twin.backbone.short): measured \(Format.rate(twin.measuredImagesPerSecond)) images/s; modelled "
            + "\(Format.rate(twin.modelledImagesPerSecond)) images/s\(frozen), "
            + "\(String(format: "%.2f", twin.modelledMicrojoules)) uJ an image; the fleet is worth "
            + "\(Format.chips(twin.chips))"
    }

    /// What waits, and what could not be used, in the lives of the live workers.
    var waiting: String {
        var text =
            "dead letters \(Format.count(liveWorkers.map(\.deadLetters).saturatingSum)), images that could not "
        text += "be read \(Format.count(liveWorkers.map(\.imageErrors).saturatingSum))"
        guard let coordinator else { return text }
        let backlogs = coordinator.partitions.filter { $0.waiting > 0 }
        guard let most = backlogs.max(by: { $0.waiting < $1.waiting }) else {
            return "nothing waits; " + text
        }
        let records = Format.count(backlogs.map(\.waiting).saturatingSum)
        return
            "\(records) records wait in \(backlogs.count) partitions, most in \(most.partition) "
            + "(\(Format.count(most.waiting))); \(text)"
    }

    /// That shards are refused and none is scored, if that is so; `nil` otherwise.
    package var refusedShards: String? { refused.alarm(liveWorkers, ledger: coordinator?.ledger ?? []) }

    /// The view for people: who works, on what, how fast.
    package func lines(nowMs: Int64) -> [String] {
        var rows = [["WORKER", "STATE", "IMG/S", "COMMITTED", "PARTS", "HEADS", "BUSY", "NPU", "RSS", "ISA"]]
        for worker in liveWorkers {
            let heads = Set(worker.partitions.compactMap { $0.head?.description }).sorted()
            rows.append([
                worker.worker, worker.state.rawValue, Format.rate(worker.imagesPerSecond),
                Format.count(worker.imagesCommitted), "\(worker.partitions.count)",
                heads.isEmpty ? "-" : Format.list(heads, most: Self.headsMax),
                Format.percent(worker.replicaUtilisation), Format.percent(worker.npuUtilisation),
                Format.megabytes(worker.residentBytes), worker.isa,
            ])
        }
        var lines = Format.table(rows)
        let rate = liveWorkers.reduce(0) { $0 + $1.imagesPerSecond }
        lines.append("fleet: \(liveWorkers.count) workers, \(Format.rate(rate)) images/s (measured)")
        lines.append(waiting)
        if let refusedShards { lines.append("ALARM: \(refusedShards)") }
        for worker in liveWorkers {
            let blocked = worker.partitions.compactMap { partition in
                partition.blocked.map {
                    "\(worker.worker): partition \(partition.partition) waits: \($0)"
                }
            }
            lines += blocked.prefix(Self.blockedMax)
            if blocked.count > Self.blockedMax {
                lines.append(
                    "\(worker.worker): \(Format.count(blocked.count - Self.blockedMax)) more partitions wait")
            }
            if let frozen = worker.frozenHead {
                lines.append(
                    "\(worker.worker): head \(frozen.label) is frozen"
                        + (frozen.cutoversIgnored == 0 ? "" : "; \(frozen.cutoversIgnored) cut-overs ignored")
                )
            }
            for refusal in worker.refusals {
                lines.append("\(worker.worker): refused head \(refusal.head.short): \(refusal.reason)")
            }
        }
        if let coordinator, nowMs - coordinator.atMs < Self.freshMs {
            lines.append(
                "coordinator \(coordinator.coordinator): \(Format.count(coordinator.imagesCommitted)) images in "
                    + "the ledger"
                    + (coordinator.openCutovers.isEmpty
                        ? "" : "; open: " + coordinator.openCutovers.joined(separator: ", ")))
            if let twin = coordinator.twin { lines.append(Self.line(twin)) }
            lines += coordinator.alarms.map { "ALARM: \($0)" }
        } else {
            lines.append("coordinator: no recent heartbeat; heads can not be switched until one runs")
        }
        return lines.map(Terminal.oneLine)
    }
}

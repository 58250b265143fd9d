import Artifacts
import ControlPlane
import FleetMachines
import Foundation
import PipelineMessages
import Threads

/// What the status topic says now.
package struct FleetSnapshot {
    /// Most workers, and most fleets, that are remembered.
    static let workersMax = 4_096
    /// Most heads of a worker, and most of its partitions that wait, that are shown.
    private static let headsMax = 4
    private static let blockedMax = 16

    private(set) var workers: [String: WorkerStatus] = [:]
    private(set) var fleets: [String: FleetStatus] = [:]
    private(set) var coordinator: CoordinatorStatus?
    /// Who lives.
    package private(set) var heartbeats = HeartbeatAges()
    private var refused = RefusedShards()
    /// The how-manieth heartbeat of all each sender's last one was: who has been silent for longest gives way where there are too many.
    private var lastArrivals: [HeartbeatSender: Int] = [:]
    private var arrivals = 0

    /// Has heard nothing.
    package init() {}

    /// Whether what comes was there before the reading began.
    package var isPast: Bool { heartbeats.isPast }

    /// Takes one heartbeat.
    ///
    /// - Parameters:
    ///   - stamp: The time that its record bears; `nil` if it bears none.
    ///   - steadyMs: When it came, by the steady clock.
    package mutating func take(
        _ event: StatusTail.Event, _ stamp: StatusTail.Stamp?, atMs steadyMs: Int64 = Clock.steadyMs
    ) {
        switch event {
        case .worker(let status):
            // Anyone may write heartbeats under any number of names.
            if workers.count >= Self.workersMax, workers[status.worker] == nil,
                let oldest = workers.keys.min(by: { place(.worker, $0) < place(.worker, $1) })
            {
                workers[oldest] = nil
                forget(HeartbeatSender(.worker, oldest))
                refused.forget(oldest)
            }
            workers[status.worker] = status
            refused.take(status)
            // Nobody waits for what one that has stopped says next.
            let sender = HeartbeatSender(.worker, status.worker)
            arrived(sender)
            if status.state == .stopped {
                heartbeats.forget(sender)
            } else {
                heartbeats.take(sender, stamp, atMs: steadyMs)
            }
        case .fleet(let status):
            if fleets.count >= Self.workersMax, fleets[status.fleet] == nil,
                let oldest = fleets.keys.min(by: { place(.fleet, $0) < place(.fleet, $1) })
            {
                fleets[oldest] = nil
                forget(HeartbeatSender(.fleet, oldest))
            }
            fleets[status.fleet] = status
            arrived(HeartbeatSender(.fleet, status.fleet))
            heartbeats.take(HeartbeatSender(.fleet, status.fleet), stamp, atMs: steadyMs)
        case .coordinator(let status):
            coordinator = status
            heartbeats.take(HeartbeatSender(.coordinator), stamp, atMs: steadyMs)
        case .caughtUp: heartbeats.caughtUp(atMs: steadyMs)
        case .error: break
        }
    }

    private mutating func arrived(_ sender: HeartbeatSender) {
        arrivals += 1
        lastArrivals[sender] = arrivals
    }

    private func place(_ kind: HeartbeatSender.Kind, _ name: String) -> Int {
        lastArrivals[HeartbeatSender(kind, name)] ?? 0
    }

    private mutating func forget(_ sender: HeartbeatSender) {
        lastArrivals[sender] = nil
        heartbeats.forget(sender)
    }

    /// Workers with a fresh heartbeat that have not stopped, by name.
    package func liveWorkers(at now: Moment) -> [WorkerStatus] {
        workers.values.filter { heartbeats.isLive(HeartbeatSender(.worker, $0.worker), at: now) }
            .sorted { $0.worker < $1.worker }
    }

    /// Workers with a fresh heartbeat now.
    var liveWorkers: [WorkerStatus] { liveWorkers(at: .now) }

    /// Fleets with a fresh heartbeat, by name.
    package func liveFleets(at now: Moment) -> [FleetStatus] {
        fleets.values.filter { heartbeats.isLive(HeartbeatSender(.fleet, $0.fleet), at: now) }
            .sorted { $0.fleet < $1.fleet }
    }

    /// The coordinator, if its heartbeat is fresh.
    package func liveCoordinator(at now: Moment) -> CoordinatorStatus? {
        heartbeats.isLive(HeartbeatSender(.coordinator), at: now) ? coordinator : nil
    }

    /// When everybody who is live sent the last heartbeat, by the sender's clock.
    package func heartbeatsOfLive(at now: Moment) -> [String: Int64] {
        var sent: [String: Int64] = [:]
        for worker in liveWorkers(at: now) { sent["worker \(worker.worker)"] = worker.atMs }
        for fleet in liveFleets(at: now) { sent["fleet \(fleet.fleet)"] = fleet.atMs }
        if let coordinator = liveCoordinator(at: now) {
            sent["coordinator \(coordinator.coordinator)"] = coordinator.atMs
        }
        return sent
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

    /// That shards are refused and none is scored, if that is so; `nil` otherwise.
    package func refusedShards(at now: Moment = .now) -> String? {
        refused.alarm(liveWorkers(at: now), ledger: liveCoordinator(at: now)?.ledger ?? [])
    }

    /// The view for people: who works, on what, how fast.
    package func lines(at now: Moment = .now) -> [String] {
        let live = liveWorkers(at: now)
        var rows = [["WORKER", "STATE", "IMG/S", "COMMITTED", "PARTS", "HEADS", "BUSY", "NPU", "RSS", "ISA"]]
        for worker in live {
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
        let rate = live.reduce(0) { $0 + $1.imagesPerSecond }
        lines.append("fleet: \(live.count) workers, \(Format.rate(rate)) images/s (measured)")
        lines.append(waiting(at: now))
        if let refused = refusedShards(at: now) { lines.append("ALARM: \(refused)") }
        for worker in live {
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
        if let coordinator = liveCoordinator(at: now) {
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

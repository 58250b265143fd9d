import FleetMachines
import PipelineMessages

/// A leading coordinator that has read the past, and what it did last.
struct LedgerBench {
    var machine: CoordinatorMachine
    var nowMs: Int64 = 0
    var done: [CoordinatorAction] = []

    init(control: [CoordinatorEvent] = [], last: CoordinatorStatus? = nil) {
        var settings = CoordinatorSettings(name: "c", partitions: [0, 1])
        settings.livenessMs = 5_000
        machine = CoordinatorMachine(settings)
        tell(.leads(true))
        for event in control { tell(event) }
        tell(.controlCaughtUp)
        if let last { tell(.coordinator(last)) }
        tell(.statusCaughtUp)
    }

    mutating func tell(_ event: CoordinatorEvent, afterMs: Int64 = 0) {
        nowMs += afterMs
        done += machine.handle(event, at: Moment(steadyMs: nowMs, wallMs: nowMs))
    }

    /// Answers the question for positions that was asked last, after asking if need be.
    mutating func answer(
        _ saved: [Int32: SavedPosition] = [:], ends: [Int32: Int64], begins: [Int32: Int64] = [:]
    ) {
        tell(.tick, afterMs: 1_000)
        let serials = done.compactMap {
            if case .askPositions(_, let serial, _) = $0 { serial } else { nil }
        }
        var extents: [Int32: PartitionExtent] = [:]
        for (partition, end) in ends {
            extents[partition] = PartitionExtent(begin: begins[partition] ?? 0, end: end)
        }
        tell(.positions(saved, extents, serial: serials.last ?? 0))
    }

    /// The newest heartbeat.
    var status: CoordinatorStatus {
        mutating get {
            tell(.tick, afterMs: 1_000)
            let beats = done.compactMap { if case .beat(let status) = $0 { status } else { nil } }
            return beats.last ?? CoordinatorStatus(coordinator: "none", atMs: 0)
        }
    }

    var reads: [[Int32: Int64]] {
        done.compactMap { if case .countReceipts(let from, _) = $0 { from } else { nil } }
    }

    static func receipt(
        _ offset: Int64, images: Int = 10, before: Int64, partition: Int32 = 0, worker: String = "w"
    ) -> Receipt {
        Receipt(
            topic: "t", partition: partition, offset: offset, stream: "s", images: images, errors: 0,
            imagesBefore: before, deadLetter: nil, head: nil, worker: worker, incarnation: "1", serviceUs: 1,
            scoredAtMs: 1)
    }

    static func saved(_ offset: Int64, _ images: Int64) -> SavedPosition {
        SavedPosition(offset: offset, metadata: PartitionProgress(images: images).text)
    }
}

import FleetMachines
import PipelineMessages

/// A coordinator's machine that watches where partitions stand.
struct PositionBench {
    var machine: CoordinatorMachine
    var nowMs: Int64 = 0
    var done: [CoordinatorAction] = []
    private var controlEnd: Int64 = 100

    init(
        topic: String = "t", partitions: Int32 = 1, readsControl: Bool = true,
        before last: CoordinatorStatus? = nil
    ) {
        var settings = CoordinatorSettings(name: "c", partitions: (0..<partitions).map { $0 })
        settings.topic = topic
        machine = CoordinatorMachine(settings)
        tell(.leads(true))
        if readsControl { tell(.controlCaughtUp) }
        if let last { tell(.coordinator(last)) }
        tell(.statusCaughtUp)
    }

    mutating func tell(_ event: CoordinatorEvent, afterMs: Int64 = 0) {
        nowMs += afterMs
        done += machine.handle(event, at: Moment(steadyMs: nowMs, wallMs: 1_000_000 + nowMs))
    }

    /// Answers a question for positions; what is noted down and said is read back, unless the topic is slow.
    mutating func answer(
        _ saved: [Int32: SavedPosition], end: Int64 = 500, begin: Int64 = 0, readsBack: Bool = true
    ) -> [PositionCheckpoint] {
        tell(.tick, afterMs: 1_000)
        let serials = done.compactMap {
            if case .askPositions(_, let serial, _) = $0 { serial } else { nil }
        }
        let extents = Dictionary(
            uniqueKeysWithValues: (0..<Int32(200)).map { ($0, PartitionExtent(begin: begin, end: end)) })
        let before = done.count
        tell(.positions(saved, extents, serial: serials.last ?? 0))
        let notes = done[before...].flatMap { action -> [PositionCheckpoint] in
            if case .note(let notes) = action { notes } else { [] }
        }
        if readsBack { for note in notes { tell(.checkpoint(note, offset: controlEnd)) } }
        return notes
    }

    /// The topics that were asked about and not answered yet.
    var checks: [(checkpoints: [PositionCheckpoint], errand: Int)] {
        done.compactMap {
            if case .checkTopic(let checkpoints, let errand) = $0 { (checkpoints, errand) } else { nil }
        }
    }

    /// The newest heartbeat.
    var status: CoordinatorStatus? {
        done.reversed().lazy.compactMap { if case .beat(let status) = $0 { status } else { nil } }.first
    }

    var moves: [PositionMove] { namedMoves.map(\.move) }

    var namedMoves: [NamedMove] {
        done.flatMap { action -> [NamedMove] in
            if case .writeMoves(let moves, _) = action { moves } else { [] }
        }
    }

    /// What was written last is there; returns its offset.
    mutating func readBack() -> Int64 {
        for case .writeMoves(let moves, let errand) in done.suffix(1) {
            tell(.written(errand: errand))
            for named in moves {
                tell(.move(named.move, name: named.name, offset: controlEnd))
                controlEnd += 1
            }
        }
        return controlEnd - 1
    }

    /// Answers what all nodes were asked last.
    mutating func tellEnds(_ end: Int64) {
        let asked = done.reversed().lazy.compactMap { action -> [PartitionOffset]? in
            if case .askEnds(let wanted) = action { wanted } else { nil }
        }
        guard let wanted = asked.first else { return }
        let ends = wanted.map { PartitionOffset(partition: $0.partition, offset: end) }
        tell(.endsTold(ends, wanted: wanted))
    }

    /// How often all nodes were asked where partitions end.
    var endQuestions: Int {
        done.count {
            if case .askEnds = $0 { true } else { false }
        }
    }

    /// What its last heartbeat warns of.
    var alarms: [String] {
        done.reversed().lazy.compactMap { action -> [String]? in
            if case .beat(let status) = action { status.alarms } else { nil }
        }.first ?? []
    }

    static func saved(_ offset: Int64, images: Int64 = 30, moved: Int64? = nil) -> SavedPosition {
        SavedPosition(offset: offset, metadata: PartitionProgress(images: images, moved: moved).text)
    }
}

/// Sums over the lanes of a worker, which are asked for at every event: to add them up each time would copy every lane.
struct HeldRecords: Sendable, Equatable {
    /// Records that were handed on and are not committed yet.
    private(set) var handedOn = 0
    /// Records that wait, in partitions that rest: mostly one of each.
    private(set) var waiting = 0

    /// A lane is there, as it is now.
    mutating func add<Message, Scores>(_ lane: WorkerLane<Message, Scores>) {
        handedOn += lane.nextOrdinal - lane.committedOrdinals
        waiting += lane.waiting.count
    }

    /// A lane is not there any more, or about to change.
    mutating func subtract<Message, Scores>(_ lane: WorkerLane<Message, Scores>) {
        handedOn -= lane.nextOrdinal - lane.committedOrdinals
        waiting -= lane.waiting.count
    }

    /// So many records of a lane are committed.
    mutating func committed(_ records: Int) { handedOn -= records }
}

extension WorkerMachine {
    /// Takes a lane out, to be changed and put back.
    mutating func takeLane(_ number: Int32) -> WorkerLane<Message, Scores>? {
        guard let lane = lanes.removeValue(forKey: number) else { return nil }
        held.subtract(lane)
        return lane
    }

    /// Puts a lane in, or back.
    mutating func putLane(_ number: Int32, _ lane: WorkerLane<Message, Scores>) {
        if let old = lanes.updateValue(lane, forKey: number) { held.subtract(old) }
        held.add(lane)
    }

    mutating func forgetLanes() {
        lanes = [:]
        held = HeldRecords()
    }

    /// Whether what is kept beside the lanes agrees with them; for who judges the machine.
    package var countsRight: Bool {
        var sums = HeldRecords()
        for lane in lanes.values { sums.add(lane) }
        return sums == held
            && lanes.allSatisfy { number, lane in
                (!lane.sequencer.hasReleasable || publishing.ripe.contains(number))
                    && (!lane.sequencer.hasFrontier || publishing.landed.contains(number))
            }
    }
}

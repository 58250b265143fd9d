internal import PipelineMessages

/// A partition of which whoever answers has not what is to be read next, although it was there.
struct Unreached: Sendable {
    /// Time between two attempts grows to so many times ``WorkerSettings/retryMs``: each reads the other partitions again as well.
    static let pausesMax: Int64 = 64
    /// After so many attempts a person is asked: a node that is behind catches up sooner.
    static let patience = 8

    /// How often in a row that was so.
    let times: Int
    /// When it is read again.
    let againAtMs: Int64
    let problem: String
}

/// Offsets that are not where they were.
extension WorkerMachine {
    mutating func outOfRange(_ partition: Int32, _ extent: PartitionExtent?, _ now: Moment) {
        guard phase == .working, let lane = lanes[partition] else { return }
        var problem: String
        if let begin = extent?.begin, lane.received < begin {
            unreached[partition] = nil
            problem =
                "offsets \(lane.received) to \(begin - 1) were deleted before they were read (retention); "
                + Self.remedy(partition)
        } else {
            // Whoever answered is behind, or was, or records at the end are lost: nothing was deleted.
            let times = (unreached[partition]?.times ?? 0) + 1
            let pauseMs = settings.retryMs * min(Unreached.pausesMax, 1 << Int64(min(times - 1, 16)))
            let end = extent.map { "; it ends at \($0.end)" } ?? ""
            problem =
                "offset \(lane.received) is not there\(end): whoever answers may be behind; it is read again"
            if times >= Unreached.patience {
                problem += ", and if records at its end are lost, \(Self.remedy(partition))"
            }
            unreached[partition] = Unreached(
                times: times, againAtMs: now.steadyMs + pauseMs, problem: problem)
        }
        // The others go on.
        lanes[partition]?.unreadable = problem
        lanes[partition]?.blocked = problem
        actions.append(.say("partition \(partition) is not read: \(problem)"))
    }

    /// Reads again what was not there, when its time has come.
    mutating func retryUnreached(_ now: Moment) {
        guard phase == .working, ending == nil,
            unreached.contains(where: {
                now.steadyMs >= $0.value.againAtMs && lanes[$0.key]?.unreadable != nil
            })
        else { return }
        rewind()
    }

    /// Why a partition is not begun now, because what is to be read next is not there.
    func stillUnreached(_ partition: Int32, _ now: Moment) -> String? {
        guard let wait = unreached[partition], now.steadyMs < wait.againAtMs else { return nil }
        return wait.problem
    }
}

internal import PipelineMessages

/// What the control topic may say of a time in which this worker was not in the group.
///
/// Others may have worked meanwhile, a coordinator may have noted where partitions stand, and a group in which nobody is may have
/// lost its offsets. A partition without one then looks as if nobody had ever touched it.
enum MissedTime: Equatable, Sendable {
    /// It was a member since it read the topic.
    case nothing
    /// Nothing depends on it yet.
    case unread
    /// The question about the topic's end that tells how far to read.
    case asked(Int)
    /// It is known below that offset.
    case readBelow(Int64)
}

/// Beginning partitions without an offset after an absence.
extension WorkerMachine {
    /// Whether a partition without an offset and a note can not be told from a new one.
    var mayHaveMissed: Bool { control.missed != .nothing }

    /// A frozen process was no member of the group for a part of that time, whether or not it hears so.
    mutating func noticeAbsence(_ now: Moment) {
        defer { heardAtMs = now.steadyMs }
        guard let last = heardAtMs, now.steadyMs - last >= settings.frozenMs, control.missed == .nothing
        else { return }
        control.missed = .unread
    }

    /// Partitions wait for what was missed: after an absence, or since others were told of more of the control topic than was read here.
    mutating func askForMissed() {
        switch control.missed {
        case .nothing, .unread:
            control.questions += 1
            control.missed = .asked(control.questions)
        case .asked, .readBelow: break
        }
    }

    /// What is committed in a partition names more of the control topic than was read here. A worker that is behind learns of it; what
    /// is not there when that is read was not there when it was committed, and nobody who works by the topic has written it.
    mutating func doubt(_ partition: Int32, _ saved: SavedPosition?) {
        control.doubted[partition] = saved
        // An answer that is on its way may be older than the commit.
        control.questions += 1
        control.missed = .asked(control.questions)
    }

    mutating func missedEnd(_ end: Int64?, _ serial: Int) {
        guard case .asked(let question) = control.missed, question <= serial else { return }
        guard let end else {
            control.questions += 1
            control.missed = .asked(control.questions)
            return
        }
        control.missed = .readBelow(max(end, control.reader.end))
        readMissed()
    }

    /// Begins what waited once that is read.
    mutating func readMissed() {
        if case .readBelow(let below) = control.missed, control.readBelow >= below {
            control.missed = .nothing
            control.refuted.merge(control.doubted) { $1 }
            control.doubted = [:]
            if lanes.values.contains(where: \.awaitsMissed) { return rewind() }
        }
        // Whoever said where it ends may have been behind: it is there after all.
        let readBelow = control.readBelow
        if lanes.values.contains(where: { $0.awaitsNamed ?? .max < readBelow }) { rewind() }
    }
}

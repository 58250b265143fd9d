internal import PipelineMessages

/// Positions that outlive the group: noted down while all is well, and told to the workers where the group's offset is gone.
extension CoordinatorMachine {
    /// Most partitions of one errand.
    private static let partitionsMax = 256

    mutating func noted(_ checkpoint: PositionCheckpoint, at offset: Int64) {
        guard term?.positions.learn(checkpoint, at: offset) == false else { return }
        actions.append(
            .say(
                "control topic: the note at \(offset) is ignored: partition \(checkpoint.partition) can not know what comes"
            ))
    }

    mutating func watchPositions(
        _ saved: [Int32: SavedPosition], _ stand: [PartitionStand], _ extents: [Int32: PartitionExtent],
        _ serial: Int, _ now: Moment
    ) {
        // What stands in the control topic has to be known first.
        guard !settings.topic.isEmpty, term?.hasControl == true else { return }
        // What names more of the control topic than was read here is nobody's of ours, or is noted later.
        let readBelow = term?.controlReader.readBelow ?? 0
        let notes =
            term?.positions.notes(
                of: stand.filter { $0.isNotable(below: readBelow) }, topic: settings.topic,
                intervalMs: settings.checkpointMs, now) ?? []
        let lost = term?.positions.lost(saved, stand, extents) ?? []
        if !notes.isEmpty { actions.append(.note(notes)) }
        guard let watch = term?.positions, watch.errand == nil, now.steadyMs >= watch.retryAtMs else {
            return
        }
        let settled = watch.settled(saved, stand, answered: serial)
        if !settled.isEmpty {
            write(Array(settled.prefix(Self.partitionsMax)))
        } else if !lost.isEmpty {
            let some = Array(lost.prefix(Self.partitionsMax))
            actions.append(.checkTopic(some.map(\.checkpoint), errand: begin(some)))
        }
    }

    private mutating func begin(_ lost: [PositionWatch.Lost]) -> Int {
        errands += 1
        term?.positions.errand = (errands, lost)
        return errands
    }

    private mutating func write(_ moves: [PositionMove]) {
        actions.append(.writeMoves(moves, errand: begin([])))
    }

    /// Says where the lost partitions go on: where they stood, or at the beginning of another topic of that name.
    mutating func topicChecked(_ anew: [Int32], _ errand: Int, _ now: Moment) {
        guard let current = term?.positions.errand, current.serial == errand else { return }
        term?.positions.errand = nil
        let moves = current.lost.map { lost in
            let stood = lost.checkpoint
            let isAnew = anew.contains(stood.partition)
            let gone =
                lost.from.map { "offset \($0) was committed by something else than a worker" }
                ?? "the group's committed offset is gone"
            let reason =
                isAnew
                ? "\(gone), and the topic is another one than the one that stood at \(stood.offset)" : gone
            actions.append(
                .say(
                    "partition \(stood.partition): \(reason); it resumes at \(isAnew ? lost.begin : stood.offset)"
                ))
            return PositionMove(
                topic: settings.topic, partition: stood.partition, from: lost.from,
                to: isAnew ? lost.begin : stood.offset, images: isAnew ? 0 : stood.images, reason: reason,
                by: RecordBounds.cut("coordinator \(settings.name)", bytes: 256), atMs: now.wallMs
            ).resuming
        }
        if !moves.isEmpty { write(moves) }
    }

    mutating func endRecovery(_ errand: Int) {
        if term?.positions.errand?.serial == errand { term?.positions.errand = nil }
    }

    mutating func recoveryFailed(_ failure: CallFailure, _ errand: Int, _ now: Moment) {
        guard term?.positions.errand?.serial == errand else { return }
        term?.positions.errand = nil
        guard failure.kind != .fatal else {
            actions.append(.failed("\(failure)"))
            return
        }
        actions.append(.say("positions can not be resumed yet: \(failure)"))
        term?.positions.retryAtMs = now.steadyMs + settings.retryMs
    }
}

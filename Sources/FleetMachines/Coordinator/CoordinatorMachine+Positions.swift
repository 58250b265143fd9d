internal import Cutover
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
        watchTopic(stand, extents, now)
        let lost = lostPartitions(saved, stand, extents)
        if !notes.isEmpty { actions.append(.note(notes)) }
        let settled =
            term?.positions.settled(
                saved, stand, answered: serial, patienceMs: settings.strangeMs, nowMs: now.steadyMs) ?? []
        guard let watch = term?.positions, watch.errand == nil, now.steadyMs >= watch.retryAtMs else {
            return
        }
        if !settled.isEmpty {
            write(Array(settled.prefix(Self.partitionsMax)))
        } else if !lost.isEmpty {
            let some = Array(lost.prefix(Self.partitionsMax))
            actions.append(.checkTopic(some.map(\.checkpoint), errand: begin(some)))
        }
    }

    /// Looks whether the partitions go as far as is known of them.
    private mutating func watchTopic(
        _ stand: [PartitionStand], _ extents: [Int32: PartitionExtent], _ now: Moment
    ) {
        guard let term else { return }
        var known: [Int32: Int64] = [:]
        for partition in extents.keys {
            known[partition] = max(
                term.positions.stood(partition)?.offset ?? 0,
                (term.log.lastMarker(partition: partition) ?? -1) + 1)
        }
        for place in stand { known[place.partition] = max(known[place.partition] ?? 0, place.offset) }
        self.term?.topic.settle(stand)
        self.term?.topic.learn(extents, patienceMs: settings.strangeMs, nowMs: now.steadyMs) {
            known[$0] ?? 0
        }
        let questions =
            self.term?.topic.questions(patienceMs: settings.strangeMs, nowMs: now.steadyMs) ?? []
        if !questions.isEmpty { actions.append(.askEnds(questions)) }
    }

    /// Partitions that can not go on by themselves, and of which nothing speaks against going on where they stood; and those
    /// that are long enough again.
    private mutating func lostPartitions(
        _ saved: [Int32: SavedPosition], _ stand: [PartitionStand], _ extents: [Int32: PartitionExtent]
    ) -> [PositionWatch.Lost] {
        var lost = term?.positions.lost(saved, stand, extents) ?? []
        for partition in (term?.topic.grown ?? []).sorted() {
            guard !lost.contains(where: { $0.checkpoint.partition == partition }) else { continue }
            guard let stood = term?.positions.stood(partition) else {
                term?.topic.forget(partition)
                continue
            }
            lost.append(PositionWatch.Lost(checkpoint: stood, from: nil, isOnlyAsked: true))
        }
        return lost.filter { term?.topic.doubts($0.checkpoint.partition) == false }
    }

    private mutating func begin(_ lost: [PositionWatch.Lost]) -> Int {
        errands += 1
        term?.positions.errand = (errands, lost)
        return errands
    }

    private mutating func write(_ moves: [NamedMove]) {
        actions.append(.writeMoves(moves, errand: begin([])))
    }

    /// Says that the lost partitions go on where they stood; not in another topic of that name.
    mutating func topicChecked(_ anew: [Int32], _ errand: Int, _ now: Moment) {
        guard let current = term?.positions.errand, current.serial == errand else { return }
        term?.positions.errand = nil
        let moves = current.lost.compactMap { lost -> NamedMove? in
            let stood = lost.checkpoint
            let isAnew = anew.contains(stood.partition)
            term?.topic.judged(stood, isAnew: isAnew)
            guard !isAnew, !lost.isOnlyAsked else { return nil }
            let reason =
                lost.from.map { "offset \($0) was committed by something else than a worker" }
                ?? "the group's committed offset is gone"
            actions.append(
                .say("partition \(stood.partition): \(reason); it resumes at \(stood.offset)"))
            let move = PositionMove(
                topic: settings.topic, partition: stood.partition, from: lost.from, to: stood.offset,
                images: stood.images, reason: reason,
                by: RecordBounds.cut("coordinator \(settings.name)", bytes: 256), atMs: now.wallMs)
            return NamedMove(move.resuming)
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

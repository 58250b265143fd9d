internal import Artifacts
internal import ControlPlane
internal import Cutover
internal import FleetMachines
internal import PipelineMessages

/// The machines' surroundings: every question is answered, every call succeeds.
extension RecordStage {
    mutating func tell(worker event: Worker.Event) {
        var events = [event]
        while !events.isEmpty, mayStep() {
            let next = events.removeFirst()
            for action in worker.handle(next, at: moment) { events += answers(action) }
        }
    }

    private mutating func answers(_ action: Worker.Action) -> [Worker.Event] {
        switch action {
        case .fetchPositions(let partitions, let generation):
            let positions = Dictionary(uniqueKeysWithValues: partitions.map { ($0, saved) })
            return [.positions(positions, generation: generation)]
        case .submit(let ticket, let images, let stream, _):
            if let images { return [.scored(ticket, images, images: images)] }
            return [.unusable(ticket, DeadShard(nil, stream: stream, code: "x", reason: "x"))]
        case .publish(let publication, let flight):
            if case .dead(let dead) = publication.outcome { show("\(dead.code): \(dead.reason)") }
            return [.queued(flight: flight, records: 1), .delivered(flight: flight, records: 1)]
        case .commit(let commits, let serial, _):
            check(commits)
            return [.commitEnded(nil, serial: serial)]
        case .beginTransaction: return [.transactionEnded(.begin, nil)]
        case .sendOffsets(let commits, _):
            check(commits)
            return [.transactionEnded(.sendOffsets, nil)]
        case .commitTransaction: return [.transactionEnded(.commit, nil)]
        case .abortTransaction: return [.transactionEnded(.abort, nil)]
        case .askControlEnd(let serial, _): return [.controlEnd(controlOffset, serial: serial)]
        case .fetchHead(let head): return [.headReady(head, bytes: 1_000)]
        case .say(let line): show(line)
        case .failed(let text): complain("the worker ended: \(text)")
        case .finished: complain("the worker ended")
        case .assign(_, let generation): assigned = generation
        case .countAnswers, .unassign, .pause, .resume, .unloadHead, .reopenControl, .leaveGroup,
            .joinGroup, .askLeaders:
            break
        }
        return []
    }

    private mutating func check(_ commits: [PartitionCommit]) {
        for commit in commits {
            let text = commit.progress.text
            guard text.utf8.count > PartitionProgress.textBytesMax else { continue }
            complain("\(text.utf8.count) bytes beside an offset")
        }
    }

    mutating func tell(coordinator event: CoordinatorEvent, remember: Bool = false) {
        if remember { history.append(event) }
        var events = [event]
        while !events.isEmpty, mayStep() {
            let next = events.removeFirst()
            for action in coordinator.handle(next, at: moment) { events += answers(action) }
        }
    }

    private mutating func answers(_ action: CoordinatorAction) -> [CoordinatorEvent] {
        switch action {
        case .askPositions(_, let serial, _):
            let extent = PartitionExtent(begin: 0, end: shardOffset)
            return [
                .positions(
                    Dictionary(uniqueKeysWithValues: Self.partitions.map { ($0, saved) }),
                    Dictionary(uniqueKeysWithValues: Self.partitions.map { ($0, extent) }), serial: serial)
            ]
        case .countPartitions: return [.partitions(Self.partitions.count)]
        case .findEnds(let errand):
            let ends = Self.partitions.map { PartitionOffset(partition: $0, offset: shardOffset) }
            return [.ends(ends, token: RecordSeeds.token, errand: errand)]
        case .findMarkers(let record, let errand):
            guard marked.contains(record.request) else { return [.markers([], errand: errand)] }
            let found = (record.scanFrom ?? []).map {
                PartitionOffset(partition: $0.partition, offset: shardOffset)
            }
            return [.markers(found, errand: errand)]
        case .writeMarkers(let record, let partitions, let errand):
            marked.insert(record.request)
            for partition in partitions {
                guard let marker = CutoverMarker(of: record) else { continue }
                guard readable(marker) else { break }
                deliver(.marker(marker), nil, to: partition)
            }
            return [.written(errand: errand)]
        case .write(let record, let errand):
            guard readable(record) else { return [.written(errand: errand)] }
            learn(record)
            return [.written(errand: errand)]
        case .note(let checkpoints):
            for checkpoint in checkpoints where readable(checkpoint) {
                controlOffset += 1
                learn(checkpoint, at: controlOffset - 1)
            }
        case .checkTopic(let checkpoints, let errand):
            return [.topicChecked(anew: checkpoints.suffix(1).map(\.partition), errand: errand)]
        case .askEnds(let wanted):
            let ends = wanted.map { PartitionOffset(partition: $0.partition, offset: max(0, $0.offset - 1)) }
            return [.endsTold(ends, wanted: wanted)]
        case .writeMoves(let moves, let errand):
            for move in moves.map(\.move) where readable(move) {
                controlOffset += 1
                learn(move, at: controlOffset - 1)
            }
            return [.written(errand: errand)]
        case .beat(let status):
            if readable(status) { show(.coordinator(status)) }
        case .say(let line): show(line)
        case .failed(let text): complain("the coordinator ended: \(text)")
        case .follow, .countReceipts, .rest, .askOffsetRoom: break
        }
        return []
    }

    /// A record comes into a partition of the shard topic.
    mutating func deliver(_ record: ShardTopicRecord, _ images: Int?, to partition: Int32) {
        let offset = shardOffset
        shardOffset += 1
        tell(worker: .record(record, images, partition: partition, offset: offset, generation: assigned))
    }

    /// The state of a cut-over comes into the control topic.
    mutating func learn(_ checkpoint: PositionCheckpoint, at offset: Int64) {
        tell(worker: .checkpoint(checkpoint, offset: offset))
        tell(coordinator: .checkpoint(checkpoint, offset: offset), remember: true)
    }

    mutating func learn(_ move: PositionMove, at offset: Int64) {
        ledger.learn(move)
        show("\(move.passedOver.count) of \(move.by): \(move.reason)")
        tell(worker: .move(move, offset: offset))
        tell(coordinator: .move(move, offset: offset), remember: true)
    }

    mutating func learn(_ record: CutoverRecord) {
        let offset = controlOffset
        controlOffset += 1
        log.apply(record, at: offset)
        if record.state == .requested { watch = RequestWatch(record, askedAtMs: nowMs) }
        show("\(record.label) \(record.slot) \(record.reasons ?? [])")
        show("\(log.requests(named: record.request).count) \(log.requests(named: nil).count)")
        tell(worker: .cutover(record, offset: offset))
        tell(worker: .controlRead(below: controlOffset))
        tell(coordinator: .cutover(record, offset: offset), remember: true)
    }
}

internal import Cutover
internal import PipelineMessages

/// Where a lane starts.
struct LaneStart {
    /// The offset to read from: the very first where nothing is committed, whether or not it is still there.
    var offset: Int64
    var progress = PartitionProgress()
    /// Why it can not be read.
    var problem: String?
    /// Whether a move brought it here, which is to be committed.
    var isMoved = false
    /// Whether cut-overs have to be in force first.
    var awaitsMove = false
    /// Whether what this worker missed has to be read first.
    var awaitsMissed = false
    /// What the committed progress names of the control topic and was not read.
    var awaitsNamed: Int64?
    /// Whether that may be there: the worker may be behind.
    var isDoubted = false
    /// Whether its answers have no place.
    var hasNoAnswers = false
}

/// Reading on elsewhere than where the last commit says: over what retention took, or back; only by a person's word.
extension WorkerMachine {
    /// Where a partition starts: where the group has committed, unless a person has moved it since.
    func start(of partition: Int32, _ saved: SavedPosition?) -> LaneStart {
        var start = LaneStart(offset: saved?.offset ?? 0)
        let stood = control.checkpoints[partition]
        let hasStood = stood.map { $0.offset > 0 || $0.moved != nil } ?? false
        do throws(RecordError) {
            start.progress = try PartitionProgress(text: saved?.metadata ?? "")
            if let saved, saved.metadata.isEmpty, saved.offset > 0 || hasStood {
                // Images and heads can not be told from the offset alone.
                start.problem =
                    "offset \(saved.offset) was committed by something else than a worker in group \(settings.group)"
            } else if saved == nil, hasStood {
                start.problem = "group \(settings.group) has no committed offset any more"
            }
        } catch {
            start.problem =
                "committed progress is unreadable, beside offset \(start.offset) in group \(settings.group): \(error)"
        }
        if let problem = start.problem {
            start.problem = "\(problem); \(Self.wayOut(partition, hasStood ? stood : nil))"
        }
        if let answers, answers.partitions <= Int(partition) {
            start.problem =
                "topic \(answers.topic) has \(answers.partitions) partitions and nothing for this one's answers; add partitions "
                + "to \(answers.topic)"
            start.hasNoAnswers = true
            return start
        }
        if start.problem == nil, let named = start.progress.newestNamed, named >= control.readBelow {
            start.awaitsNamed = named
            let what =
                "what is committed beside offset \(start.offset) names offset \(named) of the control topic"
            guard control.refuted[partition] == saved else {
                start.problem = "\(what), which is to be read as far as it goes now"
                (start.awaitsMissed, start.isDoubted) = (true, true)
                return start
            }
            // Neither its heads nor its move count, for a person's word either.
            start.progress = PartitionProgress()
            start.problem =
                "\(what), where nothing was: no worker has committed that; \(Self.remedy(partition))"
        }
        // Offset 0 without a word beside it is what a tool leaves that goes back to the beginning.
        let isBare = saved.map { $0.offset == 0 && $0.metadata.isEmpty } ?? true
        if isBare, !hasStood, mayHaveMissed || control.readBelow < control.reader.end {
            start.problem =
                "nothing is committed, and the control topic is to be read as far as it goes now: it may say where the partition stood"
            start.awaitsMissed = true
            return start
        }
        // What was carried out once is not again where the word of it is gone with an offset.
        let moved = max(start.progress.moved ?? -1, stood?.moved ?? -1)
        guard let (move, at) = control.moves[partition], move.from == saved?.offset, at > moved
        else { return start }
        // Only cut-overs that were announced before the move can have their marker where it passes over.
        if let open = control.log.open.first(where: { $0.concerns(partition) && $0.number ?? at < at }) {
            start.problem =
                "the move to offset \(move.to) waits for cut-over \(open.request) to \(open.label)"
            start.awaitsMove = true
            return start
        }
        let known = (start.problem == nil ? start.progress.heads : []) + (stood?.heads ?? [])
        let heads = known.filter { $0.marker < move.to }
        return LaneStart(
            offset: move.to, progress: PartitionProgress(images: move.images, heads: heads, moved: at),
            isMoved: true)
    }

    mutating func learned(_ checkpoint: PositionCheckpoint, at offset: Int64) {
        // Else a move of tomorrow would be ahead of every one that a person asks for.
        guard checkpoint.isPossible(at: offset) else {
            return actions.append(
                .say(
                    "control topic: the note at \(offset) is ignored: partition \(checkpoint.partition) can not know what comes"
                ))
        }
        let known = control.checkpoints[checkpoint.partition]
        guard known?.isBehind(checkpoint) ?? (control.checkpoints.count < ControlKnowledge.movesMax)
        else {
            return
        }
        control.checkpoints[checkpoint.partition] = checkpoint
    }

    /// Commits a move, whether or not there is a record to read behind it.
    mutating func noteMove(_ lane: inout WorkerLane<Message, Scores>) {
        let progress = PartitionProgress(
            images: lane.committedImages, heads: lane.timeline.heads, moved: lane.sequencer.moved)
        publishing.frontiers[lane.id.partition] = LaneFrontier(
            offset: lane.position, progress: progress, ordinals: 0)
        actions.append(
            .say(
                "partition \(lane.id.partition): moved from offset \(lane.committedOffset ?? 0) to \(lane.position)"
            ))
    }

    mutating func learned(_ move: PositionMove, at offset: Int64) {
        // Told before: of a topic that is read anew, what settled it may come a while after it.
        guard offset >= control.readBelow else { return }
        if let settled = move.settled {
            // Not again, should the same offset ever be committed another time; nor what it had replaced, of which
            // compaction may have left more.
            if control.moves[move.partition]?.offset ?? .max <= settled {
                control.moves[move.partition] = nil
            }
            return
        }
        guard offset > control.moves[move.partition]?.offset ?? -1 else { return }
        // Partitions that are not there take no memory for ever.
        guard control.moves.count < ControlKnowledge.movesMax || control.moves[move.partition] != nil else {
            return actions.append(.say("control topic: a move of partition \(move.partition) is left out"))
        }
        control.moves[move.partition] = (move, offset)
        guard let lane = lanes[move.partition], lane.committedOffset == move.from else { return }
        rewind()
    }

    /// What a move waited for may be decided.
    mutating func retryMoves() {
        if lanes.values.contains(where: \.awaitsMove) { rewind() }
    }

    /// Who says where to go on.
    private static func wayOut(_ partition: Int32, _ stood: PositionCheckpoint?) -> String {
        guard let stood else { return remedy(partition) }
        return
            "it stood at \(stood.offset), and the coordinator resumes it there, or its alarm says why not; "
            + "\(remedy(partition)), if elsewhere"
    }

    static func remedy(_ partition: Int32) -> String {
        "hashiflex positions move --partition \(partition) says where to go on"
    }
}

extension CutoverRecord {
    /// Whether it is decided and has a marker in the partition, in force or not yet.
    fileprivate func concerns(_ partition: Int32) -> Bool {
        state == .committing && scanFrom?.contains { $0.partition == partition } ?? true
    }
}

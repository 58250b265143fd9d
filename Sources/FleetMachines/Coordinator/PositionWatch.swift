internal import PipelineMessages

/// Notes where partitions stand, and sees where the group's offset is gone or is nobody's of ours. Pure.
struct PositionWatch: Sendable {
    /// A partition must be found lost so often in a row: an answer may be older than a commit.
    static let lostChecks = 2
    /// Partitions whose notes are that far apart; more are noted more rarely, so that the control topic grows no faster.
    static let partitionsAtOnce = 64

    /// Most partitions that notes or moves are remembered of, whether or not they are there.
    static let rememberedMax = 65_536

    /// A partition that can not go on by itself.
    struct Lost: Sendable {
        let checkpoint: PositionCheckpoint
        /// What is committed; `nil` where nothing is.
        let from: Int64?
        /// Whether it goes on, and only its records are doubted.
        var isOnlyAsked = false
    }

    private var checkpoints: [Int32: PositionCheckpoint] = [:]
    /// Those of them that compaction takes because of what somebody wrote since.
    private var overwritten: Set<Int32> = []
    /// What was committed at the last look; what was written last, and when.
    private var seen: [Int32: (offset: Int64, progress: PartitionProgress)] = [:]
    private var noted: [Int32: (note: PositionCheckpoint?, atMs: Int64)] = [:]
    private var lostFor: [Int32: Int] = [:]
    /// A move that is not settled.
    private struct Open {
        let named: NamedMove
        let offset: Int64
        /// How often positions had been asked for when it was read.
        let asked: Int
        /// Whether compaction takes it because of what was written since: the late word that an earlier one is settled.
        var isOverwritten = false
        /// Since when a person's is void.
        var voidSinceMs: Int64?
        var move: PositionMove { named.move }
    }
    /// The newest of each partition.
    private var open: [Int32: Open] = [:]
    /// The errand that is under way, and what it is for.
    var errand: (serial: Int, lost: [Lost])?
    /// Nothing is begun before, milliseconds.
    var retryAtMs: Int64 = 0

    /// Takes the note at `offset` of the control topic; returns whether there can be such a one.
    mutating func learn(_ checkpoint: PositionCheckpoint, at offset: Int64) -> Bool {
        let partition = checkpoint.partition
        guard checkpoint.isPossible(at: offset) else {
            // Compaction leaves the last one of a partition only.
            if checkpoints[partition] != nil { overwritten.insert(partition) }
            return false
        }
        overwritten.remove(partition)
        let known = checkpoints[partition]
        guard known?.isBehind(checkpoint) ?? (checkpoints.count < Self.rememberedMax) else {
            return true
        }
        checkpoints[partition] = checkpoint
        return true
    }

    mutating func learn(_ named: NamedMove, at offset: Int64, asked: Int) {
        let move = named.move
        if let settled = move.settled {
            if open[move.partition]?.offset ?? .max <= settled {
                open[move.partition] = nil
            } else if move.resumes == true, open[move.partition]?.move.resumes == true {
                open[move.partition]?.isOverwritten = true
            }
        } else if let known = open[move.partition]?.offset ?? (open.count < Self.rememberedMax ? -1 : nil),
            offset > known
        {
            open[move.partition] = Open(named: named, offset: offset, asked: asked)
        }
    }

    /// Where a partition stood, as far as is noted.
    func stood(_ partition: Int32) -> PositionCheckpoint? { checkpoints[partition] }

    /// What is to be noted down: where partitions are from time to time, and sooner where they have come to rest. What was
    /// noted and is not read back is noted again.
    mutating func notes(
        of stand: [PartitionStand], topic: String, intervalMs: Int64, _ now: Moment
    ) -> [PositionCheckpoint] {
        let pauseMs = intervalMs * Int64(1 + stand.count / Self.partitionsAtOnce)
        let restMs = pauseMs / 3
        var notes: [PositionCheckpoint] = []
        for place in stand {
            let partition = place.partition
            let isResting = seen[partition].map { $0 == (place.offset, place.progress) } ?? false
            seen[partition] = (place.offset, place.progress)
            let last = noted[partition] ?? (nil, now.steadyMs)
            noted[partition] = last
            let ageMs = now.steadyMs - last.atMs
            guard ageMs >= pauseMs || isResting && (last.note == nil || ageMs >= restMs) else { continue }
            let note = PositionCheckpoint(
                topic: topic, partition: partition, offset: place.offset, progress: place.progress,
                atMs: now.wallMs)
            guard overwritten.contains(partition) || checkpoints[partition]?.isBehind(note) ?? true
            else {
                continue
            }
            noted[partition] = (note, now.steadyMs)
            notes.append(note)
        }
        return notes
    }

    /// Partitions of which the group has no offset of a worker's, although they stood somewhere, and nobody has said yet
    /// where they go on.
    mutating func lost(
        _ saved: [Int32: SavedPosition], _ stand: [PartitionStand], _ extents: [Int32: PartitionExtent]
    ) -> [Lost] {
        let ours = Set(stand.map(\.partition))
        var lost: [Lost] = []
        for (partition, checkpoint) in checkpoints.sorted(by: { $0.key < $1.key }) {
            let position = saved[partition]
            guard !ours.contains(partition), checkpoint.offset > 0 || checkpoint.moved != nil,
                extents[partition] != nil
            else {
                lostFor[partition] = nil
                continue
            }
            lostFor[partition, default: 0] += 1
            guard lostFor[partition, default: 0] >= Self.lostChecks else { continue }
            if let open = open[partition], open.offset > checkpoint.moved ?? -1,
                open.move.from == position?.offset, !open.isOverwritten
            {
                continue
            }
            lost.append(Lost(checkpoint: checkpoint, from: position?.offset))
        }
        return lost
    }

    /// Moves that were carried out, or can not be any more, as it is to be written down. A person's waits for `patienceMs`, for a
    /// worker's word, and for one that is not behind what is noted: whoever asked for it may say it, and a node that is cut off tells
    /// offsets of before.
    mutating func settled(
        _ saved: [Int32: SavedPosition], _ stand: [PartitionStand], answered: Int, patienceMs: Int64,
        nowMs: Int64
    ) -> [NamedMove] {
        open.sorted { $0.key < $1.key }.compactMap { partition, open in
            guard answered > open.asked else { return nil }
            let place = stand.first { $0.partition == partition }
            let progress = place?.progress
            let moved = progress?.moved ?? -1
            let isOfCoordinator = open.move.resumes == true
            guard moved >= open.offset || saved[partition]?.offset != open.move.from,
                isOfCoordinator || place.map(isOfNow) == true
            else {
                self.open[partition]?.voidSinceMs = nil
                return nil
            }
            let sinceMs = open.voidSinceMs ?? nowMs
            self.open[partition]?.voidSinceMs = sinceMs
            guard isOfCoordinator || nowMs - sinceMs >= patienceMs else { return nil }
            // Behind a later one nobody can tell whether it was carried out before.
            let done = !isOfCoordinator && moved > open.offset ? nil : moved == open.offset
            return NamedMove(open.move.settled(at: open.offset, done: done), name: open.named.name)
        }
    }

    /// Whether a partition stands no earlier than where it was noted last: a node that is behind tells of before.
    private func isOfNow(_ place: PartitionStand) -> Bool {
        guard let noted = checkpoints[place.partition] else { return true }
        return (place.progress.moved ?? -1, place.offset) >= (noted.moved ?? -1, noted.offset)
    }
}

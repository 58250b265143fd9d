internal import FleetMachines
internal import PipelineMessages

/// Retention that takes what nobody has read, other programs that move the group's offsets, and the people who then say
/// where to go on.
extension World {
    /// Where the workers are in truth, whatever somebody wrote beside it.
    struct Truth {
        var committed: Int64 = 0 {
            didSet { highest = max(highest, committed) }
        }
        /// The highest offset that ever was committed.
        private(set) var highest: Int64 = 0
        /// The newest move that was carried out, by its control offset, and whether a worker's word of it stands beside the
        /// offset now.
        var moved: Int64?
        var isMovedKnown = false
        /// Whether images had to be counted from receipts alone.
        var isDoubtful = false
        /// Offsets that moves passed over, and those that they went back over.
        var passedOver: [Range<Int64>] = []
        var again: [Range<Int64>] = []
        /// Images that count as lying below these offsets.
        var imagesAt: [Int64: Int64] = [:]
    }

    func disturbPositions() {
        guard plan.isForgetful, !isCalm else { return }
        let isDelicate = coordinators.contains(where: \.isBetweenMarkers)
        if random.oneIn(isDelicate ? 25 : 200), nowMs > nightUntilMs { night() }
        let partition = Int32(random.within(0...Int64(partitions - 1)))
        if random.oneIn(60) { retain(partition) }
        if random.oneIn(nowMs < nightUntilMs ? 10 : 120) { meddle(partition) }
        if random.oneIn(nowMs < nightUntilMs ? 15 : 200) { forget() }
        if random.oneIn(nowMs < nightUntilMs ? 10 : 100) { skip(partition) }
    }

    /// Retention; never as short as a cut-over takes.
    private func retain(_ partition: Int32) {
        let open = broker.controlHistory.compactMap { entry -> Int64? in
            guard case .cutover(let record) = entry.content, record.state == .committing,
                broker.states[record.request] != .committed
            else { return nil }
            return record.scanFrom?.first { $0.partition == partition }?.offset
        }
        let end = min(broker.extent(partition).end, open.min() ?? .max)
        let begin = broker.extent(partition).begin
        guard begin < end else { return }
        broker.begins[Int(partition)] = random.within(begin...min(end, begin + 40))
        if broker.begins[Int(partition)] > truth[Int(partition)].committed { report.gaps += 1 }
    }

    /// Another program writes an offset for the group, as Kafka's own tool does: only while nobody is in it.
    private func meddle(_ partition: Int32) {
        guard broker.group.members.isEmpty, !broker.isUnstable(partition) else { return }
        let extent = broker.extent(partition)
        report.meddled += 1
        truth[Int(partition)].isMovedKnown = false
        // Some programs put back what was there once.
        // At 0 a partition of which nothing is noted can not be told from a new one.
        let lowest = partitionsNoted.contains(partition) ? extent.begin : max(1, extent.begin)
        let places = lowest...max(lowest, extent.end)
        let known = asked(partition).compactMap(\.from).filter { places ~= $0 }
        let place = random.within(places)
        let offset = known.isEmpty || random.oneIn(2) ? place : random.pick(known)
        broker.offsets[partition] = SavedPosition(offset: offset, metadata: "")
    }

    /// Kafka forgets the offsets of a group in which nobody is, as it does after a week: of partitions that a coordinator has
    /// seen anything committed in. What nobody has seen is done again, as at the very first start.
    private func forget() {
        guard broker.group.members.isEmpty,
            !broker.offsets.isEmpty, !broker.offsets.keys.contains(where: broker.isUnstable)
        else { return }
        report.forgotten += 1
        for partition in partitionsNoted {
            truth[Int(partition)].isMovedKnown = false
            broker.offsets[partition] = nil
        }
    }

    /// Partitions of which the control topic says where they stood, to whoever reads it now.
    var partitionsNoted: Set<Int32> {
        var noted: Set<Int32> = []
        for entry in broker.control {
            guard case .checkpoint(let note) = entry.content else { continue }
            // Of the notes of a partition compaction leaves the last one, and that may be nobody's of ours.
            if note.isPossible(at: entry.offset), note.offset > 0 || note.moved != nil {
                noted.insert(note.partition)
            } else {
                noted.remove(note.partition)
            }
        }
        return noted
    }

    /// What people have asked for in a partition.
    private func asked(_ partition: Int32) -> [PositionMove] {
        broker.controlHistory.compactMap { entry in
            guard case .move(let move) = entry.content, move.partition == partition else { return nil }
            return move
        }
    }

    /// Nobody works for a while: the group is empty.
    private func night() {
        for worker in workers where worker.isAlive { worker.kill() }
        nightUntilMs = nowMs + 1_000
        // What was announced may have to wait for its markers until the morning.
        guard random.oneIn(2) else { return }
        let sleepMs = random.within(300...2_500)
        for coordinator in coordinators where coordinator.isAlive { coordinator.freeze(forMs: sleepMs) }
    }

    /// Somebody wants shards left out that could be read.
    private func skip(_ partition: Int32) {
        let extent = broker.extent(partition)
        let committed = broker.offsets[partition]?.offset
        guard committed ?? 0 >= extent.begin, committed ?? 0 < extent.end else { return }
        // The command refuses while somebody reads: what is on its way could not be counted.
        guard broker.group.members.isEmpty, nowMs + 400 < nightUntilMs else { return }
        // Nor what has no place in the count any more.
        let lowest = max(committed ?? 0, truth[Int(partition)].passedOver.map(\.upperBound).max() ?? 0)
        if lowest <= extent.end { move(partition, from: committed, to: random.within(lowest...extent.end)) }
    }

    /// People see what waits, and say where to go on.
    func repair() {
        guard !isReplaced else { return }
        for worker in workers where worker.isAlive {
            for blocked in worker.machine.partitions {
                guard let reason = blocked.blocked, reason.contains("positions move") else { continue }
                // Mostly the coordinator is left to it, unless a worker alone remembers where it stood.
                let isItsOwn = reason.contains("resumes") && partitionsNoted.contains(blocked.partition)
                guard !isItsOwn || !isCalm && random.oneIn(20) else { continue }
                let partition = blocked.partition
                let extent = broker.extent(partition)
                // Not below what was passed over; else where the workers were, or a little before that.
                let lowest = max(extent.begin, truth[Int(partition)].passedOver.map(\.upperBound).max() ?? 0)
                let place = truth[Int(partition)].committed - random.within(0...3)
                let beyond = reason.contains("deleted") && random.oneIn(3) ? random.within(0...20) : 0
                move(
                    partition, from: broker.offsets[partition]?.offset,
                    to: min(max(lowest, place) + beyond, extent.end))
            }
        }
        settle()
        // A ledger that says that it is wrong for good is started anew.
        if isCalm, isRead, random.oneIn(4),
            mustCountAnew || (lastStatus?.imagesCommitted != imagesOfAll && canBeMiscounted)
        {
            report.resets += 1
            broker.appendControl(.reset(LedgerReset(reason: "forged", by: "p", atMs: nowMs)))
        }
    }

    /// Who asked for a move sees that it was carried out, or can not be any more, and says so; or has gone home.
    private func settle() {
        for entry in broker.controlHistory.suffix(64) {
            guard case .move(let move) = entry.content, move.settled == nil, move.resumes != true,
                broker.settled[entry.offset] == nil
            else {
                continue
            }
            let truth = truth[Int(move.partition)]
            let isDone = truth.isMovedKnown && truth.moved == entry.offset
            if considered.insert(entry.offset).inserted, random.oneIn(3) { goneHome.insert(entry.offset) }
            guard !goneHome.contains(entry.offset),
                isDone || broker.offsets[move.partition]?.offset != move.from, random.oneIn(4)
            else {
                continue
            }
            // Without a worker's word, or behind a later move, nobody can tell.
            let saved = broker.offsets[move.partition]
            let word = saved.flatMap { try? PartitionProgress(text: $0.metadata) }
            let isTold = saved?.metadata.isEmpty == false && word?.moved ?? -1 < entry.offset
            broker.appendControl(
                .move(move.settled(at: entry.offset, done: isDone ? true : isTold ? false : nil)))
        }
    }

    private func move(_ partition: Int32, from: Int64?, to: Int64) {
        let extent = broker.extent(partition)
        guard (extent.begin...extent.end).contains(to) else { return }
        let receipts = broker.receipts[Int(partition)]
            .filter { $0.transaction == nil || $0.transaction?.state == .committed }
            .map(\.receipt).filter { $0.offset < extent.end }
        let above = receipts.filter { $0.offset >= to }.min { $0.offset < $1.offset }
        let saved = broker.offsets[partition]
        let beside = (try? PartitionProgress(text: saved?.metadata ?? ""))?.images ?? 0
        let isKnown = saved?.metadata.isEmpty == false
        let below = receipts.filter { $0.offset < to && (!isKnown || $0.offset >= saved?.offset ?? 0) }
            .max { $0.offset < $1.offset }
        let isBack = to < truth[Int(partition)].committed
        let images = isBack ? above?.imagesBefore : max(below?.imagesAfter ?? 0, beside)
        guard let images else { return }
        broker.appendControl(
            .move(
                PositionMove(
                    topic: "t", partition: partition, from: from, to: to, images: images, reason: "r",
                    by: "p",
                    atMs: nowMs)))
    }

    /// Whether a worker carried out what a person has asked for, and published from there on, and its commit never came: the receipts
    /// count what the fleet knows nothing of.
    private func isBegunBehind(_ partition: Int32, _ highest: Int64, before offset: Int64) -> Bool {
        broker.controlHistory.prefix(Int(offset)).contains { entry in
            guard case .move(let move) = entry.content, move.partition == partition, move.resumes != true,
                move.to > highest
            else { return false }
            return broker.receipts[Int(partition)].contains { $0.receipt.offset >= move.to }
        }
    }

    /// What a commit says of moves; returns from where on its records have to be delivered.
    func followMove(_ partition: Int32, _ moved: Int64?, by worker: SimulatedWorker) -> Int64 {
        let before = truth[Int(partition)].committed
        defer { truth[Int(partition)].isMovedKnown = moved != nil }
        // A move whose word was lost is carried out again, unless it is known to be settled.
        guard let moved, moved != truth[Int(partition)].moved || !truth[Int(partition)].isMovedKnown else {
            return before
        }
        if let settled = broker.settled[moved], settled < worker.bornAtControl {
            complain("\(worker.name): p\(partition) was moved again by \(moved)")
        }
        let entry =
            broker.controlHistory.indices.contains(Int(moved)) ? broker.controlHistory[Int(moved)] : nil
        guard case .move(let move)? = entry?.content, move.partition == partition else {
            complain("\(worker.name): p\(partition) was moved by nobody")
            return before
        }
        if move.from != broker.offsets[partition]?.offset {
            complain(
                "\(worker.name): p\(partition) was moved from \(broker.offsets[partition]?.offset ?? -1)")
        }
        report.moves += 1
        let passed = truth[Int(partition)].passedOver.map(\.upperBound).max() ?? 0
        if move.resumes == true {
            report.resumed += 1
            let highest = truth[Int(partition)].highest
            if move.to > highest {
                complain("\(worker.name): p\(partition) resumed at \(move.to), the fleet was at \(highest)")
            }
            // Before a move that was not noted down: its images are counted anew.
            if move.to < passed || isBegunBehind(partition, highest, before: moved) {
                truth[Int(partition)].isDoubtful = true
            }
        } else if broker.offsets[partition]?.metadata.isEmpty ?? true, before > 0 {
            truth[Int(partition)].isDoubtful = true
        } else if move.to > before, before < truth[Int(partition)].highest {
            // Over what was scored and counted before somebody went back.
            truth[Int(partition)].isDoubtful = true
        }
        truth[Int(partition)].moved = moved
        if move.to >= before {
            // What lies below where the fleet stood was scored.
            guard move.resumes != true else { return before }
            truth[Int(partition)].passedOver.append(before..<move.to)
        } else {
            truth[Int(partition)].again.append(move.to..<before)
            // Counted anew from here on: where earlier moves began counts no more.
            truth[Int(partition)].imagesAt = truth[Int(partition)].imagesAt.filter { $0.key < move.to }
        }
        truth[Int(partition)].imagesAt[move.to] = move.images
        return move.to
    }
}

internal import Cutover
internal import PipelineMessages

/// Counting receipts, and comparing the sums with what the workers' group has committed.
extension CoordinatorMachine {
    /// The past is read: the ledger goes on from the last coordinator's. Not before: an empty one would be written over it.
    mutating func restoreLedger() {
        term?.hasStatus = true
        statusReopens = 0
        guard term?.ledger == nil else { return }
        let last = term?.lastStatus
        term?.ledger = last.map { ThroughputLedger(restoring: $0) } ?? ThroughputLedger()
    }

    /// Asks how far the group is: before receipts are read, and then again and again.
    mutating func askPositions(_ now: Moment) {
        guard term?.isTimeToAsk(now, settings) == true, let asked = term?.positionsAsked else { return }
        term?.positionsAtMs = now.steadyMs
        term?.positionsAsked = asked + 1
        term?.awaitsPositions = true
        actions.append(.askPositions(settings.partitions, serial: asked + 1, term: termNumber))
    }

    mutating func unchecked(_ failure: CallFailure, _ serial: Int) {
        guard term?.positionsAsked == serial else { return }
        term?.awaitsPositions = false
        actions.append(.say("ledger: the workers' positions can not be asked for: \(failure)"))
    }

    mutating func check(
        _ saved: [Int32: SavedPosition], _ extents: [Int32: PartitionExtent], _ serial: Int, _ now: Moment
    ) {
        guard term?.positionsAsked == serial else { return }
        term?.awaitsPositions = false
        term?.watch.learn(saved, extents)
        beginCounting(saved)
        let ends = extents.mapValues(\.end)
        let counting = term?.gate.learn(ends, answered: serial, nowMs: now.steadyMs) ?? []
        for entry in counting { term?.ledger?.apply(entry.receipt, receiptsOffset: entry.offset) }
        for entry in term?.gate.takeProven(forMs: settings.doubtMs, nowMs: now.steadyMs) ?? [] {
            term?.ledger?.apply(entry.receipt, receiptsOffset: entry.offset, isLate: true)
        }
        // An offset without a word beside it is nobody's of ours: it says nothing of images.
        let stand = saved.sorted { $0.key < $1.key }.compactMap { partition, position in
            term?.progress.read(position, of: partition).map {
                PartitionStand(partition: partition, offset: position.offset, progress: $0)
            }
        }
        if term?.isCounting == true {
            for place in stand {
                term?.ledger?.check(
                    partition: place.partition, committed: place.offset, progress: place.progress,
                    end: extents[place.partition]?.end ?? 0)
            }
            term?.ledger?.checkSums()
        }
        watchPositions(saved, stand, extents, serial, now)
    }

    /// With the first answer after the control topic was read receipts are: from where the ledger is, or anew. Who counted
    /// before would not know of moves and resets, and an alarm stays.
    private mutating func beginCounting(_ saved: [Int32: SavedPosition]) {
        guard let term, term.hasControl, !term.isCounting, var ledger = term.ledger else { return }
        // Anybody may write a heartbeat that names a reset: what the control topic says counts.
        if term.reset == nil { ledger.forgetReset(from: term.controlReader.readBelow) }
        if let reset = term.reset, reset.offset != ledger.reset || term.isForReset {
            var committed: [Int32: (offset: Int64, progress: PartitionProgress)] = [:]
            for (partition, position) in saved {
                guard let progress = self.term?.progress.read(position, of: partition) else { continue }
                committed[partition] = (min(position.offset, RecordBounds.offset.upperBound), progress)
            }
            ledger = ThroughputLedger(resetAt: reset.offset, committed: committed)
            actions.append(
                .say(
                    "ledger: starts anew from \(ledger.imagesCounted) committed images: \(reset.record.reason)"
                ))
        }
        for move in term.moves { ledger.learn(move) }
        self.term?.moves = []
        self.term?.isCounting = true
        self.term?.ledger = ledger
        let from = settings.partitions.map { ($0, ledger.receiptsOffset(partition: $0)) }
        actions.append(.countReceipts(from: Dictionary(uniqueKeysWithValues: from), term: termNumber))
    }

    mutating func count(_ receipt: Receipt, _ offset: Int64) {
        guard let asked = term?.positionsAsked else { return }
        for entry in term?.gate.take(receipt, offset: offset, asked: asked) ?? [] {
            term?.ledger?.apply(entry.receipt, receiptsOffset: entry.offset)
        }
    }

    mutating func moved(_ named: NamedMove, at offset: Int64) {
        // Told before: a reader whose place is gone at the node that answers begins the topic anew.
        guard let readBelow = term?.controlReader.readBelow, offset >= readBelow else { return }
        let asked = term?.positionsAsked ?? 0
        term?.positions.learn(named, at: offset, asked: asked)
        let move = named.move
        if term?.isCounting == true { term?.ledger?.learn(move) } else { term?.moves.append(move) }
    }

    /// A ledger that counts already starts anew with a new term: what is read for the old one must not reach it.
    mutating func reset(_ record: LedgerReset, _ offset: Int64, _ now: Moment) {
        guard let term, offset > term.reset?.offset ?? -1 else { return }
        self.term?.reset = (record, offset)
        if term.isCounting { begin(now, for: (record, offset)) }
    }
}

extension CoordinatorMachine.Term {
    /// Whether it is time to ask how far the group is.
    fileprivate func isTimeToAsk(_ now: Moment, _ settings: CoordinatorSettings) -> Bool {
        guard hasStatus, hasControl || now.steadyMs - sinceMs >= settings.catchUpMs else { return false }
        let isHurried = !isCounting || gate.isWaiting
        let pauseMs = isHurried ? settings.positionsMs / 4 : settings.positionsMs
        // An answer that does not come is not waited for for ever.
        return now.steadyMs - (positionsAtMs ?? .min / 2)
            >= (awaitsPositions ? 30 * settings.positionsMs : pauseMs)
    }
}

/// Where a partition stands by a worker's word.
struct PartitionStand: Sendable {
    let partition: Int32
    let offset: Int64
    let progress: PartitionProgress
}

extension PartitionStand {
    /// Whether it can be noted down by somebody who has read the control topic below that offset.
    func isNotable(below offset: Int64) -> Bool {
        progress.isKnown(below: offset) && RecordBounds.offset.contains(self.offset)
    }
}

/// What stands beside committed offsets: decoded again only when it has changed.
struct ProgressMemo: Sendable {
    private var known: [Int32: (text: String, progress: PartitionProgress?)] = [:]

    /// The progress beside a position; `nil` where there is no word of a worker's.
    mutating func read(_ position: SavedPosition, of partition: Int32) -> PartitionProgress? {
        guard !position.metadata.isEmpty else { return nil }
        if let known = known[partition], known.text == position.metadata { return known.progress }
        let progress = try? PartitionProgress(text: position.metadata)
        known[partition] = (position.metadata, progress)
        return progress
    }
}

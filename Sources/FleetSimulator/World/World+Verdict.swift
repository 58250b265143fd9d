internal import Artifacts
internal import Cutover
internal import FleetMachines
internal import PipelineMessages

/// What must hold at the end; judged from the topics, by none of the code that is judged but the log's own rule.
extension World {
    /// Whether the last request is in force.
    var isRestful: Bool { requests.last.map { broker.states[$0.request] == .committed } ?? false }

    /// Whether everything is read, committed and decided.
    var isDrained: Bool {
        guard isCalm, isRestful, let last = requests.last,
            partitions == plan.partitions + plan.partitionsAdded
        else { return false }
        guard isRead, lastStatus?.imagesCommitted == imagesOfAll, !mustCountAnew else { return false }
        let log = fold(broker.control)
        return log.open.isEmpty && log.cutovers[last.request]?.state == .committed
    }

    /// Whether the ledger may be wrong for good: by forged receipts, by lost ones of what a move has passed over, or because
    /// an offset without a worker's word had to be moved from, where receipts may tell two counts.
    var canBeMiscounted: Bool {
        hasForgedReceipts || truth.indices.contains { truth[$0].isDoubtful || isReceiptLost($0) }
    }

    /// Whether something was scored, never committed, and passed over by a move, whose receipt did not arrive.
    private func isReceiptLost(_ partition: Int) -> Bool {
        let seen = broker.receipts[partition].filter {
            $0.transaction == nil || $0.transaction?.state == .committed
        }
        .map(\.receipt)
        return truth[partition].passedOver.contains { range in
            let isPublishedOnly = range.contains { offset in
                visibleOutcomes(Int32(partition), offset).contains { outcome in
                    !seen.contains { $0.offset == offset && $0.imagesBefore == outcome.imagesBefore }
                }
            }
            // A receipt behind it tells of images that none tells before.
            let below = seen.filter { $0.offset < range.upperBound }.sorted { $0.offset < $1.offset }
            let isSkipped = zip(below, below.dropFirst()).contains { before, after in
                after.offset >= range.lowerBound && after.imagesBefore > before.imagesAfter
            }
            // So does one behind the range, of a lane that nobody carried on.
            let isCountedBehind = seen.contains {
                $0.offset >= range.upperBound
                    && $0.imagesBefore > images(partition: partition, below: Int($0.offset))
            }
            return isPublishedOnly || isSkipped || isCountedBehind
                || below.first.map { $0.imagesBefore > 0 } ?? false
        }
    }

    /// Whether the ledger says so.
    var mustCountAnew: Bool {
        lastStatus?.alarms.contains { $0.hasPrefix("ledger: ") } == true && canBeMiscounted
    }

    /// Whether everything is read and committed.
    var isRead: Bool {
        broker.shards.indices.allSatisfy { partition in
            broker.offsets[Int32(partition)]?.offset ?? 0 == broker.shards[partition].count
                && truth[partition].committed == broker.shards[partition].count
        }
    }

    /// Whether the newest request was refused.
    var lastWasAborted: Bool { requests.last.map { broker.states[$0.request] == .aborted } ?? false }

    /// Images of what was not passed over; of what a worker scored before it was, too.
    var imagesOfAll: Int64 {
        broker.shards.indices.map { images(partition: $0, below: broker.shards[$0].count) }.reduce(0, +)
    }

    private func images(partition: Int, below end: Int) -> Int64 {
        var images: Int64 = 0
        for (offset, entry) in broker.shards[partition].prefix(end).enumerated() {
            images = truth[partition].imagesAt[Int64(offset)] ?? images
            if entry.isReadable { images += Int64(entry.images) }
        }
        return truth[partition].imagesAt[Int64(end)] ?? images
    }

    var whatWaits: String {
        let log = fold(broker.control)
        let partitions = broker.shards.indices.map { partition in
            "p\(partition) \(broker.offsets[Int32(partition)]?.offset ?? 0) of \(broker.shards[partition].count)"
        }
        let blocked = workers.flatMap { worker in
            worker.machine.partitions.map {
                "\(worker.name)/p\($0.partition)@\($0.position) \($0.blocked ?? "-")"
            }
        }
        return "open \(log.open.map { "\($0.request) \($0.state)" }); \(partitions); \(blocked); ledger "
            + "\(lastStatus?.imagesCommitted ?? -1) of \(imagesOfAll) images"
    }

    func fold(_ entries: [SimulatedBroker.ControlEntry]) -> ActivationLog {
        var log = ActivationLog()
        for entry in entries {
            switch entry.content {
            case .manifest(let manifest): log.apply(manifest)
            case .cutover(let record): log.apply(record, at: entry.offset)
            case .move, .checkpoint, .reset, .garbage: break
            }
        }
        return log
    }

    func finish() {
        // Compaction must have changed nothing.
        let log = fold(broker.controlHistory)
        let compacted = fold(broker.control)
        for record in log.committed where compacted.cutovers[record.request]?.state != .committed {
            complain("\(record.request) was committed; whoever reads the topic now does not see it")
        }
        report.committed = log.committed.count
        report.restated = log.committed.count { $0.restates != nil }
        report.aborted = log.cutovers.values.count { $0.state == .aborted }
        for partition in broker.shards.indices {
            report.shards += broker.shards[partition].count
            judgeMarkers(log, partition)
            judgeShards(log, partition)
        }
        for alarm in lastStatus?.alarms ?? [] where alarm.hasPrefix("ledger: ") {
            complain("the ledger says: \(alarm)")
        }
    }

    /// Nothing was switched by a request that did not commit, and the log names the first markers.
    private func judgeMarkers(_ log: ActivationLog, _ partition: Int) {
        var first: [String: Int64] = [:]
        for (offset, entry) in broker.shards[partition].enumerated() {
            guard case .marker(let marker) = entry.record else { continue }
            guard let record = log.cutovers[marker.request], marker == CutoverMarker(of: record),
                record.state == .committed,
                record.scanFrom?.contains(where: { $0.partition == partition }) == true
            else {
                report.falseMarkers += 1
                guard !isPassedOver(partition, offset) else { continue }
                let isBuried = visibleOutcomes(Int32(partition), Int64(offset)).contains(where: \.isDead)
                if !isBuried { complain("p\(partition)@\(offset): a false marker is no dead letter") }
                continue
            }
            if first[marker.request] == nil {
                first[marker.request] = Int64(offset)
            } else {
                report.repeatedMarkers += 1
            }
        }
        for record in log.committed {
            for stated in record.offsets ?? [] where stated.partition == partition {
                if first[record.request] != stated.offset {
                    complain(
                        "p\(partition): the log says \(record.request) at \(stated.offset), its first marker is at "
                            + "\(first[record.request] ?? -1)")
                }
            }
        }
    }

    private func isPassedOver(_ partition: Int, _ offset: Int) -> Bool {
        truth[partition].passedOver.contains { $0.contains(Int64(offset)) }
    }

    private func judgeShards(_ log: ActivationLog, _ partition: Int) {
        var images: Int64 = 0
        for (offset, entry) in broker.shards[partition].enumerated() {
            images = truth[partition].imagesAt[Int64(offset)] ?? images
            guard case .shard(let stream) = entry.record else { continue }
            let found = visibleOutcomes(Int32(partition), Int64(offset))
            let place = "p\(partition)@\(offset)"
            if found.isEmpty, isPassedOver(partition, offset) { continue }
            if found.isEmpty { complain("\(place): never scored") }
            let isAgain = truth[partition].again.contains { $0.contains(Int64(offset)) }
            if plan.isExactlyOnce, found.count > 1, !isAgain {
                complain("\(place): \(found.count) times under exactly-once")
            }
            report.repeated += max(0, found.count - 1)
            let rule = log.head(partition: Int32(partition), offset: Int64(offset), stream: stream)
            // What was published and never committed counts from where its lane began, not from where the move did.
            if !found.isEmpty, !isPassedOver(partition, offset),
                !found.contains(where: { $0.imagesBefore == images })
            {
                complain("\(place): \(found[0].imagesBefore) images before it, there are \(images)")
            }
            for outcome in found {
                if outcome.isDead == entry.isReadable { complain("\(place): dead \(outcome.isDead)") }
                guard entry.isReadable, outcome.head != rule?.head || outcome.number != rule?.number else {
                    continue
                }
                complain(
                    "\(place), stream \(stream): scored by cut-over \(outcome.number ?? -1), the rule says "
                        + "\(rule?.number ?? -1)")
            }
            if entry.isReadable { images += Int64(entry.images) }
        }
    }
}

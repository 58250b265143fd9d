internal import PipelineMessages

/// Sees what waits and should not: partitions that nobody reads, or cannot be read on, while records are in them.
struct FleetWatch: Sendable {
    private var committed: [Int32: Int64] = [:]
    private var extents: [Int32: PartitionExtent] = [:]
    /// Partitions whose offset another program has committed.
    private var foreign: Set<Int32> = []
    private var unownedSinceMs: [Int32: Int64] = [:]
    private var blockedSinceMs: [Int32: Int64] = [:]
    private var goneSinceMs: [Int32: Int64] = [:]

    /// Takes what was asked at the broker.
    mutating func learn(_ saved: [Int32: SavedPosition], _ extents: [Int32: PartitionExtent]) {
        committed = saved.mapValues(\.offset)
        foreign = Set(saved.filter { $0.value.offset > 0 && $0.value.metadata.isEmpty }.keys)
        self.extents.merge(extents) { $1 }
    }

    /// Adds to the ledger's entries how far the group is.
    func complete(_ entries: [LedgerPartition], partitions: [Int32]) -> [LedgerPartition] {
        var known = Dictionary(uniqueKeysWithValues: entries.map { ($0.partition, $0) })
        for partition in partitions {
            // Whoever may commit for the group may commit any number.
            let offset = committed[partition].map { min(max(0, $0), RecordBounds.offset.upperBound) }
            let end = extents[partition]?.end
            guard offset != nil || end ?? 0 > 0 else { continue }
            known[partition, default: LedgerPartition(partition: partition)].committedOffset = offset
            known[partition]?.beginOffset = extents[partition]?.begin
            known[partition]?.endOffset = end
        }
        return known.values.sorted { $0.partition < $1.partition }
    }

    /// Records of a partition that wait.
    private func backlog(_ partition: Int32) -> Int64 {
        guard let extent = extents[partition] else { return 0 }
        return max(0, extent.end - max(extent.begin, committed[partition] ?? 0))
    }

    /// What waits longer than `patienceMs`, and what was deleted unread.
    mutating func alarms(
        _ partitions: [Int32], live: [WorkerStatus], patienceMs: Int64, nowMs: Int64
    ) -> [String] {
        var blocked: [Int32: (worker: String, reason: String)] = [:]
        var owned: Set<Int32> = []
        // Where its owner stands; the answer of a node that is behind says less.
        var positions: [Int32: Int64] = [:]
        for status in live {
            for partition in status.partitions {
                owned.insert(partition.partition)
                positions[partition.partition] = partition.position
                if let reason = partition.blocked { blocked[partition.partition] = (status.worker, reason) }
            }
        }
        let waiting = partitions.filter { backlog($0) > 0 }
        note(waiting.filter { !owned.contains($0) }, in: &unownedSinceMs, nowMs)
        note(waiting.filter { blocked[$0] != nil }, in: &blockedSinceMs, nowMs)
        let gone = partitions.filter { partition in
            guard let offset = committed[partition], let begin = extents[partition]?.begin else {
                return false
            }
            return max(offset, positions[partition] ?? 0) < begin
        }
        note(gone, in: &goneSinceMs, nowMs)
        var alarms: [String] = []
        let unowned = unownedSinceMs.filter { nowMs - $0.value >= patienceMs }.keys.sorted()
        if !unowned.isEmpty {
            let records = unowned.map { backlog($0) }.saturatingSum
            let who = live.isEmpty ? "no worker is live" : "no worker has them"
            alarms.append("\(Self.named(unowned)): \(who), and \(records) records wait there")
        }
        for partition in blockedSinceMs.filter({ nowMs - $0.value >= patienceMs }).keys.sorted().prefix(8) {
            guard let (worker, reason) = blocked[partition] else { continue }
            alarms.append(
                "partition \(partition) waits at \(worker), \(backlog(partition)) records: \(reason)")
        }
        for partition in partitions {
            if alarms.count > 16 { break }
            if foreign.contains(partition), let offset = committed[partition] {
                alarms.append(
                    "partition \(partition): offset \(offset) was committed by something else than a worker; hashiflex "
                        + "positions move says where to go on")
            }
            guard let since = goneSinceMs[partition], nowMs - since >= patienceMs,
                let offset = committed[partition], let begin = extents[partition]?.begin
            else { continue }
            alarms.append(
                "partition \(partition): offsets \(offset) to \(begin - 1) were deleted before they were read; "
                    + "hashiflex positions move --gaps passes over them")
        }
        return alarms.map(RecordBounds.cut)
    }

    private func note(_ partitions: [Int32], in since: inout [Int32: Int64], _ nowMs: Int64) {
        let old = since
        since = Dictionary(uniqueKeysWithValues: partitions.map { ($0, old[$0] ?? nowMs) })
    }

    /// `partitions 0, 3, 4 and 29 more`.
    private static func named(_ partitions: [Int32]) -> String {
        let first = partitions.prefix(8).map { "\($0)" }.joined(separator: ", ")
        let more = partitions.count > 8 ? " and \(partitions.count - 8) more" : ""
        return "\(partitions.count == 1 ? "partition" : "partitions") \(first)\(more)"
    }
}

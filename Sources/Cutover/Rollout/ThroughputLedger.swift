public import PipelineMessages

/// Adds up the fleet's work from receipts: the per-worker sum must equal the committed images.
///
/// Receipts of one partition arrive in offset order from each worker and overlap by redelivery. A shard is credited to
/// the worker that receipted it first. Every receipt states how many images lie before it, so a shard without one shows
/// at once, as a gap. After a failed delivery the receipt comes late and fills it; a gap that the workers' committed
/// offset has passed for long is an alarm.
public struct ThroughputLedger: Sendable, Equatable {
    private var partitions: [Int32: LedgerPartition] = [:]
    private var workers: [String: LedgerEntry] = [:]
    /// What people have moved forward, the last few of each partition.
    private var moves: [Int32: [PositionMove]] = [:]
    private static let movesMax = 8
    /// How often each partition's first gap was found below the committed offset, one check after the other.
    private var overdue: [Int32: (gap: LedgerGap, checks: Int)] = [:]
    /// Offset in the control topic of the reset that it began with; `nil` if it counts from the beginning.
    public private(set) var reset: Int64?
    /// What did not add up, oldest first, at most ``alarmsMax``.
    public private(set) var alarms: [String] = []
    /// Who is credited once there are too many workers to name.
    public static let others = "(others)"
    /// About as many bytes of names of workers have room in a heartbeat.
    private static let nameBytesMax = 100_000
    /// Most alarms kept.
    public static let alarmsMax = 32
    /// A gap may be found below the committed offset so often: its receipt may be delivered and not read yet.
    public static let overdueChecksMax = 10
    /// A difference is an alarm when so many checks in a row show it: the move that explains it may not be read yet.
    public static let doubtsMax = 3
    /// Partitions whose committed images differed, and in how many checks in a row.
    private var doubts: [Int32: Int] = [:]

    /// An empty ledger.
    public init() {}

    /// Goes on from a coordinator's last heartbeat.
    public init(restoring status: CoordinatorStatus) {
        for entry in status.ledger { workers[entry.worker] = entry }
        for partition in status.partitions { partitions[partition.partition] = partition }
        alarms = status.alarms.filter { Self.isOwn($0) }.suffix(Self.alarmsMax).map { RecordBounds.cut($0) }
        reset = status.ledgerReset
    }

    /// Starts anew from what is committed, as the control topic's record at `offset` demands. What was credited to
    /// workers before becomes one entry; receipts are read again from their beginning, those of what is committed count as
    /// repeated.
    public init(resetAt offset: Int64, committed: [Int32: (offset: Int64, progress: PartitionProgress)]) {
        for (number, position) in committed {
            partitions[number] = LedgerPartition(
                partition: number, nextOffset: position.offset, images: position.progress.images)
        }
        let before = "(before the reset at \(offset))"
        workers[before] = LedgerEntry(
            worker: before, images: min(imagesCounted, RecordBounds.count.upperBound))
        reset = offset
    }

    /// Forgets the reset that a heartbeat names, unless it lies below `offset` of the control topic: one of tomorrow would be ahead of
    /// every true one.
    public mutating func forgetReset(from offset: Int64) {
        if let reset, reset >= offset { self.reset = nil }
    }

    /// Takes the receipt at `receiptsOffset` of its receipts partition.
    ///
    /// One of the last offset that a record may name is none of a shard: the ledger could not say what comes next.
    ///
    /// - Parameter isLate: Whether it was passed over in doubt, and counts after all.
    public mutating func apply(_ receipt: Receipt, receiptsOffset: Int64, isLate: Bool = false) {
        guard receipt.offset < RecordBounds.offset.upperBound else { return }
        var partition = partitions[receipt.partition] ?? LedgerPartition(partition: receipt.partition)
        defer { partitions[receipt.partition] = partition }
        if !isLate {
            guard receiptsOffset >= partition.receiptsOffset else { return }  // counted before a restart
        }
        partition.receiptsOffset = max(partition.receiptsOffset, receiptsOffset + 1)
        guard receipt.offset >= partition.nextOffset else {
            // Redelivered, or late.
            if partition.fill(receipt) { credit(receipt) }
            return
        }
        partition.cross(
            moves[receipt.partition] ?? [], upTo: receipt.offset, imagesBefore: receipt.imagesBefore)
        if receipt.imagesBefore > partition.images {
            partition.open(
                LedgerGap(
                    offset: partition.nextOffset, endOffset: receipt.offset, imagesBefore: partition.images,
                    imagesAfter: receipt.imagesBefore))
        } else if receipt.imagesBefore < partition.images {
            raise(
                "\(receipt.key): \(receipt.imagesBefore) images lie before it, the ledger counted "
                    + "\(partition.images)")
        }
        partition.images = min(receipt.imagesAfter, RecordBounds.count.upperBound)
        partition.nextOffset = receipt.offset + 1
        credit(receipt)
    }

    /// Takes a move over offsets; receipts that cross it count from there, if it was carried out.
    public mutating func learn(_ move: PositionMove) {
        guard move.done != false else {
            moves[move.partition]?.removeAll { $0 == move.asked }
            return
        }
        let move = move.asked
        guard !move.passedOver.isEmpty, moves[move.partition]?.contains(move) != true else { return }
        moves[move.partition] = Array(((moves[move.partition] ?? []) + [move]).suffix(Self.movesMax))
    }

    private mutating func credit(_ receipt: Receipt) {
        let worker = workers[receipt.worker] == nil && isCrowded ? Self.others : receipt.worker
        var entry = workers[worker] ?? LedgerEntry(worker: worker)
        entry.images = min(entry.images + Int64(receipt.images), RecordBounds.count.upperBound)
        entry.shards = min(entry.shards + 1, RecordBounds.count.upperBound)
        workers[worker] = entry
    }

    /// Whether a heartbeat has no room for another name: the images of more workers stand together.
    private var isCrowded: Bool {
        workers.count >= RecordBounds.entries - 1
            || workers.keys.reduce(0) { $0 + $1.utf8.count } >= Self.nameBytesMax
    }

    /// Compares with what the workers' group committed for a partition.
    ///
    /// - Parameter end: Where the partition ends by the word of whoever answered: receipts from there on may be waiting for another
    ///   answer, and where more is committed that node is behind.
    public mutating func check(
        partition number: Int32, committed: Int64, progress: PartitionProgress, end: Int64 = .max
    ) {
        var partition = partitions[number] ?? LedgerPartition(partition: number)
        let moves = moves[number] ?? []
        // The first commit behind a move may come before the first receipt there.
        partition.cross(
            moves.filter { $0.to >= partition.nextOffset }, upTo: committed, imagesBefore: progress.images)
        if !moves.isEmpty { partitions[number] = partition }
        checkGap(partition, committed: committed, end: end)
        // Behind the ledger is normal (a commit follows its receipts); ahead, or different at the same
        // point, is not. Markers lie between, so the offsets alone need not be equal.
        let ahead = progress.images > partition.images && committed <= partition.nextOffset
        let behind = progress.images < partition.images && committed >= partition.nextOffset
        guard ahead || behind else {
            doubts[number] = nil
            return
        }
        let isExplained = moves.contains { $0.to <= committed && $0.images <= progress.images }
        guard !behind || !isExplained else { return }  // receipts will tell
        doubts[number, default: 0] += 1
        guard doubts[number] == Self.doubtsMax else { return }
        raise(
            "\(progress.images) images committed below offset \(committed), the ledger counted "
                + "\(partition.images) below \(partition.nextOffset)", once: "partition \(number)")
    }

    private mutating func checkGap(_ partition: LedgerPartition, committed: Int64, end: Int64) {
        guard let gap = partition.gaps?.first, committed >= gap.endOffset, committed <= end else {
            overdue[partition.partition] = nil
            return
        }
        let known = overdue[partition.partition]
        let checks = known?.gap == gap ? (known?.checks ?? 0) + 1 : 1
        overdue[partition.partition] = (gap, checks)
        guard checks == Self.overdueChecksMax else { return }
        raise(
            "partition \(partition.partition): no receipt for \(gap.images) images of offsets \(gap.offset) to "
                + "\(gap.endOffset - 1), which are committed")
    }

    /// Compares the two sums; they differ only if a credit was lost or doubled here.
    public mutating func checkSums() {
        let outside = partitions.values.map { $0.outside ?? 0 }.saturatingSum
        let credited = workers.values.map(\.images).saturatingSum - outside
        if credited != imagesCounted {
            raise("\(credited) images by worker, \(imagesCounted) by partition", once: "sums")
        }
    }

    /// Images in all partitions together, gaps left out.
    public var imagesCounted: Int64 {
        partitions.values.map { $0.images - ($0.gaps ?? []).map(\.images).saturatingSum }.saturatingSum
    }
    /// The workers' entries, by name.
    public var entries: [LedgerEntry] { workers.values.sorted { $0.worker < $1.worker } }
    /// The partitions' entries, by number.
    public var partitionEntries: [LedgerPartition] {
        partitions.values.sorted { $0.partition < $1.partition }
    }
    /// Where to go on reading the receipts of a partition.
    public func receiptsOffset(partition: Int32) -> Int64 { partitions[partition]?.receiptsOffset ?? 0 }

    /// Raises an alarm about a thing of which the first alarm says enough.
    private mutating func raise(_ text: String, once thing: String) {
        guard !alarms.contains(where: { $0.hasPrefix(Self.mark + thing + ": ") }) else { return }
        raise(thing + ": " + text)
    }

    private mutating func raise(_ text: String) {
        let alarm = RecordBounds.cut(Self.mark + text)
        guard !alarms.contains(alarm) else { return }
        alarms.append(alarm)
        if alarms.count > Self.alarmsMax { alarms.removeFirst() }
    }

    /// What the ledger's own alarms begin with: a heartbeat holds others, which are not to be restored.
    private static let mark = "ledger: "
    private static func isOwn(_ alarm: String) -> Bool { alarm.hasPrefix(mark) }

    /// Equal when the same was counted; how often a gap was looked at does not matter.
    public static func == (left: ThroughputLedger, right: ThroughputLedger) -> Bool {
        left.partitions == right.partitions && left.workers == right.workers && left.alarms == right.alarms
    }
}

extension LedgerPartition {
    /// Takes note of a move up to `offset`, of which `imagesBefore` is known: what was scored behind it and not committed,
    /// by a worker that was thought dead, is not part of the count.
    fileprivate mutating func cross(_ moves: [PositionMove], upTo offset: Int64, imagesBefore: Int64) {
        guard imagesBefore < images else { return }
        // Some were never carried out: the one that comes closest to what is known explains it.
        let fitting = moves.filter { $0.to <= offset && $0.images <= imagesBefore }
        guard let move = fitting.max(by: { $0.images < $1.images }) else { return }
        // Where that worker had gone beyond the move, only what comes behind tells how much is too much.
        let right = nextOffset > move.to ? imagesBefore : move.images
        // Nor are receipts missing there: what it lost of its own was nobody's.
        let own = (gaps ?? []).filter { $0.offset < move.passedOver.lowerBound }
        let lost = (gaps ?? []).map(\.images).saturatingSum - own.map(\.images).saturatingSum
        gaps = own.isEmpty ? nil : own
        outside = min((outside ?? 0) + max(0, images - right - lost), RecordBounds.count.upperBound)
        images = right
        nextOffset = max(nextOffset, move.to)
    }
}

public import PipelineMessages

/// Adds up the fleet's work from receipts: the per-worker sum must equal the committed images.
///
/// Receipts of one partition arrive in offset order from each worker and overlap only by redelivery.
/// A shard is credited to the worker that receipted it first. Every receipt states how many images
/// lie before it, so a lost or doubled shard shows at once as a gap.
public struct ThroughputLedger: Sendable, Equatable {
    private var partitions: [Int32: LedgerPartition] = [:]
    private var workers: [String: LedgerEntry] = [:]
    /// What did not add up, oldest first, at most ``alarmsMax``.
    public private(set) var alarms: [String] = []
    /// Most alarms kept.
    public static let alarmsMax = 32

    /// An empty ledger.
    public init() {}

    /// Goes on from a coordinator's last heartbeat.
    public init(restoring status: CoordinatorStatus) {
        for entry in status.ledger { workers[entry.worker] = entry }
        for partition in status.partitions { partitions[partition.partition] = partition }
        alarms = Array(status.alarms.suffix(Self.alarmsMax))
    }

    /// Takes the receipt at `receiptsOffset` of its receipts partition.
    public mutating func apply(_ receipt: Receipt, receiptsOffset: Int64) {
        var partition = partitions[receipt.partition] ?? LedgerPartition(partition: receipt.partition)
        defer { partitions[receipt.partition] = partition }
        guard receiptsOffset >= partition.receiptsOffset else { return }  // counted before a restart
        partition.receiptsOffset = receiptsOffset + 1
        guard receipt.offset >= partition.nextOffset else { return }  // redelivered
        if receipt.imagesBefore != partition.images {
            raise(
                "\(receipt.key): \(receipt.imagesBefore) images lie before it, the ledger counted "
                    + "\(partition.images)")
        }
        partition.images = min(receipt.imagesAfter, RecordBounds.count.upperBound)
        partition.nextOffset = receipt.offset + 1
        var entry = workers[receipt.worker] ?? LedgerEntry(worker: receipt.worker)
        entry.images = min(entry.images + Int64(receipt.images), RecordBounds.count.upperBound)
        entry.shards += 1
        workers[receipt.worker] = entry
    }

    /// Compares with what the workers' group committed for a partition.
    public mutating func check(partition number: Int32, committed: Int64, progress: PartitionProgress) {
        let partition = partitions[number] ?? LedgerPartition(partition: number)
        // Behind the ledger is normal (a commit follows its receipts); ahead, or different at the same
        // point, is not. Markers lie between, so the offsets alone need not be equal.
        let ahead = progress.images > partition.images && committed <= partition.nextOffset
        let behind = progress.images < partition.images && committed >= partition.nextOffset
        guard ahead || behind else { return }
        raise(
            "partition \(number): \(progress.images) images committed below offset \(committed), the "
                + "ledger counted \(partition.images) below \(partition.nextOffset)")
    }

    /// Compares the two sums; they differ only if a credit was lost or doubled here.
    public mutating func checkSums() {
        let credited = workers.values.map(\.images).saturatingSum
        if credited != imagesCounted {
            raise("the workers' sum is \(credited) images, the partitions' sum \(imagesCounted)")
        }
    }

    /// Images in all partitions together.
    public var imagesCounted: Int64 { partitions.values.map(\.images).saturatingSum }
    /// The workers' entries, by name.
    public var entries: [LedgerEntry] { workers.values.sorted { $0.worker < $1.worker } }
    /// The partitions' entries, by number.
    public var partitionEntries: [LedgerPartition] {
        partitions.values.sorted { $0.partition < $1.partition }
    }
    /// Where to go on reading the receipts of a partition.
    public func receiptsOffset(partition: Int32) -> Int64 { partitions[partition]?.receiptsOffset ?? 0 }

    private mutating func raise(_ text: String) {
        let alarm = RecordBounds.cut(text)
        guard !alarms.contains(alarm) else { return }
        alarms.append(alarm)
        if alarms.count > Self.alarmsMax { alarms.removeFirst() }
    }
}

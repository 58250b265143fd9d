/// The leading coordinator's heartbeat and ledger. Topic `status`, key `coordinator`.
///
/// Doubles as the ledger's snapshot: a restarted coordinator goes on from `ledger`.
public struct CoordinatorStatus: Hashable, Sendable, Codable {
    /// Always `coordinator-status/1`.
    public var schema = "coordinator-status/1"
    /// Name of the coordinator.
    public var coordinator: String
    /// When this heartbeat was written, milliseconds since 1970.
    public var atMs: Int64
    /// Workers with a recent heartbeat.
    public var liveWorkers: Int
    /// Images scored a second by the live workers together.
    public var imagesPerSecond: Double
    /// Cut-overs that are not finished.
    public var openCutovers: [String]
    /// Images credited to each worker.
    public var ledger: [LedgerEntry]
    /// Progress of each partition in the ledger.
    public var partitions: [LedgerPartition]
    /// Images in all partitions together.
    public var imagesCommitted: Int64
    /// Offset in the control topic of the ``LedgerReset`` since which the ledger counts; absent where there was none.
    public var ledgerReset: Int64?
    /// What does not add up, or waits and should not; empty when all is well.
    public var alarms: [String]
    /// The modelled chip beside the measured fleet; absent where the coordinator was not told the artefact.
    public var twin: ChipTwinStatus?

    /// A heartbeat.
    public init(coordinator: String, atMs: Int64) {
        self.coordinator = coordinator
        self.atMs = atMs
        liveWorkers = 0
        imagesPerSecond = 0
        openCutovers = []
        ledger = []
        partitions = []
        imagesCommitted = 0
        alarms = []
    }

    /// Whether the ledger counts since the reset at `offset` of the control topic, or since a later one.
    ///
    /// - Parameter known: The offsets of all resets that were read there: a heartbeat of anybody's may name any.
    public func countsSinceReset(at offset: Int64, among known: [Int64]) -> Bool {
        guard let ledgerReset, ledgerReset >= offset else { return false }
        return known.contains(ledgerReset)
    }
}

/// Images credited to one worker, over all its lives.
public struct LedgerEntry: Hashable, Sendable, Codable {
    /// Name of the worker.
    public var worker: String
    /// Images whose shard it was the first to receipt.
    public var images: Int64
    /// Shards likewise.
    public var shards: Int64

    /// Starts or restores an entry.
    public init(worker: String, images: Int64 = 0, shards: Int64 = 0) {
        self.worker = worker
        self.images = images
        self.shards = shards
    }
}

/// How far the ledger has counted one partition.
public struct LedgerPartition: Hashable, Sendable, Codable {
    /// The partition.
    public var partition: Int32
    /// Offset of the next shard that is not counted yet (a lower bound).
    public var nextOffset: Int64
    /// Images counted below it.
    public var images: Int64
    /// Next offset of the receipts partition to read when counting goes on.
    public var receiptsOffset: Int64
    /// Shards below `nextOffset` whose receipts have not come yet; absent where there are none.
    public var gaps: [LedgerGap]?
    /// Images that were receipted and then left out of the count by a ``PositionMove``; absent where there are none.
    public var outside: Int64?
    /// What the workers' group has committed; absent where that is nothing, or was not learned.
    public var committedOffset: Int64?
    /// Where the partition began and ended when that was asked: what lies above both, and below the end, waits.
    public var beginOffset: Int64?
    /// See ``beginOffset``.
    public var endOffset: Int64?

    /// Records that waited; 0 where that was not learned.
    public var waiting: Int64 { max(0, (endOffset ?? 0) - max(beginOffset ?? 0, committedOffset ?? 0)) }

    /// Starts or restores a partition.
    public init(partition: Int32, nextOffset: Int64 = 0, images: Int64 = 0, receiptsOffset: Int64 = 0) {
        self.partition = partition
        self.nextOffset = nextOffset
        self.images = images
        self.receiptsOffset = receiptsOffset
    }
}

/// Shards of one partition that lie between counted ones and have no receipt yet.
public struct LedgerGap: Hashable, Sendable, Codable {
    /// The first offset that may be missing.
    public var offset: Int64
    /// One above the last.
    public var endOffset: Int64
    /// Images of the partition below the gap.
    public var imagesBefore: Int64
    /// Images of the partition below its end.
    public var imagesAfter: Int64

    /// A gap.
    public init(offset: Int64, endOffset: Int64, imagesBefore: Int64, imagesAfter: Int64) {
        self.offset = offset
        self.endOffset = endOffset
        self.imagesBefore = imagesBefore
        self.imagesAfter = imagesAfter
    }

    /// Images that are missing.
    public var images: Int64 { imagesAfter - imagesBefore }

    /// Most gaps of one partition that a heartbeat holds.
    public static let countMax = 64
}

/// A fleet supervisor's heartbeat. Topic `status`, key `fleet/NAME`.
public struct FleetStatus: Hashable, Sendable, Codable {
    /// Always `fleet-status/1`.
    public var schema = "fleet-status/1"
    /// Name of the fleet.
    public var fleet: String
    /// The machine's host name.
    public var host: String
    /// The supervisor's process id.
    public var pid: Int32
    /// Workers it is to run.
    public var target: Int
    /// Workers that run, by name.
    public var workers: [String]
    /// Workers that died and were started again.
    public var restarts: Int
    /// When this heartbeat was written, milliseconds since 1970.
    public var atMs: Int64

    /// A heartbeat.
    public init(
        fleet: String, host: String, pid: Int32, target: Int, workers: [String], restarts: Int, atMs: Int64
    ) {
        self.fleet = fleet
        self.host = host
        self.pid = pid
        self.target = target
        self.workers = workers
        self.restarts = restarts
        self.atMs = atMs
    }
}

public import Artifacts

/// A worker's heartbeat. Topic `status`, key `worker/ID`.
public struct WorkerStatus: Hashable, Sendable, Codable {
    /// Where a worker stands in its life.
    public enum State: String, Sendable, Codable {
        /// Reading the control topic, not yet taking shards.
        case starting
        /// Taking shards.
        case running
        /// Finishing what it took; will stop.
        case draining
        /// Left; the last heartbeat.
        case stopped
    }

    /// A head that a worker will not load, and why.
    public struct Refusal: Hashable, Sendable, Codable {
        /// Digest of the head.
        public var head: ContentDigest
        /// Why.
        public var reason: String

        /// A refused head.
        public init(head: ContentDigest, reason: String) {
            self.head = head
            self.reason = RecordBounds.cut(reason)
        }
    }

    /// A head that is hardened into a worker's backbone.
    public struct FrozenHead: Hashable, Sendable, Codable {
        /// Digest of the head.
        public var head: ContentDigest
        /// Its human name.
        public var label: HeadLabel
        /// Cut-overs, decided in the control topic or met as markers, that this life did not follow.
        public var cutoversIgnored: Int64

        /// A frozen head.
        public init(head: ContentDigest, label: HeadLabel, cutoversIgnored: Int64 = 0) {
            self.head = head
            self.label = label
            self.cutoversIgnored = cutoversIgnored
        }

        /// Why `backbone` takes no other head: the one text that workers, coordinator and commands say.
        public func refusal(backbone: ContentDigest) -> String {
            "head \(label) (\(head.short)) is frozen into backbone \(backbone.short); "
                + "only an open backbone takes another head"
        }
    }

    /// One partition that a worker owns.
    public struct Partition: Hashable, Sendable, Codable {
        /// The partition.
        public var partition: Int32
        /// Next offset that will be taken.
        public var position: Int64
        /// Human name of the head in force for the default slot at ``position``, if any is.
        public var head: HeadLabel?
        /// Why no shard is taken from it, if so.
        public var blocked: String?

        /// A partition's state.
        public init(partition: Int32, position: Int64, head: HeadLabel?, blocked: String?) {
            self.partition = partition
            self.position = position
            self.head = head
            self.blocked = blocked.map { RecordBounds.cut($0) }
        }
    }

    /// Always `worker-status/1`.
    public var schema = "worker-status/1"
    /// Name of the worker, unique in the fleet.
    public var worker: String
    /// Which life of that worker; a restart has another.
    public var incarnation: String
    /// The machine's host name.
    public var host: String
    /// The process id.
    public var pid: Int32
    /// Where it stands.
    public var state: State
    /// When this life began, milliseconds since 1970.
    public var startedAtMs: Int64
    /// When this heartbeat was written, milliseconds since 1970.
    public var atMs: Int64
    /// Digest of its backbone.
    public var backbone: ContentDigest
    /// The preprocessing that its backbone states; absent in heartbeats of versions that did not say.
    public var preprocessing: String?
    /// Instruction-set tier of its kernels.
    public var isa: String
    /// Datapath replicas.
    public var replicas: Int
    /// Digests of the heads it has verified and loaded.
    public var headsReady: [ContentDigest]
    /// Heads it refused.
    public var refusals: [Refusal]
    /// The head that its backbone holds frozen; absent where heads can be switched.
    public var frozenHead: FrozenHead?
    /// The partitions it owns.
    public var partitions: [Partition]
    /// Images scored in this life, redeliveries included.
    public var imagesScored: Int64
    /// Images whose shard's offset was committed by this life.
    public var imagesCommitted: Int64
    /// Images that could not be read.
    public var imageErrors: Int64
    /// Mean size of the shards that were opened in this life, as they lie in the topic, bytes; absent where none was, and in
    /// heartbeats of versions that did not say.
    public var shardBytes: Int64?
    /// Shards sent to the dead letters.
    public var deadLetters: Int64
    /// Images scored a second since the last heartbeat.
    public var imagesPerSecond: Double
    /// Shards waiting for a replica.
    public var queuedShards: Int
    /// Share of the time since the last heartbeat in which replicas computed, 0 to 1.
    public var replicaUtilisation: Double
    /// Share of the time since the last heartbeat in which the NPU computed, 0 to 1.
    public var npuUtilisation: Double
    /// Resident memory, bytes.
    public var residentBytes: Int64

    /// A first heartbeat.
    public init(
        worker: String, incarnation: String, host: String, pid: Int32, startedAtMs: Int64,
        backbone: ContentDigest, isa: String, replicas: Int
    ) {
        self.worker = worker
        self.incarnation = incarnation
        self.host = host
        self.pid = pid
        state = .starting
        self.startedAtMs = startedAtMs
        atMs = startedAtMs
        self.backbone = backbone
        self.isa = isa
        self.replicas = replicas
        headsReady = []
        refusals = []
        partitions = []
        imagesScored = 0
        imagesCommitted = 0
        imageErrors = 0
        deadLetters = 0
        imagesPerSecond = 0
        queuedShards = 0
        replicaUtilisation = 0
        npuUtilisation = 0
        residentBytes = 0
    }

    /// Why the worker takes no other head; `nil` where it does.
    public var frozenHeadRefusal: String? { frozenHead?.refusal(backbone: backbone) }
}

public import Artifacts

/// The state of one head cut-over, as the control topic tells it.
///
/// Topic `control`. `head push` writes `requested` under the key `cutover/REQUEST`; the leading coordinator writes the
/// rest, each record under `decision/REQUEST/NAME` with a name of its own: of several the first counts, and compaction
/// removes none. So `aborted` may come from whoever asked as well, once nobody decided in time, and from `head abandon`.
/// The order of requests in the topic is the order of cut-overs.
public struct CutoverRecord: Hashable, Sendable, Codable {
    /// Where a cut-over stands.
    public enum State: String, Sendable, Codable {
        /// Asked for; workers are loading and verifying the head.
        case requested
        /// Every needed worker is ready; markers are being written. From here it only goes forward.
        case committing
        /// Every partition has its marker; `offsets` is final.
        case committed
        /// Given up before any marker was written; nothing was switched.
        case aborted
    }

    /// Random name of the request, chosen by who asked.
    public var request: String
    /// Where it stands.
    public var state: State
    /// Which shards it concerns.
    public var slot: HeadSlot
    /// Digest of the head to switch to.
    public var head: ContentDigest
    /// Its human name.
    public var label: HeadLabel
    /// Partitions to switch; `nil` means all.
    public var partitions: [Int32]?
    /// Number of the cut-over of all partitions whose head this one gives to partitions that were added since; `nil` in what
    /// a person asks for.
    public var restates: Int64?
    /// Workers that must be ready; `nil` means every live one.
    public var quorum: Int?
    /// Workers that do not count, by name: neither needed nor asked; at most ``ignoredMax``. `nil` means none.
    public var ignore: [String]?
    /// How long workers have to get ready, milliseconds.
    public var deadlineMs: Int64
    /// When it was asked, milliseconds since 1970.
    public var requestedAtMs: Int64
    /// Its rank among cut-overs: the control-topic offset of the request. Set from `committing` on.
    public var number: Int64?
    /// End of each partition when `committing` was written: no marker lies below.
    public var scanFrom: [PartitionOffset]?
    /// What its markers must repeat; drawn by the coordinator, so that nobody can write a marker that counts before
    /// `committing` can be read. 32 hexadecimal digits. Set from `committing` on; absent in records of earlier versions.
    public var token: String?
    /// Offset of the marker in each partition: the cut-over offsets. Set by `committed`.
    public var offsets: [PartitionOffset]?
    /// Why it was aborted, one line a worker.
    public var reasons: [String]?
    /// When this state was written, milliseconds since 1970.
    public var updatedAtMs: Int64

    /// A request to switch `slot` to a head.
    public init(
        request: String, slot: HeadSlot, head: ContentDigest, label: HeadLabel,
        partitions: [Int32]? = nil, quorum: Int? = nil, ignore: [String]? = nil, deadlineMs: Int64,
        requestedAtMs: Int64
    ) {
        self.request = request
        state = .requested
        self.slot = slot
        self.head = head
        self.label = label
        self.partitions = partitions
        self.quorum = quorum
        self.ignore = ignore
        self.deadlineMs = deadlineMs
        self.requestedAtMs = requestedAtMs
        updatedAtMs = requestedAtMs
    }

    /// Most workers that a request can ignore.
    public static let ignoredMax = 64

    /// Most reasons that an aborted cut-over names.
    public static let reasonsMax = 64

    /// The decision to give it up; it counts if no other decision is before it in the topic.
    public func aborted(_ reasons: [String], atMs: Int64) -> CutoverRecord {
        var decided = self
        decided.state = .aborted
        decided.reasons = reasons.prefix(Self.reasonsMax).map { RecordBounds.cut($0) }
        if reasons.count > Self.reasonsMax {
            decided.reasons?.append("and \(reasons.count - Self.reasonsMax) more")
        }
        decided.updatedAtMs = atMs
        return decided
    }
}

/// An offset in one partition of the shard topic.
public struct PartitionOffset: Hashable, Sendable, Codable {
    /// The partition.
    public var partition: Int32
    /// The offset.
    public var offset: Int64

    /// Names a position.
    public init(partition: Int32, offset: Int64) {
        self.partition = partition
        self.offset = offset
    }
}

/// The control record inside a partition of the shard topic from which a new head is in force.
///
/// Its own offset is the cut-over offset: shards above it are scored by `head`.
/// Key `marker/NUMBER`, header `hsf-kind: marker`.
public struct CutoverMarker: Hashable, Sendable, Codable {
    /// Rank of the cut-over; a marker whose number is not above the last in its slot is ignored.
    public let number: Int64
    /// The request it belongs to.
    public let request: String
    /// Which shards it concerns.
    public let slot: HeadSlot
    /// Digest of the head now in force.
    public let head: ContentDigest
    /// Its human name.
    public let label: HeadLabel
    /// The token of the cut-over's announcement; absent in markers of earlier versions.
    public let token: String?

    /// A marker of the cut-over `number`.
    public init(
        number: Int64, request: String, slot: HeadSlot, head: ContentDigest, label: HeadLabel,
        token: String? = nil
    ) {
        self.token = token
        self.number = number
        self.request = request
        self.slot = slot
        self.head = head
        self.label = label
    }
}

extension CutoverMarker {
    /// The marker of an announced cut-over; `nil` before it has a number.
    public init?(of record: CutoverRecord) {
        guard let number = record.number else { return nil }
        self.init(
            number: number, request: record.request, slot: record.slot, head: record.head,
            label: record.label,
            token: record.token)
    }
}

/// Which kind of record a record of the shard topic is.
public enum ShardTopicKind: String, Sendable {
    /// An ``ImageShard``.
    case shard
    /// A ``CutoverMarker``.
    case marker

    /// The Kafka header that carries it.
    public static let header = "hsf-kind"
}

/// Where a partition stood, as a coordinator saw it committed: enough to go on when the group's offsets are gone.
///
/// Topic `control`, key `checkpoint/PARTITION`. Kafka forgets the offsets of an empty group (after seven days by default),
/// and anybody's tool may overwrite them; who may write the control topic vouches for this copy. Never read as a position by
/// itself: a ``PositionMove`` names it.
public struct PositionCheckpoint: Hashable, Sendable, Codable {
    /// Always `position-checkpoint/1`.
    public var schema = "position-checkpoint/1"
    /// The shard topic.
    public var topic: String
    /// The partition.
    public var partition: Int32
    /// The committed offset.
    public var offset: Int64
    /// Images below it.
    public var images: Int64
    /// The heads in force there, one a slot.
    public var heads: [HeadInForce]
    /// Offset in the control topic of the last ``PositionMove`` that was carried out there; `nil` where there was none.
    public var moved: Int64?
    /// When it was seen, milliseconds since 1970: records below ``offset`` were appended before.
    public var atMs: Int64

    /// Time that the clocks of a coordinator and a broker may differ by, milliseconds.
    public static let clockSlackMs: Int64 = 5_000

    /// Notes where a partition stands.
    public init(topic: String, partition: Int32, offset: Int64, progress: PartitionProgress, atMs: Int64) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.atMs = atMs
        images = progress.images
        heads = progress.heads
        moved = progress.moved
    }

    /// Whether a record at `offset` of the control topic can say so: what it names there was there before.
    public func isPossible(at offset: Int64) -> Bool {
        PartitionProgress(images: images, heads: heads, moved: moved).isKnown(below: offset)
    }

    /// Whether another one, read later or earlier, is of a later state: of more moves, then of a higher offset.
    ///
    /// A coordinator that is thought dead may write an old one last.
    public func isBehind(_ other: PositionCheckpoint) -> Bool {
        (moved ?? -1, offset) < (other.moved ?? -1, other.offset)
    }
}

extension PositionCheckpoint: BoundedRecord {
    /// Checks every field of which a value could do harm.
    public func check(_ bounds: inout BoundsCheck) {
        bounds.text(topic, "topic", bytes: RecordBounds.name)
        bounds.integer(partition, "partition", in: RecordBounds.partition)
        bounds.integer(offset, "offset", in: RecordBounds.offset)
        bounds.integer(atMs, "at_ms", in: RecordBounds.time)
        PartitionProgress(images: images, heads: heads, moved: moved).check(&bounds)
    }
}

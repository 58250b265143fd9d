/// The word that a partition goes on at another offset: an operator's, over shards that retention deleted unread, or back;
/// or a coordinator's, where the group's offset is gone or was overwritten.
///
/// Topic `control`, key `move/PARTITION/NAME`; compaction keeps all of them. Whoever owns the partition carries it out,
/// and only if nothing else happened there meanwhile: what lies between ``from`` and ``to`` is then exactly what was
/// passed over, and ``PartitionProgress/moved`` beside the committed offset says that it was done.
public struct PositionMove: Hashable, Sendable, Codable {
    /// Always `position-move/1`.
    public var schema = "position-move/1"
    /// The shard topic.
    public var topic: String
    /// The partition.
    public var partition: Int32
    /// The committed offset that it is meant for; `nil` where nothing is committed.
    public var from: Int64?
    /// The offset to go on at.
    public var to: Int64
    /// Images of the partition that count as lying below ``to``.
    public var images: Int64
    /// Why, for those who read it later.
    public var reason: String
    /// Who asked, for people; nothing vouches for it but the right to write the control topic.
    public var by: String
    /// When it was asked, milliseconds since 1970.
    public var atMs: Int64
    /// The offset of the record that asked for it, once that was carried out or can not be any more: written under the
    /// same key, so that nobody carries it out again where ``from`` is committed another time.
    public var settled: Int64?
    /// Whether it was carried out, where it is settled; absent where nobody can tell: a later one was, or the
    /// worker's word was lost with its offset.
    public var done: Bool?
    /// Whether it goes on where the fleet was (``PositionCheckpoint``), and passes over nothing.
    public var resumes: Bool?

    /// Asks for a move.
    public init(
        topic: String, partition: Int32, from: Int64?, to: Int64, images: Int64, reason: String, by: String,
        atMs: Int64
    ) {
        self.topic = topic
        self.partition = partition
        self.from = from
        self.to = to
        self.images = images
        self.reason = reason
        self.by = by
        self.atMs = atMs
    }

    /// The same, said to be settled.
    ///
    /// - Parameters:
    ///   - offset: where the record stands that asked for it.
    ///   - done: whether it was carried out; `nil` where nobody can tell.
    public func settled(at offset: Int64, done: Bool?) -> PositionMove {
        var move = self
        move.settled = offset
        move.done = done
        return move
    }

    /// The same, on where the fleet was.
    public var resuming: PositionMove {
        var move = self
        move.resumes = true
        return move
    }

    /// The same, as it was asked for.
    public var asked: PositionMove {
        var move = self
        move.settled = nil
        move.done = nil
        return move
    }

    /// Offsets that it passes over; empty where it goes back, or on where the fleet was.
    public var passedOver: Range<Int64> {
        let from = from ?? 0
        return from..<(resumes == true ? from : max(from, to))
    }
}

/// An operator's word that the ledger starts anew from what the workers' group has committed.
///
/// Topic `control`, key `ledger/NAME`. For a ledger that forged or lost receipts have put wrong: credits of before become
/// one entry, and ``CoordinatorStatus/ledgerReset`` says since when it counts.
public struct LedgerReset: Hashable, Sendable, Codable {
    /// Always `ledger-reset/1`.
    public var schema = "ledger-reset/1"
    /// Why, for those who read it later.
    public var reason: String
    /// Who asked, for people; nothing vouches for it but the right to write the control topic.
    public var by: String
    /// When it was asked, milliseconds since 1970.
    public var atMs: Int64

    /// Asks for a new start.
    public init(reason: String, by: String, atMs: Int64) {
        self.reason = reason
        self.by = by
        self.atMs = atMs
    }
}

extension PositionMove: BoundedRecord {
    /// Checks every field of which a value could do harm.
    public func check(_ bounds: inout BoundsCheck) {
        bounds.text(topic, "topic", bytes: RecordBounds.name)
        bounds.integer(partition, "partition", in: RecordBounds.partition)
        bounds.integer(from, "from", in: RecordBounds.offset)
        bounds.integer(to, "to", in: RecordBounds.offset)
        bounds.integer(images, "images", in: RecordBounds.count)
        bounds.text(reason, "reason", bytes: RecordBounds.text)
        bounds.text(by, "by", bytes: RecordBounds.name)
        bounds.integer(atMs, "at_ms", in: RecordBounds.time)
        bounds.integer(settled, "settled", in: RecordBounds.offset)
    }
}

extension LedgerReset: BoundedRecord {
    /// Checks every field of which a value could do harm.
    public func check(_ bounds: inout BoundsCheck) {
        bounds.text(reason, "reason", bytes: RecordBounds.text)
        bounds.text(by, "by", bytes: RecordBounds.name)
        bounds.integer(atMs, "at_ms", in: RecordBounds.time)
    }
}

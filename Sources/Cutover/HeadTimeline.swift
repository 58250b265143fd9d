public import PipelineMessages

/// Which head scores the next shard of one partition: the cut-over rule itself.
///
/// The rule makes the head a pure function of (partition, offset, stream), whoever asks and whenever:
///
/// 1. A marker takes effect in its slot if its number is above that of the slot's head in force;
///    any other marker is a repetition and is ignored. So is one with which the heads in force could not be
///    written beside an offset any more (``HeadsInForce``).
/// 2. A shard uses the head of its stream's slot, else the default slot's.
/// 3. Shards before the first default marker of the partition use that first marker's head
///    (the *first head*), so that no shard is without one for ever.
///
/// Fed with every marker of the partition above ``startOffset``, in order.
public struct HeadTimeline: Sendable, Equatable {
    /// The partition.
    public let partition: Int32
    private var inForce: HeadsInForce
    private var first: HeadInForce?

    /// Starts at a committed offset.
    ///
    /// - Parameters:
    ///   - progress: what was committed beside that offset.
    ///   - activations: what the control topic says; covers a lost or empty `progress`.
    public init(
        partition: Int32, startOffset: Int64, progress: PartitionProgress, activations: ActivationLog
    ) {
        self.partition = partition
        inForce = HeadsInForce()
        for candidate in progress.heads + activations.inForce(partition: partition, below: startOffset) {
            inForce.adopt(candidate)
        }
        learn(activations)
    }

    /// Takes what the control topic says since: only the partition's first head can be news here.
    public mutating func learn(_ activations: ActivationLog) {
        first = first ?? activations.firstHead(partition: partition)
    }

    /// Passes a marker at `offset`; returns whether it changed the head of its slot.
    @discardableResult
    public mutating func apply(_ marker: CutoverMarker, at offset: Int64) -> Bool {
        inForce.adopt(
            HeadInForce(
                slot: marker.slot, head: marker.head, label: marker.label, number: marker.number,
                marker: offset))
    }

    /// The head for the next shard of `stream`; `nil` while the partition's first head is not known.
    public func head(stream: String) -> HeadInForce? {
        inForce.heads[.stream(stream)] ?? inForce.heads[.standard] ?? first
    }

    /// The heads in force, for the commit metadata, in a fixed order.
    public var heads: [HeadInForce] {
        inForce.sorted
    }
}

/// The heads in force in one partition, one a slot, never more than can be written beside an offset.
struct HeadsInForce: Sendable, Equatable {
    private(set) var heads: [HeadSlot: HeadInForce] = [:]

    /// Puts a head in force if its number is above that of its slot's, and there is room; returns whether it did.
    @discardableResult
    mutating func adopt(_ candidate: HeadInForce) -> Bool {
        if let current = heads[candidate.slot], current.number >= candidate.number { return false }
        var next = heads
        next[candidate.slot] = candidate
        guard PartitionProgress.fits(Array(next.values)) else { return false }
        heads = next
        return true
    }

    /// In a fixed order.
    var sorted: [HeadInForce] { heads.values.sorted { $0.slot.description < $1.slot.description } }
}

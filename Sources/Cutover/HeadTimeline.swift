public import PipelineMessages

/// Which head scores the next shard of one partition: the cut-over rule itself.
///
/// The rule makes the head a pure function of (partition, offset, stream), whoever asks and whenever:
///
/// 1. A marker takes effect in its slot if its number is above that of the slot's head in force;
///    any other marker is a repetition and is ignored.
/// 2. A shard uses the head of its stream's slot, else the default slot's.
/// 3. Shards before the first default marker of the partition use that first marker's head
///    (the *first head*), so that no shard is without one for ever.
///
/// Fed with every marker of the partition above ``startOffset``, in order.
public struct HeadTimeline: Sendable, Equatable {
    /// The partition.
    public let partition: Int32
    private var inForce: [HeadSlot: HeadInForce]
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
        inForce = [:]
        for candidate in progress.heads + activations.inForce(partition: partition, below: startOffset) {
            adopt(candidate)
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
        adopt(
            HeadInForce(
                slot: marker.slot, head: marker.head, label: marker.label, number: marker.number,
                marker: offset))
    }

    /// The head for the next shard of `stream`; `nil` while the partition's first head is not known.
    public func head(stream: String) -> HeadInForce? {
        inForce[.stream(stream)] ?? inForce[.standard] ?? first
    }

    /// The heads in force, for the commit metadata, in a fixed order.
    public var heads: [HeadInForce] {
        inForce.values.sorted { $0.slot.description < $1.slot.description }
    }

    @discardableResult
    private mutating func adopt(_ candidate: HeadInForce) -> Bool {
        if let current = inForce[candidate.slot], current.number >= candidate.number { return false }
        inForce[candidate.slot] = candidate
        return true
    }
}

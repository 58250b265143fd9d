public import Artifacts

/// What a worker writes beside every committed offset: enough to go on without any other source.
///
/// Kafka bounds the string at 4,096 bytes (`offset.metadata.max.bytes`); it is a pure function of
/// (partition, offset), so it does not matter which worker wrote it.
public struct PartitionProgress: Hashable, Sendable, Codable {
    /// Images of the shards below the committed offset.
    public var images: Int64
    /// The heads in force at the committed offset, one a slot.
    public var heads: [HeadInForce]
    /// Offset in the control topic of the last ``PositionMove`` that was carried out here; `nil` where there was none.
    public var moved: Int64?

    /// Progress at some offset.
    public init(images: Int64 = 0, heads: [HeadInForce] = [], moved: Int64? = nil) {
        self.images = images
        self.heads = heads
        self.moved = moved
    }

    /// The highest offset of the control topic that it names: of a move, or of what put a head in force; `nil` if it names none.
    public var newestNamed: Int64? {
        let newest = heads.map(\.number).max()
        return [newest, moved].compactMap { $0 }.max()
    }

    /// Whether all that it names of the control topic lies below `offset` there.
    ///
    /// Whoever wrote it had read that. A number of tomorrow would be ahead of everything that comes.
    public func isKnown(below offset: Int64) -> Bool { newestNamed ?? -1 < offset }

    /// Most bytes of the text form.
    public static let textBytesMax = 4_096

    /// Whether heads in force, one a slot, can be committed at any offset, after any number of images.
    ///
    /// - Parameter bytesMax: What the broker keeps beside an offset, bytes.
    public static func fits(_ heads: [HeadInForce], in bytesMax: Int = textBytesMax) -> Bool {
        // Nearly always there are few; six bytes are the longest escape of one.
        let bound = heads.reduce(96) { $0 + 280 + 6 * $1.slot.description.utf8.count }
        guard bound > bytesMax else { return true }
        let widest = heads.map { head in
            HeadInForce(
                slot: head.slot, head: head.head, label: head.label, number: RecordBounds.offset.upperBound,
                marker: RecordBounds.offset.upperBound)
        }
        let progress = PartitionProgress(
            images: RecordBounds.count.upperBound, heads: widest, moved: RecordBounds.offset.upperBound)
        return progress.text.utf8.count <= bytesMax
    }

    /// The text form, one line of JSON.
    public var text: String { JSONRecord.text(self) }

    /// Parses the text form; an empty string means no progress was ever recorded. Zero bytes at its end are somebody's habit
    /// of ending texts (Python's confluent-kafka), and no part of it.
    public init(text: String) throws(RecordError) {
        var bytes = Array(text.utf8)
        while bytes.last == 0 { bytes.removeLast() }
        self = bytes.isEmpty ? PartitionProgress() : try JSONRecord.decode(Self.self, from: bytes)
    }
}

/// The head that one slot of a partition uses, and since which marker.
public struct HeadInForce: Hashable, Sendable, Codable {
    /// The slot.
    public var slot: HeadSlot
    /// Digest of the head.
    public var head: ContentDigest
    /// Its human name.
    public var label: HeadLabel
    /// Rank of the cut-over that put it in force.
    public var number: Int64
    /// Offset of its marker in this partition.
    public var marker: Int64

    /// Names a head in force.
    public init(slot: HeadSlot, head: ContentDigest, label: HeadLabel, number: Int64, marker: Int64) {
        self.slot = slot
        self.head = head
        self.label = label
        self.number = number
        self.marker = marker
    }
}

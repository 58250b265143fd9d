import PipelineMessages

/// How far the partitions were read for the markers of one cut-over, over all attempts of its search. Pure.
///
/// An attempt ends by its time, and the next one goes on from here: with a backlog that can not be read within one attempt, or an
/// announcement that says that markers may lie anywhere, the search would never end. What was read holds still: a reader of
/// committed records gets nothing at or above an open transaction, and appends come behind.
///
/// It holds one offset for each partition of the one cut-over that is searched for.
package struct MarkerMemory {
    private var marker: CutoverMarker?
    /// Below these offsets none of its markers is, down to where the search began.
    private var next: [Int32: Int64] = [:]

    /// Has read nothing.
    package init() {}

    /// An attempt begins.
    ///
    /// - Parameters:
    ///   - marker: What is looked for: another one, with another token, say, is looked for from the start.
    ///   - start: No marker lies below these offsets.
    /// - Returns: where to begin now.
    package mutating func begin(
        _ marker: CutoverMarker?, from start: [PartitionOffset]
    ) -> [PartitionOffset] {
        let known = marker == self.marker ? next : [:]
        self.marker = marker
        next = Dictionary(
            start.map { ($0.partition, max($0.offset, known[$0.partition] ?? 0)) }, uniquingKeysWith: min)
        return start.map {
            PartitionOffset(partition: $0.partition, offset: next[$0.partition] ?? $0.offset)
        }
    }

    /// The partition was read on to this offset, and none of the records below is its marker.
    ///
    /// It may go back: a partition that ends below what was read has lost records, and is read anew.
    package mutating func read(_ partition: Int32, to offset: Int64) {
        guard next[partition] != nil else { return }
        next[partition] = offset
    }

    /// The first marker of the partition is there: the next attempt begins with it, and sees whether it still is.
    package mutating func found(_ partition: Int32, at offset: Int64) { read(partition, to: offset) }

    /// The search came to its end. What follows it is looked for from the start: a leader that was made unclean may have other
    /// records there by then.
    package mutating func finished() { self = MarkerMemory() }
}

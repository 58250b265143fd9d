internal import PipelineMessages

/// Shards between counted ones, whose receipts have not come yet.
extension LedgerPartition {
    /// Takes note of shards without a receipt; of too many gaps the oldest becomes part of the next.
    mutating func open(_ gap: LedgerGap) {
        var gaps = gaps ?? []
        gaps.append(gap)
        if gaps.count > LedgerGap.countMax { gaps.removeFirst() }
        self.gaps = gaps
    }

    /// Counts a receipt that came late; returns whether it filled (a part of) a gap, and so counts for the first time.
    mutating func fill(_ receipt: Receipt) -> Bool {
        guard var gaps, let place = gaps.firstIndex(where: { $0.holds(receipt) }) else { return false }
        let gap = gaps.remove(at: place)
        let below = LedgerGap(
            offset: gap.offset, endOffset: receipt.offset, imagesBefore: gap.imagesBefore,
            imagesAfter: receipt.imagesBefore)
        let above = LedgerGap(
            offset: receipt.offset + 1, endOffset: gap.endOffset, imagesBefore: receipt.imagesAfter,
            imagesAfter: gap.imagesAfter)
        gaps.insert(contentsOf: [below, above].filter { $0.images > 0 }, at: place)
        self.gaps = gaps.isEmpty ? nil : Array(gaps.suffix(LedgerGap.countMax))
        return true
    }
}

extension LedgerGap {
    /// Whether a receipt is of a shard that is missing here.
    func holds(_ receipt: Receipt) -> Bool {
        receipt.images > 0 && receipt.offset >= offset && receipt.offset < endOffset
            && receipt.imagesBefore >= imagesBefore && receipt.imagesAfter <= imagesAfter
    }
}

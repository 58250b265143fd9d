/// Picks the best classes from a row of logits.
public enum TopK {
    /// The `k` classes of the highest logits, best first; of equal logits the lowest class index is better.
    ///
    /// - Range: fewer than `k` results where there are fewer classes.
    /// - Complexity: O(classes * log k) at worst; one comparison for a class that is not among the best.
    public static func select(
        _ logits: UnsafeBufferPointer<Int32>,
        k: Int
    ) -> [(classIndex: Int, logit: Int32)] {
        precondition(k >= 0, "k is negative")
        precondition(logits.count <= Int(UInt32.max), "class indices have 32 bits")
        // One integer that orders as (logit, then lowest index): the best is the largest.
        func rank(_ index: Int) -> UInt64 {
            let biased = UInt32(bitPattern: logits[index]) ^ 0x8000_0000
            return UInt64(biased) << 32 | UInt64(UInt32.max - UInt32(index))
        }
        var best = LowestFirstHeap(capacity: min(k, logits.count))
        for index in 0..<min(k, logits.count) { best.insert(rank(index)) }
        if var lowest = best.lowest {
            for index in best.count..<logits.count where rank(index) > lowest {
                lowest = best.replaceLowest(rank(index))
            }
        }
        return best.ranks.sorted(by: >).map { rank in
            (
                classIndex: Int(UInt32.max - UInt32(truncatingIfNeeded: rank)),
                logit: Int32(bitPattern: UInt32(rank >> 32) ^ 0x8000_0000)
            )
        }
    }
}

/// A binary heap with the lowest rank on top.
private struct LowestFirstHeap {
    private(set) var ranks: [UInt64] = []

    init(capacity: Int) { ranks.reserveCapacity(capacity) }

    var count: Int { ranks.count }
    var lowest: UInt64? { ranks.first }

    mutating func insert(_ rank: UInt64) {
        var child = ranks.count
        ranks.append(rank)
        while child > 0 {
            let parent = (child - 1) / 2
            guard ranks[child] < ranks[parent] else { break }
            ranks.swapAt(child, parent)
            child = parent
        }
    }

    /// Puts `rank` in the place of the lowest, and returns the new lowest.
    mutating func replaceLowest(_ rank: UInt64) -> UInt64 {
        ranks[0] = rank
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < ranks.count else { break }
            if child + 1 < ranks.count, ranks[child + 1] < ranks[child] { child += 1 }
            guard ranks[child] < ranks[parent] else { break }
            ranks.swapAt(child, parent)
            parent = child
        }
        return ranks[0]
    }
}

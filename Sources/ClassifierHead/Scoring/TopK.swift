/// A class and its integer logit.
public struct RankedClass: Hashable, Sendable {
    /// Index of the class in the head.
    public let classIndex: Int
    /// Its logit.
    public let logit: Int32

    /// Pairs a class with its logit.
    public init(classIndex: Int, logit: Int32) {
        self.classIndex = classIndex
        self.logit = logit
    }

    /// Undoes ``rank(_:_:)``.
    fileprivate init(rank: UInt64) {
        classIndex = Int(UInt32.max - UInt32(truncatingIfNeeded: rank))
        logit = Int32(bitPattern: UInt32(rank >> 32) ^ 0x8000_0000)
    }

    /// One integer that orders as (logit, then lowest index): the best is the largest.
    fileprivate static func rank(_ index: Int, _ logit: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: logit) ^ 0x8000_0000) << 32 | UInt64(UInt32.max - UInt32(index))
    }
}

/// Picks the best classes from a row of logits.
public enum TopK {
    /// Up to this many are kept in a sorted row; more in a heap.
    private static let rowMax = 16

    /// The `k` classes of the highest logits, best first; of equal logits the lowest class index is better.
    ///
    /// - Range: fewer than `k` results where there are fewer classes.
    /// - Complexity: O(classes * log k) at worst; one comparison for a class that is not among the best.
    public static func select(_ logits: UnsafeBufferPointer<Int32>, k: Int) -> [RankedClass] {
        var best: [RankedClass] = []
        best.reserveCapacity(min(k, logits.count))
        append(logits, k: k, to: &best)
        return best
    }

    /// Appends what ``select(_:k:)`` returns; allocates nothing for up to 16 classes.
    public static func append(
        _ logits: UnsafeBufferPointer<Int32>,
        k: Int,
        to best: inout [RankedClass]
    ) {
        precondition(k >= 0, "k is negative")
        precondition(logits.count <= Int(UInt32.max), "class indices have 32 bits")
        let count = min(k, logits.count)
        guard count > 0 else { return }
        guard count <= rowMax else {
            best += heaped(logits, count: count).map(RankedClass.init(rank:))
            return
        }
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { row in
            var filled = 0
            for index in logits.indices {
                let rank = RankedClass.rank(index, logits[index])
                if filled == count {
                    if rank < row[count - 1] { continue }
                } else {
                    filled += 1
                }
                var place = filled - 1
                while place > 0, row[place - 1] < rank {
                    row[place] = row[place - 1]
                    place -= 1
                }
                row[place] = rank
            }
            for place in 0..<count { best.append(RankedClass(rank: row[place])) }
        }
    }

    private static func heaped(_ logits: UnsafeBufferPointer<Int32>, count: Int) -> [UInt64] {
        var best = LowestFirstHeap(capacity: count)
        for index in 0..<count { best.insert(RankedClass.rank(index, logits[index])) }
        if var lowest = best.lowest {
            for index in count..<logits.count {
                let rank = RankedClass.rank(index, logits[index])
                if rank > lowest { lowest = best.replaceLowest(rank) }
            }
        }
        return best.ranks.sorted(by: >)
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

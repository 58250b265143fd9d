/// The patterns of a layer by what they save, the best first; counts are brought up to date when one is taken.
struct PatternQueue {
    private struct Entry {
        let gain: Double
        let pattern: UInt64
        /// Larger gains first, then the smaller pattern, so that equal layers give equal pairs.
        func isBefore(_ other: Entry) -> Bool {
            gain != other.gain ? gain > other.gain : pattern < other.pattern
        }
    }

    private var heap: [Entry] = []
    private let costs: PairCosts

    init(_ sets: WeightBitsets, _ costs: PairCosts) {
        self.costs = costs
        for low in 0..<sets.inputs {
            for high in 0..<sets.inputs where high != low {
                for distance in 0..<7 where distance > 0 || low < high {
                    for isDifference in [false, true] {
                        let pattern = PairPattern(
                            low: low, high: high, distance: distance, isDifference: isDifference)
                        let gain = costs.gain(uses: sets.uses(pattern), distance: distance)
                        if gain > 0 { heap.append(Entry(gain: gain, pattern: Self.code(pattern))) }
                    }
                }
            }
        }
        for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(index) }
    }

    /// The pattern that saves most now; `nil` where none pays.
    mutating func next(_ sets: WeightBitsets) -> PairPattern? {
        while let top = heap.first {
            let pattern = Self.pattern(top.pattern)
            let gain = costs.gain(uses: sets.uses(pattern), distance: pattern.distance)
            // Counts only fall: an entry that still has its gain is the best of all.
            if gain == top.gain {
                removeTop()
                return pattern
            }
            if gain > 0 {
                heap[0] = Entry(gain: gain, pattern: top.pattern)
                sink(0)
            } else {
                removeTop()
            }
        }
        return nil
    }

    private static func code(_ pattern: PairPattern) -> UInt64 {
        UInt64(pattern.low) << 32 | UInt64(pattern.high) << 8 | UInt64(pattern.distance) << 1
            | (pattern.isDifference ? 1 : 0)
    }

    private static func pattern(_ code: UInt64) -> PairPattern {
        PairPattern(
            low: Int(code >> 32), high: Int(code >> 8 & 0xff_ffff), distance: Int(code >> 1 & 7),
            isDifference: code & 1 == 1)
    }

    private mutating func removeTop() {
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink(0)
        }
    }

    private mutating func sink(_ start: Int) {
        var parent = start
        let entry = heap[parent]
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
            guard heap[child].isBefore(entry) else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = entry
    }
}

/// SplitMix64: equal seeds give equal runs.
///
/// - Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014).
struct SimulatedRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// `true` once in `count` calls.
    mutating func oneIn(_ count: Int) -> Bool { next() % UInt64(count) == 0 }

    /// One of `range`, close enough to uniform.
    mutating func within(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    /// One of `choices`, which is not empty.
    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int(next() % UInt64(choices.count))]
    }
}

/// A small generator that gives the same numbers on every machine: SplitMix64.
///
/// - Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014).
package struct SeededGenerator {
    private var state: UInt64

    /// Starts the sequence of `seed`.
    package init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// An integer below `bound`, nearly uniform: the bias is below `bound * 2^-32`.
    mutating func integer(below bound: Int) -> Int {
        Int(UInt64(UInt32(truncatingIfNeeded: next() >> 32)) * UInt64(bound) >> 32)
    }

    /// A normally distributed integer: the sum of twelve uniform ones, without a floating-point function that
    /// could differ between machines.
    ///
    /// - Units: the standard deviation is ``gaussianUnit``; the mean is 0.
    /// - Range: six standard deviations to either side.
    mutating func gaussian() -> Int64 {
        var sum: Int64 = -6 * 65535
        for _ in 0..<3 {
            var bits = next()
            for _ in 0..<4 {
                sum += Int64(bits & 0xFFFF)
                bits >>= 16
            }
        }
        return sum
    }

    /// One standard deviation of ``gaussian()``.
    static let gaussianUnit: Int64 = 65536
}

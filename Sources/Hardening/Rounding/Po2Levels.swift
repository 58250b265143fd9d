/// The values that an integer weight may have: 0 and the largest `exponents` of ±1, ±2, ... ±64.
package struct Po2Levels: Hashable, Sendable {
    /// How many magnitudes there are beside zero.
    package let exponents: Int
    /// Exponent of the smallest magnitude.
    private let lowest: Int
    /// The smallest magnitude.
    private let smallest: Double

    /// The levels of `exponents` exponents.
    ///
    /// - Range: `1...7`.
    package init(exponents: Int) {
        precondition(HardeningOptions.exponentRange.contains(exponents), "there are 1 to 7 exponents")
        self.exponents = exponents
        lowest = 7 - exponents
        smallest = Double(1 << (7 - exponents))
    }

    /// The level nearest to `value` on the linear scale.
    ///
    /// - Range: magnitudes above 64 become 64.
    /// - Rounding: thresholds halfway between neighbours, ties away from zero.
    @inline(__always)
    package func nearest(_ value: Double) -> Double {
        let magnitude = value.magnitude
        guard magnitude >= 0.5 * smallest else { return 0 }
        guard magnitude < 48 else { return value < 0 ? -64 : 64 }
        // The step from 2^k to 2^(k+1) is taken at 1.5 * 2^k, the first bit of the fraction.
        let bits = magnitude.bitPattern
        let exponent = Int(bits >> 52) &- 1_023 &+ Int(bits >> 51 & 1)
        let level = Double(1 &<< max(exponent, lowest))
        return value < 0 ? -level : level
    }
}

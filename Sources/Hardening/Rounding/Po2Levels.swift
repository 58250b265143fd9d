internal import QuantizedTensors

/// The values that an integer weight may have: 0 and the largest `exponents` of ±1, ±2, ... ±64, or sums of two
/// of those up to 64.
package struct Po2Levels: Hashable, Sendable {
    /// How many exponents there are.
    package let exponents: Int
    /// The most powers of two in a sum, 1 or 2.
    package let terms: Int
    /// Exponent of the smallest magnitude.
    private let lowest: Int
    /// The smallest magnitude.
    private let smallest: Double
    /// For sums: the magnitudes, rising, and the halves between them.
    private let magnitudes: [Double]
    private let thresholds: [Double]

    /// The levels of `exponents` exponents and sums of at most `terms`.
    ///
    /// - Range: `1...7`; `1...2`.
    package init(exponents: Int, terms: Int = 1) {
        precondition(HardeningOptions.exponentRange.contains(exponents), "there are 1 to 7 exponents")
        precondition(HardeningOptions.termRange.contains(terms), "there are 1 or 2 terms")
        self.exponents = exponents
        self.terms = terms
        lowest = 7 - exponents
        smallest = Double(1 << (7 - exponents))
        let unit = 1 << lowest
        // With fewer exponents, both terms have the large ones: multiples of the smallest magnitude.
        let sums = WeightTerms.magnitudes(terms: 2).filter { $0.isMultiple(of: unit) }
        magnitudes = terms == 1 ? [] : sums.map(Double.init)
        thresholds = terms == 1 ? [] : zip(sums, sums.dropFirst()).map { Double($0 + $1) / 2 }
    }

    /// The level nearest to `value` on the linear scale.
    ///
    /// - Range: magnitudes above 64 become 64.
    /// - Rounding: thresholds halfway between neighbours, ties away from zero.
    @inline(__always)
    package func nearest(_ value: Double) -> Double {
        let magnitude = value.magnitude
        guard terms == 1 else { return value < 0 ? -sum(magnitude) : sum(magnitude) }
        guard magnitude >= 0.5 * smallest else { return 0 }
        guard magnitude < 48 else { return value < 0 ? -64 : 64 }
        // The step from 2^k to 2^(k+1) is taken at 1.5 * 2^k, the first bit of the fraction.
        let bits = magnitude.bitPattern
        let exponent = Int(bits >> 52) &- 1_023 &+ Int(bits >> 51 & 1)
        let level = Double(1 &<< max(exponent, lowest))
        return value < 0 ? -level : level
    }

    /// The sum nearest to a magnitude.
    private func sum(_ magnitude: Double) -> Double {
        var (low, high) = (0, thresholds.count)
        while low < high {
            let middle = (low + high) / 2
            if magnitude < thresholds[middle] { high = middle } else { low = middle + 1 }
        }
        return magnitudes[low]
    }
}

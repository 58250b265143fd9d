/// A weight as a sum of at most two signed powers of two: what a product costs is one shift and sign a term.
///
/// - Range: sums of magnitude 0...64. That is 0, the 7 powers of two, and 25 sums of two: 3, 5, 6, 7, 9, 10, 12,
///   14, 15, 17, 18, 20, 24, 28, 30, 31, 33, 34, 36, 40, 48, 56, 60, 62, 63. Two products with an activation
///   still fit a signed 16-bit sum: `2 * 255 * 64 = 32640`.
/// - Source: signed-digit numbers (A. Avizienis, 1961). Of two ways to write a sum the one without a minus is
///   taken, `3 = 2 + 1` rather than `4 - 1`: a subtraction needs inverters and a constant.
public struct WeightTerms: Hashable, Sendable {
    /// The larger term; zero for a weight of 0.
    public let first: Po2Weight
    /// The smaller term; zero for a weight that is a single power of two.
    public let second: Po2Weight

    /// The terms of `value`; `nil` for all but the sums above.
    public init?(value: Int8) {
        if let single = Po2Weight(value: value) {
            (first, second) = (single, Self.zero)
            return
        }
        let magnitude = value.magnitude
        guard magnitude <= 64 else { return nil }
        // Next power of two below and above: the rest, added or taken away, must be a power as well.
        let below = UInt8(1) << UInt8(7 - magnitude.leadingZeroBitCount)
        let (more, less) = (magnitude - below, 2 * below - magnitude)
        let parts: (Int8, Int8)
        if more & (more - 1) == 0 {
            parts = (Int8(below), Int8(more))
        } else if less & (less - 1) == 0, below < 64 {
            parts = (Int8(2 * below), -Int8(less))
        } else {
            return nil
        }
        guard let first = Po2Weight(value: value < 0 ? -parts.0 : parts.0),
            let second = Po2Weight(value: value < 0 ? -parts.1 : parts.1)
        else { return nil }
        (self.first, self.second) = (first, second)
    }

    /// The weight whose terms have these four-bit codes; `nil` if it is not one, or is written another way.
    public init?(firstCode: UInt8, secondCode: UInt8) {
        guard let first = Po2Weight(code: firstCode), let second = Po2Weight(code: secondCode) else {
            return nil
        }
        let sum = Int(first.value) + Int(second.value)
        guard let value = Int8(exactly: sum), let terms = WeightTerms(value: value),
            terms.first == first, terms.second == second
        else { return nil }
        self = terms
    }

    /// The integer weight.
    ///
    /// - Range: `-64...64`.
    public var value: Int8 { first.value + second.value }

    /// How many terms there are, 0 to 2.
    public var count: Int { (first.value == 0 ? 0 : 1) + (second.value == 0 ? 0 : 1) }

    /// The terms that are not zero, the larger first.
    public var terms: [Po2Weight] { [first, second].filter { $0.value != 0 } }

    /// The magnitudes of at most `terms` terms, rising, 0 included.
    ///
    /// - Range: `terms` is 1 or 2; 8 and 33 magnitudes.
    public static func magnitudes(terms: Int) -> [Int] {
        (0...64).filter { magnitude in
            WeightTerms(value: Int8(magnitude)).map { $0.count <= terms } ?? false
        }
    }

    /// The weight of at most `terms` terms nearest to `numerator / denominator` on the linear scale.
    ///
    /// - Range: `denominator > 0`, `|numerator| < 2^55`; magnitudes above 64 become 64.
    /// - Rounding: thresholds halfway between neighbours, ties away from zero.
    public static func nearest(to numerator: Int64, over denominator: Int64, terms: Int) -> Int8 {
        guard terms > 1 else { return Po2Weight.nearest(to: numerator, over: denominator).value }
        precondition(denominator > 0, "a weight needs a positive denominator")
        let magnitudes = sums
        let twice = 2 * numerator.magnitude
        var index = 0
        while index + 1 < magnitudes.count,
            twice >= UInt64(magnitudes[index] + magnitudes[index + 1]) * denominator.magnitude
        {
            index += 1
        }
        return Int8(numerator < 0 ? -magnitudes[index] : magnitudes[index])
    }

    private static let sums = magnitudes(terms: 2)

    private static var zero: Po2Weight {
        guard let zero = Po2Weight(value: 0) else { preconditionFailure("zero is a legal weight") }
        return zero
    }
}

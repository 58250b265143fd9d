/// The canonical signed digits of an int8 weight: the fewest signed powers of two that add up to it.
///
/// A frozen head needs no multiplier: `weight * feature` is one shifted add or subtraction of the feature for each
/// term. No two terms are neighbours (the non-adjacent form), which makes the form unique and its count the least
/// possible.
///
/// - Range: weights `-128...127`; at most four terms, exponents `0...7`.
/// - Source: Reitwiesner, Binary arithmetic, Advances in Computers 1 (1960); Avizienis, Signed-digit number
///   representations (1961).
public struct SignedDigits: Hashable, Sendable {
    /// One shifted add: the feature, shifted left by `exponent`, added or subtracted.
    public struct Term: Hashable, Sendable {
        /// Whether the shifted feature is subtracted.
        public let isNegative: Bool
        /// How far it is shifted.
        ///
        /// - Range: `0...7`.
        public let exponent: Int

        /// What the term adds to the weight.
        public var value: Int { (isNegative ? -1 : 1) << exponent }
    }

    /// The terms by ascending exponent; none for a weight of zero.
    public let terms: [Term]

    /// The digits of `weight`.
    public init(_ weight: Int8) {
        var rest = Int(weight)
        var exponent = 0
        var terms: [Term] = []
        while rest != 0 {
            if !rest.isMultiple(of: 2) {
                // The digit that leaves a multiple of four: so the next digit is zero.
                let isNegative = rest & 3 == 3
                terms.append(Term(isNegative: isNegative, exponent: exponent))
                rest -= isNegative ? -1 : 1
            }
            rest /= 2
            exponent += 1
        }
        self.terms = terms
    }

    /// The weight again.
    public var value: Int { terms.reduce(0) { $0 + $1.value } }

    /// The terms of all `weights` together: the shifted adds that one pass of them takes.
    ///
    /// - Complexity: linear in the weights, by a table.
    public static func termCount(of weights: some Sequence<Int8>) -> Int {
        weights.reduce(0) { $0 + counts[Int(UInt8(bitPattern: $1))] }
    }

    /// The number of terms of each weight, by its bits.
    private static let counts = (0...255).map { SignedDigits(Int8(bitPattern: UInt8($0))).terms.count }
}

extension ClassifierHead {
    /// The shifted adds of one image once the head is frozen: the signed digits of all weights. Biases are not counted.
    public var signedDigitCount: Int { SignedDigits.termCount(of: weights) }
}

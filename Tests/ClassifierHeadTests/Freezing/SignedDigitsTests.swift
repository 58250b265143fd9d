import ClassifierHead
import TestSupport
import Testing

@Suite struct SignedDigitsTests {
    private static let weights = (-128...127).map { Int8($0) }

    @Test func everyWeightIsTheSumOfItsTerms() {
        for weight in Self.weights {
            let digits = SignedDigits(weight)
            #expect(digits.value == Int(weight))
            #expect(
                digits.terms.reduce(0) { $0 + ($1.isNegative ? -1 : 1) * (1 << $1.exponent) } == Int(weight))
        }
    }

    @Test func noTwoTermsAreNeighbours() {
        for weight in Self.weights {
            let exponents = SignedDigits(weight).terms.map(\.exponent)
            #expect(exponents.allSatisfy { (0...7).contains($0) }, "\(weight)")
            #expect(zip(exponents, exponents.dropFirst()).allSatisfy { $1 - $0 >= 2 }, "\(weight)")
        }
    }

    /// All 3^9 ways to give each of the exponents 0 to 8 the digit -1, 0 or 1.
    @Test func noOtherFormHasFewerTerms() {
        var fewest: [Int: Int] = [:]
        for code in 0..<19_683 {
            var (rest, value, terms) = (code, 0, 0)
            for exponent in 0...8 {
                let digit = rest % 3 - 1
                rest /= 3
                value += digit << exponent
                terms += digit == 0 ? 0 : 1
            }
            fewest[value] = min(fewest[value] ?? .max, terms)
        }
        for weight in Self.weights {
            #expect(SignedDigits(weight).terms.count == fewest[Int(weight)], "\(weight)")
        }
    }

    private static let known: [(weight: Int8, values: [Int])] = [
        (0, []), (1, [1]), (-1, [-1]), (3, [-1, 4]), (-3, [1, -4]), (7, [-1, 8]), (127, [-1, 128]),
        (-128, [-128]), (85, [1, 4, 16, 64]), (-85, [-1, -4, -16, -64]), (107, [-1, -4, -16, 128]),
    ]

    @Test func knownWeightsHaveTheirDigits() {
        for (weight, values) in Self.known {
            #expect(SignedDigits(weight).terms.map(\.value) == values, "\(weight)")
        }
    }

    @Test func aHeadHasTheTermsOfItsWeights() throws {
        var generator = SeededRandom(seed: 5)
        let head = try randomHead(classCount: 7, featureCount: 33, using: &generator)
        #expect(head.signedDigitCount == head.weights.reduce(0) { $0 + SignedDigits($1).terms.count })
        #expect(
            SignedDigits.termCount(of: Self.weights)
                == Self.weights.reduce(0) { $0 + SignedDigits($1).terms.count })
        #expect(SignedDigits.termCount(of: []) == 0)
    }

    /// What the chip does in place of a multiplication.
    @Test func shiftedAddsGiveTheProduct() {
        for weight in Self.weights {
            for feature in [0, 1, 2, 127, 128, 254, 255] {
                let sum = SignedDigits(weight).terms.reduce(0) {
                    $1.isNegative ? $0 - feature << $1.exponent : $0 + feature << $1.exponent
                }
                #expect(sum == Int(weight) * feature)
            }
        }
    }
}

import QuantizedTensors
import Testing

/// Weights as sums of at most two powers of two, all of them by enumeration.
@Suite struct WeightTermsTests {
    /// From the definition: every sum of two signed powers of two up to 64, or one, or none.
    private static let sums: Set<Int> = {
        let terms = [0] + (0...6).flatMap { [1 << $0, -(1 << $0)] }
        return Set(terms.flatMap { first in terms.map { first + $0 } }.filter { abs($0) <= 64 })
    }()

    @Test func everySumUpToSixtyFourAndNothingElseIsAWeight() {
        for value in Int8.min...Int8.max {
            let terms = WeightTerms(value: value)
            #expect((terms != nil) == Self.sums.contains(Int(value)), "\(value)")
            guard let terms else { continue }
            #expect(terms.value == value)
            #expect(terms.terms.reduce(0) { $0 + Int($1.value) } == Int(value))
            #expect(terms.count == terms.terms.count)
            #expect((terms.count <= 1) == (Po2Weight(value: value) != nil), "\(value)")
            #expect(terms.first.value.magnitude >= terms.second.value.magnitude)
        }
    }

    @Test func aMinusIsWrittenOnlyWhereThereIsNoOtherWay() {
        for value in Int8(1)...64 {
            guard let terms = WeightTerms(value: value), terms.second.value < 0 else { continue }
            let powers = (0...6).map { 1 << $0 }
            #expect(!powers.contains { first in powers.contains { first + $0 == Int(value) } }, "\(value)")
        }
    }

    @Test func magnitudesAreThoseOfTheDocumentation() {
        #expect(WeightTerms.magnitudes(terms: 1) == [0, 1, 2, 4, 8, 16, 32, 64])
        #expect(
            WeightTerms.magnitudes(terms: 2) == [
                0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15, 16, 17, 18, 20, 24, 28, 30, 31, 32, 33, 34, 36,
                40,
                48, 56, 60, 62, 63, 64,
            ])
    }

    @Test func onlyTheOneWayOfWritingIsRead() {
        var read: Set<Int8> = []
        for first in UInt8(0)...16 {
            for second in UInt8(0)...16 {
                guard let terms = WeightTerms(firstCode: first, secondCode: second) else { continue }
                #expect(read.insert(terms.value).inserted, "\(terms.value) is written in two ways")
                #expect(terms.first.code == first && terms.second.code == second)
            }
        }
        #expect(Set(read.map(Int.init)) == Self.sums)
    }

    @Test(arguments: 1...2)
    func nearestIsTheNearestAndTiesGoAwayFromZero(_ terms: Int) {
        let levels = WeightTerms.magnitudes(terms: terms)
        for denominator in [Int64(1), 2, 3, 7, 64] {
            for numerator in -(70 * denominator)...70 * denominator {
                // Compared in units of 1 / denominator.
                let wanted = levels.min { left, right in
                    let distances = [left, right].map { abs(Int64($0) * denominator - abs(numerator)) }
                    return (distances[0], right) < (distances[1], left)
                }
                let found = WeightTerms.nearest(to: numerator, over: denominator, terms: terms)
                #expect(Int(found.magnitude) == wanted, "\(numerator) / \(denominator)")
                #expect(found == 0 || (found < 0) == (numerator < 0))
            }
        }
    }
}

import ClassifierHead
import HardenedBackbone
import Hardening
import QuantizedTensors
import Testing

/// Weights that are sums of two powers of two, and the search for layers that need them.
@Suite struct TermTests {
    private static let images = SyntheticNetwork.images(48, seed: 12)
    private static let heldOut = SyntheticNetwork.images(40, seed: 13)

    @Test(arguments: 1...7)
    func levelsAreTheNearestSums(_ exponents: Int) {
        let levels = Po2Levels(exponents: exponents, terms: 2)
        let unit = 1 << (7 - exponents)
        let magnitudes = WeightTerms.magnitudes(terms: 2).filter { $0.isMultiple(of: unit) }
        for step in -700...700 {
            let value = Double(step) / 10
            let wanted = magnitudes.map { abs(Double($0) - value.magnitude) }.min()
            let found = levels.nearest(value)
            #expect(abs(found.magnitude - value.magnitude) == wanted, "\(value)")
            #expect(found == 0 || (found < 0) == (value < 0))
        }
    }

    @Test func twoTermsComeNearerThanOneAndAreVerified() throws {
        let network = try SyntheticNetwork.make(seed: 1, classes: 10)
        let single = try Hardener.harden(network, calibration: Self.images, heldOut: Self.heldOut)
        var options = HardeningOptions()
        options.terms = .double
        let double = try Hardener.harden(
            network, calibration: Self.images, heldOut: Self.heldOut, options: options)
        #expect(double.artifact.layers.contains { $0.terms == 2 })
        #expect(single.artifact.layers.allSatisfy { $0.terms == 1 })
        let (one, two) = (try #require(single.report.heldOut), try #require(double.report.heldOut))
        #expect(two.featureSqnrDb > one.featureSqnrDb + 3, "\(one.featureSqnrDb), \(two.featureSqnrDb) dB")
        let divergences = (try #require(one.divergence), try #require(two.divergence))
        #expect(divergences.1.value < divergences.0.value)
        for (layer, numbers) in zip(double.report.layers, double.artifact.layers) {
            #expect(layer.terms == numbers.termCount)
            #expect(layer.exponentCounts.reduce(0, +) == layer.terms)
        }
        #expect(double.artifact.description.contains("sums of two in every layer"))
        #expect(!single.artifact.description.contains("sums"))
    }

    @Test func onlyTheNamedLayersHaveSums() throws {
        var options = HardeningOptions()
        options.terms = .layers([0, 5, 51])
        let hardened = try Hardener.harden(
            try SyntheticNetwork.make(seed: 3, classes: 4), calibration: Self.images, options: options)
        let sums = hardened.artifact.layers.indices.filter { hardened.artifact.layers[$0].terms == 2 }
        #expect(Set(sums).isSubset(of: [0, 5, 51]) && !sums.isEmpty)
        #expect(hardened.report.heldOut == nil)
    }

    @Test func theSearchEndsWithTheCheapestSetThatIsGoodEnough() throws {
        let network = try SyntheticNetwork.make(seed: 1, classes: 10)
        // Without corrections single powers lose many images.
        var options = HardeningOptions()
        options.steps = [.bias]
        func search(_ drop: Double) throws -> TermSearch.Result {
            try TermSearch.search(
                network, calibration: Self.images, heldOut: Self.heldOut, options: options, drop: drop,
                fullAdders: { $0.layers.map { 8 * $0.termCount } })
        }
        let any = try search(100)
        #expect(any.chosen == 0)
        #expect(any.points.map(\.layers.count) == [0, 52], "a single power is good enough at once")
        let strict = try search(0)
        let adders = strict.points.map(\.fullAdders)
        #expect(adders == adders.sorted())
        #expect(strict.points.count > 3)
        let (least, most) = (strict.points[0], strict.points[strict.points.count - 1])
        #expect(least.layers.isEmpty && most.layers.count == 52)
        let chosen = strict.points[strict.chosen]
        #expect(chosen.agreement.fraction >= most.agreement.fraction)
        for point in strict.points[..<strict.chosen] {
            #expect(point.agreement.fraction < most.agreement.fraction, "a cheaper set would do")
        }
    }

    @Test func aSearchNeedsAClassifierAndHeldOutImages() throws {
        for (classes, heldOut) in [(nil, Self.heldOut), (4, [])] as [(Int?, [[UInt8]])] {
            let network = try SyntheticNetwork.make(seed: 1, classes: classes)
            #expect(throws: HardeningError.self) {
                try TermSearch.search(
                    network, calibration: Self.images, heldOut: heldOut, options: HardeningOptions(), drop: 1,
                    fullAdders: { $0.layers.map(\.termCount) })
            }
        }
    }
}

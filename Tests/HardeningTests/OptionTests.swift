import FloatNetwork
import HardenedBackbone
import Hardening
import Testing

/// Options do what they say.
@Suite struct OptionTests {
    private static let images = SyntheticNetwork.images(16, seed: 2)

    private static func harden(_ change: (inout HardeningOptions) -> Void) throws -> HardenedNetwork {
        var options = HardeningOptions()
        change(&options)
        return try Hardener.harden(try SyntheticNetwork.make(seed: 8), calibration: images, options: options)
    }

    @Test(arguments: [1, 2, 4, 7]) func exponentsLimitTheCodes(count: Int) throws {
        let hardened = try Self.harden { $0.exponents = count }
        var used: Set<UInt8> = []
        for layer in hardened.artifact.layers { used.formUnion(layer.weights.map(\.magnitude)) }
        // All of them are used, so the limit is the only reason for what is missing.
        #expect(used.subtracting([0]) == Set((7 - count..<7).map { UInt8(1) << UInt8($0) }))
        for layer in hardened.report.layers {
            #expect(layer.exponentCounts.prefix(7 - count).allSatisfy { $0 == 0 })
            let counted = layer.exponentCounts.reduce(0, +)
            let zeros = Int((layer.zeroShare * Double(layer.weightCount)).rounded())
            #expect(counted + zeros == layer.weightCount)
        }
    }

    /// Outputs that do not fit are computed again: nothing else may change.
    @Test(arguments: [0, 20_000]) func memoryDecidesNothing(bytesMax: Int) throws {
        let steps = Set(HardeningStep.allCases)
        let usual = try Self.harden { $0.steps = steps }
        let bounded = try Self.harden {
            $0.steps = steps
            $0.activationBytesMax = bytesMax
        }
        #expect(bounded.artifact.encoded() == usual.artifact.encoded())
        #expect(bounded.report.json() == usual.report.json())
    }

    @Test(arguments: [0.3, 0.5, 0.95]) func pruningReachesItsShare(share: Double) throws {
        let hardened = try Self.harden { $0.prune = share }
        let layers = hardened.report.layers
        let prunable = layers.filter { $0.kind != "stem" && $0.kind != "depthwise" }
        let weights = prunable.reduce(0) { $0 + $1.weightCount }
        let zeros = prunable.reduce(0.0) { $0 + $1.zeroShare * Double($1.weightCount) }
        #expect(zeros >= (Double(weights) * share).rounded(.down) - 0.5)
        #expect(zeros < Double(weights) * min(share + 0.1, 1))
        for layer in layers where layer.kind == "stem" || layer.kind == "depthwise" {
            #expect(layer.zeroShare < 0.25, "\(layer.name)")
        }
    }

    @Test func pruningEveryLayerTakesTheFiltersAsWell() throws {
        let some = try Self.harden { $0.prune = 0.6 }
        let every = try Self.harden {
            $0.prune = 0.6
            $0.prunesEveryLayer = true
        }
        func filters(_ report: HardeningReport) -> Double {
            report.layers.filter { $0.kind == "depthwise" }.reduce(0) { $0 + $1.zeroShare }
        }
        #expect(filters(every.report) > filters(some.report) + 1)
        #expect(every.report.zeroShare >= 0.59)
    }

    @Test func perTensorExponentsShareOneShiftALayer() throws {
        let hardened = try Self.harden { $0.perTensorExponents = true }
        for layer in hardened.report.layers { #expect(layer.shifts.count == 1, "\(layer.name)") }
        let free = try Self.harden { _ in }
        #expect(free.report.layers.contains { $0.shifts.count > 1 })
    }

    @Test func preprocessingAndWordsAreRecorded() throws {
        let hardened = try Self.harden {
            $0.preprocessing = "a decoder"
            $0.exponents = 4
            $0.prune = 0.25
        }
        #expect(hardened.artifact.preprocessing == "a decoder")
        #expect(
            hardened.artifact.description
                == "post-training power-of-two weights, 16 calibration images, 4 exponents, "
                + "25.0 % of the 1x1 weights pruned, steps: bias feedback descent upstream")
    }

    @Test func samplesAreDistinctRisingAndInside() {
        for (pixels, count) in [(1, 1), (49, 48), (49, 49), (12_544, 48), (100, 7)] {
            let positions = PixelSampling.positions(image: 3, layer: 5, pixels: pixels, count: count)
            #expect(positions.count == count)
            #expect(zip(positions, positions.dropFirst()).allSatisfy { $0 < $1 })
            #expect(positions.allSatisfy((0..<pixels).contains))
            #expect(positions == PixelSampling.positions(image: 3, layer: 5, pixels: pixels, count: count))
        }
        #expect(PixelSampling.count(images: 256, pixels: 12_544) == 48)
        #expect(PixelSampling.count(images: 4_096, pixels: 12_544) == 3)
        #expect(PixelSampling.count(images: 256, pixels: 9) == 9)
        let other = PixelSampling.positions(image: 4, layer: 5, pixels: 12_544, count: 48)
        #expect(other != PixelSampling.positions(image: 3, layer: 5, pixels: 12_544, count: 48))
    }

    @Test func crewsReturnResultsInOrder() {
        for workers in [1, 2, 5] {
            let squares = Crews.threads(workers).map(1_000) { $0 * $0 }
            #expect(squares == (0..<1_000).map { $0 * $0 })
            #expect(Crews.threads(workers).map(0) { $0 } == [])
        }
    }
}

import FloatNetwork
import HardenedBackbone
import Hardening
import QuantizedTensors
import Testing
import TestSupport

/// Networks whose weights are powers of two already: real numbers and integers must map without loss.
@Suite struct ExactnessTests {
    private static let seed: UInt64 = 11
    private static let mean: [UInt8] = [124, 116, 104]

    /// Random legal integers; every channel has a weight of 64, so that its shift is the only right one.
    private static func integers(_ network: NetworkDescription) -> [LayerParameters] {
        var generator = SeededRandom(seed: seed)
        return network.layers.map { layer in
            let weights = (0..<layer.weightCount).map { index -> Int8 in
                if index % layer.weightsPerChannel == 0 { return generator.integer(0...1) == 0 ? 64 : -64 }
                let code = generator.integer(0...14)
                return Po2Weight(code: UInt8(code))?.value ?? 0
            }
            return LayerParameters(
                weights: weights,
                bias: (0..<layer.output.channels).map { _ in Int32(generator.integer(-9_999...9_999)) },
                shift: (0..<layer.output.channels).map { _ in UInt8(generator.integer(5...9)) })
        }
    }

    /// The real numbers that those integers stand for, with all scale exponents 0.
    private static func real(
        _ network: NetworkDescription, _ integers: [LayerParameters]
    ) throws -> FloatNetwork {
        let layers = network.layers.indices.map { index -> FloatNetwork.Layer in
            let layer = network.layers[index]
            let count = layer.weightsPerChannel
            var numbers = FloatNetwork.Layer(weights: [], bias: [])
            for channel in 0..<layer.output.channels {
                let unit = 1 / Double(1 << Int(integers[index].shift[channel]))
                var bias = Double(integers[index].bias[channel]) * unit
                for position in 0..<count {
                    let weight = Double(integers[index].weights[channel * count + position]) * unit
                    // The stem reads (byte / 255 - mean) / 0.25, six of which are worth 255 codes.
                    numbers.weights.append(Float(layer.kind == .stem ? weight * 6 * 0.25 : weight))
                    if layer.kind == .stem { bias += weight * Double(mean[position / 9]) }
                }
                numbers.bias.append(Float(bias * 6 / 255))
            }
            return numbers
        }
        return try FloatNetwork(
            network: network, layers: layers, classifier: nil,
            normalization: .init(mean: mean.map { Float($0) / 255 }, standardDeviation: [0.25, 0.25, 0.25]))
    }

    @Test(arguments: [Set<HardeningStep>(), [.feedback, .descent]])
    func aPowerOfTwoNetworkHardensToTheVerySameIntegers(steps: Set<HardeningStep>) throws {
        let network = try SyntheticNetwork.description()
        let integers = Self.integers(network)
        var options = HardeningOptions()
        options.steps = steps
        options.activationExponents = network.layers.map { _ in 0 }
        let hardened = try Hardener.harden(
            try Self.real(network, integers), calibration: SyntheticNetwork.images(16, seed: 1),
            options: options)
        #expect(hardened.artifact.inputMean == Self.mean)
        for (index, layer) in network.layers.enumerated() {
            let found = hardened.artifact.layers[index]
            #expect(found.weights == integers[index].weights, "\(layer.name), seed \(Self.seed)")
            #expect(found.shift == integers[index].shift, "\(layer.name), seed \(Self.seed)")
            #expect(found.bias == integers[index].bias, "\(layer.name), seed \(Self.seed)")
        }
        for layer in hardened.report.layers { #expect(layer.weightSqnrDb == 99) }
    }

    @Test func levelsAreTheNearestOnes() {
        for exponents in 1...7 {
            let levels = Po2Levels(exponents: exponents)
            let values = [0.0] + (7 - exponents..<7).flatMap { [Double(1 << $0), -Double(1 << $0)] }
            for step in -1_400...1_400 {
                let value = Double(step) / 16 + 0.001
                let best = values.min { ($0 - value).magnitude < ($1 - value).magnitude }
                #expect(levels.nearest(value) == best, "\(value) among \(exponents) exponents")
            }
        }
    }

    @Test func tiesGoAwayFromZeroAsEverywhere() {
        let levels = Po2Levels(exponents: 7)
        for value in [0.5, 1.5, 3, 6, 12, 24, 48] {
            let expected = Po2Weight.nearest(to: Int64(value * 2), over: 2).value
            #expect(levels.nearest(value) == Double(expected))
            #expect(levels.nearest(-value) == -Double(expected))
        }
    }

    @Test func channelsWithoutWeightsGiveTheirBias() throws {
        let network = try SyntheticNetwork.make(seed: 6)
        let index = try #require(network.network.layers.firstIndex { $0.kind == .expand })
        var layers = network.layers
        let count = network.network.layers[index].weightsPerChannel
        for position in 0..<count { layers[index].weights[position] = 0 }
        layers[index].bias[0] = 1.2
        // Weights too small to matter beside the bias are as good as none.
        for position in count..<2 * count { layers[index].weights[position] = 1e-12 }
        layers[index].bias[1] = -3
        let dead = try FloatNetwork(
            network: network.network, layers: layers, classifier: nil, normalization: network.normalization)
        let images = SyntheticNetwork.images(16, seed: 3)
        let artifact = try Hardener.harden(dead, calibration: images).artifact
        let unit = 6.0 / 255 / Double(1 << Int(artifact.activationExponents[index]))
        var outputs: [[UInt8]] = []
        _ = ReferenceBackbone.run(artifact, image: images[0]) { outputs.append($1) }
        let channels = network.network.layers[index].output.channels
        for start in stride(from: 0, to: outputs[index].count, by: channels) {
            #expect((Double(outputs[index][start]) * unit - 1.2).magnitude <= unit)
            #expect(outputs[index][start + 1] == 0)
        }
    }

    @Test func blackImagesAloneMakeALegalNetwork() throws {
        let network = try SyntheticNetwork.make(seed: 7, classes: 3)
        let black = [[UInt8]](
            repeating: [UInt8](repeating: 0, count: network.network.imageBytes), count: 2)
        let hardened = try Hardener.harden(network, calibration: black)
        #expect(hardened.report.imageCount == 2)
    }
}

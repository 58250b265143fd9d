import ChipModel
import HardenedBackbone
import QuantizedTensors
import TestSupport
import Testing

/// Neurons whose weights are sums of two powers of two: one product a term.
@Suite struct SumNeuronTests {
    private static func parameters(
        _ layer: NetworkLayer, _ random: inout some RandomNumberGenerator
    ) -> LayerParameters {
        let single = CompressorTreeTests.parameters(layer, &random)
        let magnitudes = WeightTerms.magnitudes(terms: 2).map { Int8($0) }
        return LayerParameters(
            weights: single.weights.map { _ in
                let magnitude = magnitudes.randomElement(using: &random) ?? 0
                return Bool.random(using: &random) ? magnitude : -magnitude
            },
            bias: single.bias, shift: single.shift)
    }

    @Test("A neuron equals the reference convolution, with shared pairs and without")
    func reference() throws {
        var random = SystemRandomNumberGenerator()
        for kind in [NetworkLayer.Kind.expand, .project, .last] {
            let layer = CompressorTreeTests.layer(kind, inputs: 24, outputs: 70)
            let parameters = Self.parameters(layer, &random)
            let input = (0..<layer.input.elementCount).map { _ in UInt8.random(in: 0...255, using: &random) }
            let sums = ReferenceBackbone.convolve(layer, parameters.weights, input, padding: [0, 0, 0])
            let expected = ReferenceBackbone.requantize(layer, parameters, sums, residual: nil)
            let sharing = try #require(PairSharing(layer, parameters))
            #expect(!sharing.pairs.isEmpty)
            let ownBits = LayerWindow(layer).bits
            for pixel in 0..<4 {
                var bits = (0..<ownBits).map { input[pixel * 24 + $0 / 8] >> UInt8($0 % 8) & 1 == 1 }
                for pair in sharing.pairs {
                    let tree = CompressorTree(
                        pair.adder(isSigned: layer.inputType == .s8), operandBits: ownBits, cutRows: 2)
                    let sum = tree.evaluate { bits[$0] }
                    for bit in 0..<pair.width { bits.append(sum >> UInt64(bit) & 1 == 1) }
                }
                for channel in 0..<70 {
                    let neuron = NeuronSum(layer, parameters, channel: channel)
                    #expect(neuron.evaluate { bits[$0] } == expected[pixel * 70 + channel])
                    #expect(sharing.neurons[channel].evaluate { bits[$0] } == expected[pixel * 70 + channel])
                    let tree = CompressorTree(neuron, operandBits: ownBits, cutRows: 6)
                    #expect(
                        CompressorTreeTests.saturate(tree.evaluate { bits[$0] }, neuron)
                            == expected[pixel * 70 + channel])
                }
            }
        }
    }

    @Test("The census counts terms, and a second term costs adders")
    func census() throws {
        let (single, sums) = (try SmallBackbone.make(), try SmallBackbone.sums())
        for (index, layer) in single.network.layers.enumerated() {
            let (one, two) = (
                LayerCensus(layer, single.layers[index]), LayerCensus(layer, sums.layers[index])
            )
            #expect(one.nonZeroWeights == single.layers[index].weights.count { $0 != 0 })
            #expect(two.nonZeroWeights == sums.layers[index].termCount)
            #expect(
                two.nonZeroWeights > one.nonZeroWeights && two.fullAdders > one.fullAdders, "\(layer.name)")
        }
    }
}

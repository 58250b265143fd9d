import HardenedBackbone
import QuantizedTensors
import Testing

import ChipModel

/// Shared pairs give the same bytes, and pay.
@Suite struct PairSharingTests {
    @Test(
        "Neurons on pairs equal neurons on bytes",
        arguments: [NetworkLayer.Kind.expand, .project, .last, .stem])
    func bytes(_ kind: NetworkLayer.Kind) throws {
        var random = SystemRandomNumberGenerator()
        let inputs = kind == .stem ? 3 : 24
        for residual in [false, true] where !residual || kind == .project {
            let layer = CompressorTreeTests.layer(kind, inputs: inputs, outputs: 150, residual: residual)
            let parameters = CompressorTreeTests.parameters(layer, &random)
            let sharing = try #require(PairSharing(layer, parameters))
            #expect(!sharing.pairs.isEmpty)
            let isSigned = layer.inputType == .s8
            let ownBits = LayerWindow(layer).bits + (residual ? 8 : 0)
            for _ in 0..<8 {
                var bits = (0..<ownBits).map { _ in Bool.random(using: &random) }
                for pair in sharing.pairs {
                    let adder = pair.adder(isSigned: isSigned)
                    let tree = CompressorTree(adder, operandBits: ownBits, cutRows: 2)
                    let sum = tree.evaluate { bits[$0] }
                    for bit in 0..<pair.width { bits.append(sum >> UInt64(bit) & 1 == 1) }
                }
                #expect(bits.count == ownBits + sharing.bits)
                for channel in 0..<150 {
                    let plain = NeuronSum(layer, parameters, channel: channel)
                    let shared = sharing.neurons[channel]
                    #expect(shared.width == plain.width)
                    #expect(plain.evaluate { bits[$0] } == shared.evaluate { bits[$0] })
                }
            }
        }
    }

    @Test("Every weight is used once, and each pair by as many neurons as pay for it")
    func accounting() throws {
        var random = SystemRandomNumberGenerator()
        let layer = CompressorTreeTests.layer(.project, inputs: 48, outputs: 100)
        let parameters = CompressorTreeTests.parameters(layer, &random, zeros: 0.3)
        let sharing = try #require(PairSharing(layer, parameters))
        let terms = sharing.neurons.reduce(0) { $0 + $1.terms.count }
        let nonZero = parameters.weights.count { $0 != 0 }
        #expect(terms + sharing.uses.reduce(0, +) == nonZero)
        for (pair, uses) in zip(sharing.pairs, sharing.uses) {
            #expect(PairCosts.asap7.gain(uses: uses, distance: pair.distance) > 0)
        }
        let plain = LayerCensus(layer, parameters)
        let shared = LayerCensus(layer, parameters, sharesPairs: true)
        #expect(shared.fullAdders < plain.fullAdders)
        #expect(shared.pairFlipFlops == 9 * shared.pairs)
        #expect(plain.pairs == 0 && plain.pairFlipFlops == 0)
    }

    @Test("Equal weights give equal pairs; a depthwise layer has none")
    func deterministic() throws {
        var random = SystemRandomNumberGenerator()
        let layer = CompressorTreeTests.layer(.expand, inputs: 16, outputs: 96)
        let parameters = CompressorTreeTests.parameters(layer, &random)
        let first = try #require(PairSharing(layer, parameters))
        let second = try #require(PairSharing(layer, parameters))
        #expect(first.pairs == second.pairs && first.neurons == second.neurons)
        let depthwise = CompressorTreeTests.layer(.depthwise, inputs: 8, outputs: 8)
        #expect(PairSharing(depthwise, CompressorTreeTests.parameters(depthwise, &random)) == nil)
    }
}

import HardenedBackbone
import QuantizedTensors
import Testing

import ChipModel

/// Trees against the definition, bit by bit.
@Suite struct CompressorTreeTests {
    static func layer(
        _ kind: NetworkLayer.Kind, inputs: Int, outputs: Int, residual: Bool = false
    ) -> NetworkLayer {
        NetworkLayer(
            name: "t", kind: kind, input: TensorShape(height: 4, width: 4, channels: inputs),
            output: TensorShape(height: 4, width: 4, channels: outputs), residualSource: residual ? 0 : nil)
    }

    static func parameters(
        _ layer: NetworkLayer,
        _ random: inout some RandomNumberGenerator,
        zeros: Double = 0.1
    ) -> LayerParameters {
        let weights = (0..<layer.weightCount).map { _ -> Int8 in
            guard Double.random(in: 0..<1, using: &random) >= zeros else { return 0 }
            let magnitude = Int8(1) << Int8.random(in: 0...6, using: &random)
            return Bool.random(using: &random) ? magnitude : -magnitude
        }
        return LayerParameters(
            weights: weights,
            bias: (0..<layer.output.channels).map { _ in Int32.random(in: -60_000...60_000, using: &random) },
            shift: (0..<layer.output.channels).map { _ in UInt8.random(in: 0...12, using: &random) })
    }

    @Test(
        "Every cut gives the neuron's byte",
        arguments: [(1, 0.0), (2, 0.5), (3, 0.1), (9, 0.1), (32, 0.3), (96, 0.05), (200, 0.1)])
    func cuts(_ inputs: Int, _ zeros: Double) {
        var random = SystemRandomNumberGenerator()
        for kind in [NetworkLayer.Kind.project, .expand, .depthwise, .stem] {
            for residual in [false, true] where !residual || kind == .project {
                let layer = Self.layer(
                    kind, inputs: kind == .stem ? 3 : kind == .depthwise ? 4 : inputs,
                    outputs: kind == .depthwise ? 4 : 3, residual: residual)
                let parameters = Self.parameters(layer, &random, zeros: zeros)
                let operandBits = LayerWindow(layer).bits + (residual ? 8 : 0)
                for channel in 0..<layer.output.channels {
                    let neuron = NeuronSum(layer, parameters, channel: channel)
                    for (cut, early) in [(2, nil), (4, nil), (6, nil), (13, nil), (2, 4), (4, 19), (2, 28)] {
                        let tree = CompressorTree(
                            neuron, operandBits: operandBits, cutRows: cut, earlyCutRows: early)
                        #expect(early != nil || tree.middle.isEmpty)
                        #expect(tree.cut.allSatisfy { $0.count <= max(cut, 2) || tree.cells.isEmpty })
                        for trial in 0..<6 {
                            let bits = (0..<operandBits).map { _ in
                                trial == 0 ? false : trial == 1 ? true : Bool.random(using: &random)
                            }
                            let sum = tree.evaluate { bits[$0] }
                            #expect(Self.saturate(sum, neuron) == neuron.evaluate { bits[$0] })
                        }
                    }
                }
            }
        }
    }

    /// What the core's last stage does with the accumulator.
    static func saturate(_ sum: UInt64, _ neuron: NeuronSum) -> UInt8 {
        let signed = Int64(bitPattern: sum << UInt64(64 - neuron.width)) >> Int64(64 - neuron.width)
        let range = neuron.output.range
        return UInt8(
            truncatingIfNeeded: min(
                max(signed >> Int64(neuron.shift), Int64(range.lowerBound)), Int64(range.upperBound)))
    }

    @Test("A neuron equals the reference convolution and requantisation")
    func reference() {
        var random = SystemRandomNumberGenerator()
        for kind in [NetworkLayer.Kind.expand, .project, .last] {
            let layer = Self.layer(kind, inputs: 40, outputs: 8)
            let parameters = Self.parameters(layer, &random)
            let input = (0..<layer.input.elementCount).map { _ in UInt8.random(in: 0...255, using: &random) }
            let sums = ReferenceBackbone.convolve(layer, parameters.weights, input, padding: [0, 0, 0])
            let expected = ReferenceBackbone.requantize(layer, parameters, sums, residual: nil)
            for channel in 0..<8 {
                let neuron = NeuronSum(layer, parameters, channel: channel)
                for pixel in 0..<16 {
                    let byte = neuron.evaluate { bit in
                        input[pixel * 40 + bit / 8] >> UInt8(bit % 8) & 1 == 1
                    }
                    #expect(byte == expected[pixel * 8 + channel])
                }
            }
        }
    }

    @Test("Where carries would ripple too long, upper columns are computed for both; the sum is the same")
    func selection() {
        var random = SystemRandomNumberGenerator()
        for fanIn in [384, 96, 1] {
            let layer = Self.layer(.project, inputs: fanIn, outputs: 2)
            let parameters = Self.parameters(layer, &random, zeros: 0)
            for channel in 0..<2 {
                let neuron = NeuronSum(layer, parameters, channel: channel)
                let bits = LayerWindow(layer).bits
                let tree = CompressorTree(neuron, operandBits: bits, cutRows: 6)
                #expect(fanIn < 384 || tree.selection.carries.count > 1)
                #expect(tree.sum.count == neuron.width)
                for trial in 0..<20 {
                    // Many ones: carries run through the whole accumulator.
                    let values = (0..<bits).map { _ in UInt8.random(in: 0...9, using: &random) >= trial % 10 }
                    #expect(
                        Self.saturate(tree.evaluate { values[$0] }, neuron) == neuron.evaluate { values[$0] })
                }
            }
        }
    }

    @Test("Full adders follow the law of bits: eight a weight, two rows less")
    func law() {
        var random = SystemRandomNumberGenerator()
        for fanIn in [32, 96, 384] {
            let layer = Self.layer(.project, inputs: fanIn, outputs: 4)
            let census = LayerCensus(
                layer, Self.parameters(layer, &random, zeros: 0.05), cut: .uniform(2))
            let perWeight = Double(census.fullAdders) / Double(census.nonZeroWeights)
            #expect((6.0...8.1).contains(perWeight), "fan-in \(fanIn): \(perWeight)")
        }
    }
}

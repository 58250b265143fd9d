public import HardenedBackbone
import QuantizedTensors

/// Pairs of inputs that are added once for all neurons of a layer.
///
/// Every weight of a neuron is one shifted byte, so `±2^s (x_i ± 2^d x_j)` turns up in many neurons of a layer
/// whose neurons read the same bytes. A greedy matching takes the pattern that saves most area, counts anew, and
/// ends where no pattern pays for its adder and its registers.
/// - Cost in depth: one register stage in front of the trees, which wide layers have for their input anyway.
/// - Source: common-subexpression elimination of `hardware-and-po2.md`, 2.6.
public struct PairSharing: Sendable {
    /// The pairs, in the order of their bits.
    public let pairs: [PairPattern]
    /// Number of each pair's lowest bit, among the bits that a neuron can read.
    public let firstBits: [Int]
    /// The layer's neurons on bytes, residual bytes and pairs.
    public let neurons: [NeuronSum]
    /// Neurons that take each pair.
    public let uses: [Int]

    /// Finds what `layer` can share; `nil` for depthwise layers, whose neurons have no input in common.
    ///
    /// - Complexity: square in the inputs, linear in the channels; seconds for the widest layer.
    public init?(_ layer: NetworkLayer, _ parameters: LayerParameters, costs: PairCosts = .asap7) {
        guard layer.kind != .depthwise else { return nil }
        let window = LayerWindow(layer)
        let channels = layer.output.channels
        let count = layer.weightsPerChannel
        var weightOfByte = [Int](repeating: 0, count: count)
        for index in 0..<count { weightOfByte[window.byte(ofWeight: index, channel: 0)] = index }
        var sets = WeightBitsets(inputs: window.bytes, channels: channels) {
            parameters.weights[$1 * count + weightOfByte[$0]]
        }
        let isSigned = layer.inputType == .s8
        var queue = PatternQueue(sets, costs)
        var pairs: [PairPattern] = []
        var firstBits: [Int] = []
        var uses: [Int] = []
        var products = [[FoldedProduct]](repeating: [], count: channels)
        var bit = window.bits + (layer.residualSource == nil ? 0 : 8)
        while let pattern = queue.next(sets) {
            uses.append(0)
            sets.take(pattern) { channel, isNegative, exponent in
                uses[uses.count - 1] += 1
                products[channel].append(
                    pattern.product(
                        firstBit: bit, isSigned: isSigned, isNegative: isNegative, shift: exponent))
            }
            pairs.append(pattern)
            firstBits.append(bit)
            bit += pattern.width
        }
        sets.forEachSingle { channel, input, isNegative, exponent in
            products[channel].append(
                FoldedProduct(
                    byteAt: input * 8, isSigned: isSigned, isNegative: isNegative, shift: exponent))
        }
        (self.pairs, self.firstBits, self.uses) = (pairs, firstBits, uses)
        neurons = products.indices.map {
            NeuronSum(layer, parameters, channel: $0, products: products[$0])
        }
    }

    /// Bits of all pairs.
    public var bits: Int { pairs.reduce(0) { $0 + $1.width } }
}

public import HardenedBackbone
import QuantizedTensors

/// How the bytes that one output pixel reads are laid out on the wires of a layer's core.
///
/// 1x1: input channel `c` at byte `c`. Depthwise: byte `tap * channels + c`. Stem: byte `tap * 3 + colour`.
/// Taps go through rows first. Bit `b` of byte `n` is wire `8 * n + b`.
public struct LayerWindow: Hashable, Sendable {
    private let layer: NetworkLayer

    /// The window of `layer`.
    public init(_ layer: NetworkLayer) { self.layer = layer }

    /// Bytes of the window.
    public var bytes: Int { layer.kernelSize * layer.kernelSize * layer.input.channels }
    /// Wires of the window.
    public var bits: Int { bytes * 8 }

    /// The byte that weight `index` of output channel `channel` multiplies.
    ///
    /// - Parameter index: within `[inputChannelsPerGroup, kernelSize, kernelSize]`.
    public func byte(ofWeight index: Int, channel: Int) -> Int {
        switch layer.kind {
        case .stem: (index % 9) * 3 + index / 9
        case .depthwise: index * layer.input.channels + channel
        case .expand, .project, .last: index
        }
    }

    /// The terms of a channel's weights as folded products: one of a power of two, two of a sum.
    func products(_ parameters: LayerParameters, _ channel: Int) -> [FoldedProduct] {
        let count = layer.weightsPerChannel
        var products: [FoldedProduct] = []
        for index in 0..<count {
            let weight = parameters.weights[channel * count + index]
            for term in WeightTerms(value: weight)?.terms ?? [] {
                products.append(
                    FoldedProduct(
                        byteAt: 8 * byte(ofWeight: index, channel: channel), isSigned: layer.inputType == .s8,
                        isNegative: term.value < 0, shift: Int(term.code & 7)))
            }
        }
        return products
    }
}

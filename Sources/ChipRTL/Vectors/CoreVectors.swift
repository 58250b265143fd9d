import ChipModel
public import HardenedBackbone
import QuantizedTensors

/// Windows for one layer's core, and the bytes that the numeric specification gives for them.
///
/// All zeros, all ones, for some channels the largest and the smallest sum that any window gives, then sparse and
/// dense random bytes.
public struct CoreVectors: Sendable {
    /// Windows, each ``LayerWindow/bytes`` long.
    public let windows: [[UInt8]]
    /// Residual bytes of all output channels for each window; empty without a residual.
    public let residuals: [[UInt8]]
    /// Output bytes of all channels for each window.
    public let outputs: [[UInt8]]

    /// `count` vectors from `seed`.
    public init(_ layer: NetworkLayer, _ parameters: LayerParameters, count: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let window = LayerWindow(layer)
        var windows: [[UInt8]] = []
        for index in 0..<count {
            switch index {
            case 0: windows.append(Array(repeating: 0, count: window.bytes))
            case 1: windows.append(Array(repeating: 255, count: window.bytes))
            case 2..<count / 2:
                let channel = (index / 2 * 7) % layer.output.channels
                windows.append(
                    Self.extreme(layer, parameters, channel: channel, isLargest: index % 2 == 0))
            default:
                let isSparse = index % 4 == 0
                windows.append(
                    (0..<window.bytes).map { _ in
                        let word = random.next()
                        return isSparse && word >> 8 & 7 != 0 ? 0 : UInt8(truncatingIfNeeded: word)
                    })
            }
        }
        self.windows = windows
        residuals =
            layer.residualSource == nil
            ? []
            : (0..<count).map { index in
                (0..<layer.output.channels).map { _ in
                    let word = random.next()
                    return index % 3 == 0 ? (word & 1 == 0 ? 0x7f : 0x80) : UInt8(truncatingIfNeeded: word)
                }
            }
        let residuals = residuals
        outputs = windows.indices.map { index in
            Self.outputs(
                layer, parameters, window: windows[index],
                residual: residuals.isEmpty ? nil : residuals[index])
        }
    }

    /// The window that drives one channel's sum to its end.
    private static func extreme(
        _ layer: NetworkLayer,
        _ parameters: LayerParameters,
        channel: Int,
        isLargest: Bool
    ) -> [UInt8] {
        let window = LayerWindow(layer)
        let range = layer.inputType.range
        var bytes = [UInt8](repeating: 0, count: window.bytes)
        for index in 0..<layer.weightsPerChannel {
            let weight = parameters.weights[channel * layer.weightsPerChannel + index]
            let value = (weight > 0) == isLargest ? range.upperBound : range.lowerBound
            bytes[window.byte(ofWeight: index, channel: channel)] = layer.inputType.byte(of: value)
        }
        return bytes
    }

    /// One pixel by the numeric specification.
    static func outputs(
        _ layer: NetworkLayer,
        _ parameters: LayerParameters,
        window bytes: [UInt8],
        residual: [UInt8]?
    ) -> [UInt8] {
        let window = LayerWindow(layer)
        let count = layer.weightsPerChannel
        return (0..<layer.output.channels).map { channel in
            var sum = parameters.bias[channel]
            for index in 0..<count {
                let byte = bytes[window.byte(ofWeight: index, channel: channel)]
                sum += Int32(parameters.weights[channel * count + index]) * layer.inputType.value(of: byte)
            }
            let value = Requantization.requantize(
                accumulator: sum, residual: residual.map { ActivationType.s8.value(of: $0[channel]) } ?? 0,
                shift: parameters.shift[channel], residualShift: parameters.residualShift,
                to: layer.outputType)
            return layer.outputType.byte(of: value)
        }
    }
}

internal import HardenedBackbone
internal import QuantizedTensors

/// Brings the channels of linear bottlenecks to one range by powers of two.
///
/// A channel's projection grows by a factor and its expansion shrinks by it, so the float network stays what
/// it is; only the rounding to eight bits becomes finer. Residual chains share the factors.
enum Equalisation {
    /// The largest factor, as an exponent.
    private static let exponentMax = 3

    static func apply(_ network: NetworkDescription, _ code: inout CodeNetwork, _ record: inout FloatRecord) {
        for chain in ActivationScales.chains(network) where network.layers[chain[0]].outputType == .s8 {
            let channels = network.layers[chain[0]].output.channels
            let power = power(of: chain, channels: channels, record)
            let largest = power.reduce(0, max)
            for channel in 0..<channels where power[channel] > 0 {
                // A quarter of the power is half the range.
                var exponent = 0
                while exponent < exponentMax, power[channel] * 4 < largest / Double(1 << (2 * exponent)) {
                    exponent += 1
                }
                guard exponent > 0 else { continue }
                let factor = Double(1 << exponent)
                for layer in chain {
                    scale(channel, of: layer, by: factor, network, &code)
                    scale(channel, of: layer, by: factor, channels, &record)
                }
            }
        }
    }

    /// The mean square of every channel over the sampled pixels of all layers of a chain.
    private static func power(of chain: [Int], channels: Int, _ record: FloatRecord) -> [Double] {
        var power = [Double](repeating: 0, count: channels)
        for image in record.images {
            for layer in chain {
                for (index, value) in image.samples[layer].enumerated() {
                    power[index % channels] += Double(value) * Double(value)
                }
            }
        }
        return power
    }

    private static func scale(
        _ channel: Int, of layer: Int, by factor: Double, _ network: NetworkDescription,
        _ code: inout CodeNetwork
    ) {
        let inputs = network.layers[layer].weightsPerChannel
        for index in 0..<inputs { code.layers[layer].weights[channel * inputs + index] *= factor }
        code.layers[layer].bias[channel] *= factor
        // The expansion behind a bottleneck reads all its channels.
        let depth = network.layers[layer + 1].input.channels
        for output in 0..<network.layers[layer + 1].output.channels {
            code.layers[layer + 1].weights[output * depth + channel] /= factor
        }
    }

    private static func scale(
        _ channel: Int, of layer: Int, by factor: Double, _ channels: Int, _ record: inout FloatRecord
    ) {
        for image in record.images.indices {
            let count = record.images[image].samples[layer].count
            for index in stride(from: channel, to: count, by: channels) {
                record.images[image].samples[layer][index] *= Float(factor)
            }
        }
        record.sums[layer][channel] *= factor
    }
}

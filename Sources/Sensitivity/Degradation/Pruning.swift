import HardenedBackbone
import QuantizedTensors

/// Unstructured pruning by magnitude.
enum Pruning {
    /// Whether the network-wide study prunes `layer`: stem and depthwise layers hold 3 % of the weights and
    /// most of the sensitivity, so they stay whole.
    static func isPrunable(_ layer: NetworkLayer) -> Bool { layer.kernelSize == 1 }

    /// Weights of one layer with the same score.
    private struct Group {
        /// Squared weight over the mean square of its channel.
        let score: Double
        let layer: Int
        let channel: Int
        let magnitude: Int8
        let count: Int
    }

    /// Sets the smallest weights of `layers` to zero until `percent` of all of theirs are zero.
    ///
    /// Weights are compared after division by the root mean square of their channel, so that a channel's
    /// scale, which the shift undoes, does not matter. Of equals the earlier layer, channel and element go
    /// first.
    ///
    /// - Rounding: the number of zeros is rounded down; weights that are zero already count.
    static func prune(_ artifact: BackboneArtifact, layers: [Int], percent: Int) -> [LayerParameters] {
        precondition((0...100).contains(percent), "a share is 0...100 percent")
        let network = artifact.network
        var result = artifact.layers
        let total = layers.reduce(0) { $0 + network.layers[$1].weightCount }
        let zeros = layers.reduce(0) { $0 + artifact.layers[$1].weights.count { $0 == 0 } }
        var left = total * percent / 100 - zeros
        guard left > 0 else { return result }
        var groups = layers.flatMap { Self.groups(of: network.layers[$0], artifact.layers[$0], index: $0) }
        groups.sort {
            ($0.score, $0.layer, $0.channel, $0.magnitude) < ($1.score, $1.layer, $1.channel, $1.magnitude)
        }
        var weights = artifact.layers.map(\.weights)
        for group in groups where left > 0 {
            let count = network.layers[group.layer].weightsPerChannel
            for index in group.channel * count..<(group.channel + 1) * count
            where left > 0 && weights[group.layer][index].magnitude == group.magnitude.magnitude {
                weights[group.layer][index] = 0
                left -= 1
            }
        }
        for index in layers {
            let old = artifact.layers[index]
            result[index] = LayerParameters(
                weights: weights[index],
                bias: old.bias,
                shift: old.shift,
                residualShift: old.residualShift
            ).keepingMean(of: old, network.layers[index], artifact.inputMean)
        }
        return result
    }

    private static func groups(of layer: NetworkLayer, _ parameters: LayerParameters, index: Int) -> [Group] {
        let count = layer.weightsPerChannel
        return (0..<layer.output.channels).flatMap { channel -> [Group] in
            var counts = [Int](repeating: 0, count: 65)
            var energy = 0
            for weight in parameters.weights[channel * count..<(channel + 1) * count] where weight != 0 {
                counts[Int(weight.magnitude)] += 1
                energy += Int(weight) * Int(weight)
            }
            return counts.indices.filter { counts[$0] > 0 }.map { magnitude in
                Group(
                    score: Double(magnitude * magnitude * count) / Double(energy),
                    layer: index,
                    channel: channel,
                    magnitude: Int8(magnitude),
                    count: counts[magnitude]
                )
            }
        }
    }
}

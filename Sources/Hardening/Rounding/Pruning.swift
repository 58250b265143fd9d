internal import HardenedBackbone
internal import QuantizedTensors

/// Chooses the weights that become zero: the smallest of all layers, each relative to its channel's spread.
enum Pruning {
    /// Which weights of each layer may differ from zero; empty for layers that are left whole.
    static func masks(
        _ network: NetworkDescription, _ code: CodeNetwork, options: HardeningOptions
    ) -> [[Bool]] {
        guard options.prune > 0 else { return network.layers.map { _ in [] } }
        let prunable = network.layers.indices.filter { index in
            let kind = network.layers[index].kind
            return options.prunesEveryLayer || (kind != .stem && kind != .depthwise)
        }
        var scores: [(score: Double, layer: Int, index: Int)] = []
        for layer in prunable {
            let count = network.layers[layer].weightsPerChannel
            let weights = code.layers[layer].weights
            for channel in 0..<network.layers[layer].output.channels {
                let row = weights[(channel * count)..<((channel + 1) * count)]
                let power = row.reduce(0) { $0 + $1 * $1 } / Double(count)
                let spread = power > 0 ? power.squareRoot() : 1
                for index in row.indices { scores.append((row[index].magnitude / spread, layer, index)) }
            }
        }
        // The position decides between equals, so the same weights go on every machine.
        scores.sort { ($0.score, $0.layer, $0.index) < ($1.score, $1.layer, $1.index) }
        let count = Int((Double(scores.count) * options.prune).rounded(.down))
        var masks = network.layers.indices.map { layer in
            prunable.contains(layer) ? [Bool](repeating: true, count: network.layers[layer].weightCount) : []
        }
        for entry in scores.prefix(count) { masks[entry.layer][entry.index] = false }
        return masks
    }
}

internal import FloatNetwork
internal import HardenedBackbone

/// The float network in units of activation codes with scale exponent 0: one unit is worth 6/255.
///
/// The stem reads raw bytes: mean and spread of the colours are folded into its weights and biases.
struct CodeNetwork: Sendable {
    /// What one unit is worth.
    static let unit = 6.0 / 255

    /// One layer's numbers.
    struct Layer: Sendable {
        /// As the float network's.
        var weights: [Double]
        /// As the float network's.
        var bias: [Double]
    }

    var layers: [Layer]
    /// The padding byte of each colour: the mean colour, rounded half away from zero.
    let inputMean: [UInt8]

    init(_ network: FloatNetwork) {
        let (mean, spread) = (network.normalization.mean, network.normalization.standardDeviation)
        inputMean = mean.map {
            UInt8(min(max((Double($0) * 255).rounded(.toNearestOrAwayFromZero), 0), 255))
        }
        layers = network.layers.map { layer in
            Layer(weights: layer.weights.map(Double.init), bias: layer.bias.map { Double($0) / Self.unit })
        }
        for index in layers[0].weights.indices {
            let colour = index / 9 % 3
            // A byte counts as a code, worth `unit / (6 * spread)` in the network's terms.
            let weight = layers[0].weights[index] / (6 * Double(spread[colour]))
            layers[0].weights[index] = weight
            layers[0].bias[index / 27] -= weight * Double(mean[colour]) * 255
        }
    }
}

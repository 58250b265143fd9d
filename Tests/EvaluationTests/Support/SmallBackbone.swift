import HardenedBackbone
import Testing

/// A backbone of a tenth of the usual width over 32x32 images: all layer kinds, a few milliseconds an image.
enum SmallBackbone {
    static func make(seed: UInt64 = 1) throws -> BackboneArtifact {
        let network = try #require(NetworkDescription(widthPercent: 10, inputSize: 32))
        return try BackboneInitialiser.make(
            widthPercent: 10, inputSize: 32, seed: seed,
            calibration: (0..<4).map { photograph($0, bytes: network.imageBytes) })
    }

    /// The same backbone with one weight's sign turned.
    static func flipped(_ artifact: BackboneArtifact, layer: Int) throws -> BackboneArtifact {
        var layers = artifact.layers
        var weights = layers[layer].weights
        let index = try #require(weights.indices.max { weights[$0].magnitude < weights[$1].magnitude })
        weights[index] = -weights[index]
        layers[layer] = LayerParameters(
            weights: weights, bias: layers[layer].bias, shift: layers[layer].shift,
            residualShift: layers[layer].residualShift)
        return try BackboneArtifact(
            network: artifact.network, poolShift: artifact.poolShift, layers: layers,
            activationExponents: artifact.activationExponents, preprocessing: artifact.preprocessing,
            description: artifact.description)
    }

    /// Smooth waves of colour, different for every index.
    static func photograph(_ index: Int, bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: ($0 * (index % 7 + 1) / 3) ^ ($0 / (96 + index))) }
    }
}

import HardenedBackbone
import Testing
import TestSupport

extension SmallBackbone {
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
}

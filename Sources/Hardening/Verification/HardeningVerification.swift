public import HardenedBackbone
internal import QuantizedTensors

/// The last look at an artefact before anybody sees it.
public enum HardeningVerification {
    /// Images that reference and executor are compared on.
    public static let imagesMax = 4

    /// Checks every weight, and every layer's bytes of the executor against the reference.
    ///
    /// - Throws: ``HardeningError`` for the first weight or layer that is wrong.
    /// - Returns: how many images were compared.
    @discardableResult
    public static func verify(
        _ artifact: BackboneArtifact, images: [[UInt8]], crew: WorkCrew = .serial
    ) throws(HardeningError) -> Int {
        try scan(artifact.network, artifact.layers.map(\.weights))
        let plan: BackbonePlan
        do {
            plan = try BackbonePlan(artifact)
        } catch {
            throw .noExecutor(error)
        }
        let compared = Array(images.prefix(imagesMax))
        let differing = crew.map(compared.count) { firstDifference(artifact, plan, compared[$0]) }
        for (image, layer) in differing.enumerated() {
            if let layer { throw .executorDiffers(layer: layer, image: image) }
        }
        return compared.count
    }

    /// Checks that every weight is 0, a signed power of two up to 64, or a sum of two.
    package static func scan(_ network: NetworkDescription, _ weights: [[Int8]]) throws(HardeningError) {
        for (layer, weights) in zip(network.layers, weights) {
            for (index, weight) in weights.enumerated() where WeightTerms(value: weight) == nil {
                throw .illegalWeight(layer: layer.name, index: index, value: Int(weight))
            }
        }
    }

    /// The first layer whose bytes differ, if any; `pool` stands for the features.
    package static func firstDifference(
        _ artifact: BackboneArtifact, _ plan: BackbonePlan, _ image: [UInt8]
    ) -> String? {
        var outputs: [[UInt8]] = []
        let expected = ReferenceBackbone.run(artifact, image: image) { outputs.append($1) }
        var differing: String?
        var features = [UInt8](repeating: 0, count: plan.network.featureCount)
        image.withUnsafeBufferPointer { image in
            features.withUnsafeMutableBufferPointer { features in
                BackboneReplica(plan).extractFeatures(image: image, into: features) { index, output in
                    if differing == nil, !outputs[index].elementsEqual(output) {
                        differing = plan.network.layers[index].name
                    }
                }
            }
        }
        if differing == nil, features != expected { differing = "pool" }
        return differing
    }
}

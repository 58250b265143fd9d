import ClassifierHead
import HardenedBackbone
import Sensitivity
import Testing
import TestSupport

extension SmallBackbone {
    /// The same backbone with other numbers; illegal ones end the test.
    static func with(_ layers: [LayerParameters], of artifact: BackboneArtifact) throws -> BackboneArtifact {
        try BackboneArtifact(
            network: artifact.network, inputMean: artifact.inputMean, poolShift: artifact.poolShift,
            layers: layers, activationExponents: artifact.activationExponents,
            preprocessing: artifact.preprocessing, description: artifact.description)
    }

    /// Images of `classes` kinds that a head can tell apart, and their classes.
    static func images(_ count: Int, classes: Int = 3, network: NetworkDescription) -> LabelledTensors {
        var tensors = LabelledTensors(imageBytes: network.imageBytes)
        for index in 0..<count {
            // Stripes of a width by class, moved and brightened by index.
            let trueClass = index % classes
            let image = (0..<network.imageBytes).map { element -> UInt8 in
                let column = element / 3 % network.inputSize + index / classes
                return column / (trueClass + 2) % 2 == 0 ? 40 : UInt8(120 + (index * 37) % 100)
            }
            tensors.append(image, trueClass: trueClass)
        }
        return tensors
    }

    /// A head that is fitted on such images.
    static func head(_ artifact: BackboneArtifact, _ images: LabelledTensors) throws -> ClassifierHead {
        let replica = BackboneReplica(try BackbonePlan(artifact))
        var fitter = HeadFitter(featureCount: artifact.network.featureCount, classNames: ["a", "b", "<c>"])
        let features = (0..<images.count).flatMap { replica.features(of: images.image($0)) }
        try features.withUnsafeBufferPointer {
            try fitter.add(features: $0, count: images.count, labels: images.classes)
        }
        return try fitter.fit(name: "stripes", version: "v1", backboneDigest: artifact.digest)
    }
}

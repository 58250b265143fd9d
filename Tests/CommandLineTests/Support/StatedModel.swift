import Artifacts
import ClassifierHead
import Foundation
import HardenedBackbone
import ImageDecoding
import TestSupport

/// What tests plant as preprocessing of images of 32 pixels.
enum Planted {
    static let builtIn = Preprocessing.builtIn.identity
    static let torchvision = PreprocessingPreset.torchvision.preprocessing(size: 32).identity
    static let timm = PreprocessingPreset.timm.preprocessing(size: 32).identity
    /// No version of this program writes or knows it.
    static let unknown = "my-camera/3"
}

/// A backbone of 32x32 images that was made for pictures of any preprocessing, and heads for it; nothing is fitted.
struct StatedModel {
    let folder: TemporaryFolder
    let artifact: BackboneArtifact
    /// The backbone, as a file.
    let path: String

    init(_ preprocessing: String) throws {
        folder = try TemporaryFolder()
        artifact = try SmallBackbone.make().stating(preprocessing)
        path = folder.file("backbone.safetensors")
        try Data(artifact.encoded()).write(to: URL(fileURLWithPath: path))
    }

    /// Writes a head of the classes of Fashion-MNIST for this backbone.
    ///
    /// - Parameter preprocessing: What the head states; `nil` as heads of earlier versions, which state nothing.
    func head(_ name: String = "stated", states preprocessing: String?) throws -> String {
        let features = artifact.network.featureCount
        let head = try ClassifierHead(
            name: name, version: "v1", classNames: (0..<10).map { "class \($0)" }, featureCount: features,
            weights: (0..<10 * features).map { Int8($0 * 37 % 101 - 50) },
            bias: [Int32](repeating: 0, count: 10), scale: 1, backboneDigest: artifact.digest,
            preprocessing: preprocessing, summary: "for a test")
        let path = folder.file("\(name).safetensors")
        try Data(head.encoded()).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// The integers of this backbone in the file that `training/` writes.
    func trainedIntegers() throws -> String {
        func list(_ values: some Sequence<some BinaryInteger>) -> String {
            values.map { "\($0)" }.joined(separator: ",")
        }
        var tensors: [SafetensorsFile.Tensor] = []
        for (layer, numbers) in zip(artifact.network.layers, artifact.layers) {
            let channels = numbers.bias.count
            let shape = [channels, layer.inputChannelsPerGroup, layer.kernelSize, layer.kernelSize]
            tensors += [
                .int8(name: "\(layer.name).weight", shape: shape, values: numbers.weights),
                .int32(name: "\(layer.name).bias", shape: [channels], values: numbers.bias),
                .uint8(name: "\(layer.name).shift", shape: [channels], values: numbers.shift),
            ]
            if layer.residualSource != nil {
                tensors.append(
                    .int8(name: "\(layer.name).residual_shift", shape: [1], values: [numbers.residualShift]))
            }
        }
        let file = SafetensorsFile(
            metadata: [
                "format": "hashiflex-trained-integers", "schema": "1",
                "width_percent": "\(artifact.network.widthPercent)",
                "input_size": "\(artifact.network.inputSize)", "input_mean": list(artifact.inputMean),
                "pool_shift": "\(artifact.poolShift)",
                "activation_exponents": list(artifact.activationExponents),
                "preprocessing": artifact.preprocessing, "description": artifact.description,
            ], tensors: tensors)
        let path = folder.file("trained.safetensors")
        try Data(file.encoded()).write(to: URL(fileURLWithPath: path))
        return path
    }
}

extension BackboneArtifact {
    /// The same integers, made for other pictures.
    func stating(_ preprocessing: String) throws -> BackboneArtifact {
        try BackboneArtifact(
            network: network, inputMean: inputMean, poolShift: poolShift, layers: layers,
            activationExponents: activationExponents, preprocessing: preprocessing, description: description)
    }
}

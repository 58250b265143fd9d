public import Artifacts
internal import FloatNetwork
internal import HardenedBackbone
internal import QuantizedTensors

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Writes an imported network as a safetensors file that ``NetworkImporter`` and PyTorch code read.
public enum FloatNetworkFile {
    /// The file of `imported`.
    ///
    /// Tensors have torchvision's names, float32, batch normalisation folded into weights and biases:
    /// `features.0.0.weight`, `features.0.0.bias`, ... `classifier.1.weight`, `classifier.1.bias`. A network that pads
    /// as TensorFlow does has the kernels of its own file, not turned, and says `padding=tensorflow`. Metadata:
    /// `input_size`, `width_percent`, `mean`, `std`, `padding`, `preprocessing` and, if known, `classes`.
    ///
    /// Read again, it is the same network to the bit.
    ///
    /// - Parameter preprocessing: how pictures become its tensors, as artefacts state it.
    public static func file(of imported: ImportedNetwork, preprocessing: String) -> SafetensorsFile {
        let network = imported.network
        let names = LayerNames.torchvision
        var tensors: [SafetensorsFile.Tensor] = []
        for (index, layer) in network.network.layers.enumerated() {
            let shape = [
                layer.output.channels, layer.inputChannelsPerGroup, layer.kernelSize, layer.kernelSize,
            ]
            let name = names.layers[index].convolution
            var draft = LayerDraft(
                tensor: name, shape: shape, weights: network.layers[index].weights,
                bias: network.layers[index].bias)
            if imported.isTurned { draft.turn() }
            tensors += [
                .float32(name: name + ".weight", shape: shape, values: draft.weights),
                .float32(name: name + ".bias", shape: [draft.channels], values: draft.bias),
            ]
        }
        if let classifier = network.classifier {
            let classes = classifier.bias.count
            tensors += [
                .float32(
                    name: names.classifier + ".weight", shape: [classes, network.network.featureCount],
                    values: classifier.weights),
                .float32(name: names.classifier + ".bias", shape: [classes], values: classifier.bias),
            ]
        }
        return SafetensorsFile(metadata: metadata(imported, preprocessing), tensors: tensors)
    }

    private static func metadata(_ imported: ImportedNetwork, _ preprocessing: String) -> [String: String] {
        func list(_ values: [Float]) -> String { values.map { "\($0)" }.joined(separator: ",") }
        let network = imported.network
        var entries = [
            "format": "pt", "input_size": "\(network.network.inputSize)",
            "width_percent": "\(network.network.widthPercent)", "mean": list(network.normalization.mean),
            "std": list(network.normalization.standardDeviation),
            "padding": imported.isTurned ? "tensorflow" : "pytorch", "preprocessing": preprocessing,
        ]
        if let names = imported.classNames, let text = try? JSONEncoder().encode(names) {
            entries["classes"] = String(decoding: text, as: UTF8.self)
        }
        // At the smallest widths frameworks have a shortcut there that this network has not.
        let layers = network.network.layers
        if layers[0].output.channels == layers[2].output.channels { entries["first_block_shortcut"] = "none" }
        return entries
    }
}

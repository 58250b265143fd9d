internal import Artifacts
internal import FloatNetwork

/// Reads a network from a safetensors file of weights: names tell the layers, shapes the width.
struct WeightFileReader {
    private let file: SafetensorsFile
    private let metadata: ImportMetadata
    private var taken: Set<String> = []

    /// A reader of `file`.
    init(_ file: SafetensorsFile) {
        self.file = file
        metadata = ImportMetadata(entries: file.metadata)
    }

    /// The network.
    mutating func network(_ options: ImportOptions) throws(NetworkImportError) -> ImportedNetwork {
        let prefixes = ["", "module.", "model.", "backbone."]
        for prefix in prefixes {
            for names in LayerNames.allCases where file.tensors[prefix + names.mark] != nil {
                let draft = try draft(names, prefix)
                return try draft.imported(options, source: "safetensors, \(names) names", opset: nil)
            }
        }
        throw .missingTensor(name: "\(LayerNames.torchvision.mark) or \(LayerNames.timm.mark)")
    }

    private mutating func draft(
        _ names: LayerNames, _ prefix: String
    ) throws(NetworkImportError) -> NetworkDraft {
        var draft = NetworkDraft(metadata: file.metadata, framework: names.framework)
        for layer in names.layers {
            draft.layers.append(try self.layer(prefix + layer.convolution, prefix + layer.normalization))
        }
        draft.classifier = try classifier(prefix + names.classifier)
        let counters = Set(names.layers.map { prefix + $0.normalization + ".num_batches_tracked" })
        let extra = file.tensors.keys.filter { !taken.contains($0) && !counters.contains($0) }.min()
        if let extra { throw .unexpectedTensor(name: extra) }
        // Weights do not show shortcuts; at the smallest widths frameworks have one that we do not.
        if draft.layers[0].channels == draft.layers[2].channels {
            guard file.metadata["first_block_shortcut"] == "none" else {
                throw .firstBlockShortcut(channels: draft.layers[0].channels)
            }
        }
        return draft
    }

    private mutating func layer(
        _ convolution: String, _ normalization: String
    ) throws(NetworkImportError) -> LayerDraft {
        let name = convolution + ".weight"
        let tensor = try tensor(name)
        guard tensor.shape.count == 4, tensor.shape.allSatisfy({ $0 > 0 }) else {
            throw .wrongShape(tensor: name, found: tensor.shape, expected: "[out, in, kernel, kernel]")
        }
        let channels = tensor.shape[0]
        let isNormalized = file.tensors[normalization + ".running_var"] != nil
        var draft = LayerDraft(
            tensor: name, shape: tensor.shape, weights: try values(tensor),
            bias: [Float](repeating: 0, count: channels))
        if file.tensors[convolution + ".bias"] != nil {
            draft.bias = try vector(convolution + ".bias", count: channels)
        } else if !isNormalized {
            throw .missingTensor(name: normalization + ".running_var")
        }
        guard isNormalized else { return draft }
        try draft.fold(
            BatchNormalization(
                scale: try vector(normalization + ".weight", count: channels),
                shift: try vector(normalization + ".bias", count: channels),
                mean: try vector(normalization + ".running_mean", count: channels),
                variance: try vector(normalization + ".running_var", count: channels),
                epsilon: try metadata.batchNormEpsilon(), varianceTensor: normalization + ".running_var"))
        return draft
    }

    private mutating func classifier(_ prefix: String) throws(NetworkImportError) -> ClassifierDraft? {
        let name = prefix + ".weight"
        guard file.tensors[name] != nil || file.tensors[prefix + ".bias"] != nil else { return nil }
        let tensor = try tensor(name)
        guard tensor.shape.count == 2, tensor.shape.allSatisfy({ $0 > 0 }) else {
            throw .wrongShape(tensor: name, found: tensor.shape, expected: "[classes, features]")
        }
        return ClassifierDraft(
            tensor: name, classes: tensor.shape[0], features: tensor.shape[1], weights: try values(tensor),
            bias: try vector(prefix + ".bias", count: tensor.shape[0]))
    }

    private mutating func tensor(_ name: String) throws(NetworkImportError) -> SafetensorsFile.Tensor {
        guard let tensor = file.tensors[name] else { throw .missingTensor(name: name) }
        taken.insert(name)
        return tensor
    }

    private mutating func vector(_ name: String, count: Int) throws(NetworkImportError) -> [Float] {
        let tensor = try tensor(name)
        guard tensor.shape == [count] else {
            throw .wrongShape(tensor: name, found: tensor.shape, expected: "[\(count)]")
        }
        return try values(tensor)
    }

    private func values(_ tensor: SafetensorsFile.Tensor) throws(NetworkImportError) -> [Float] {
        let values: [Float]
        switch tensor.elementType {
        case .f32:
            do {
                values = try tensor.float32s()
            } catch {
                throw .safetensors(reason: "\(error)")
            }
        case .f16: values = ElementDecoding.words(tensor.bytes).map(ElementDecoding.half)
        case .bf16: values = ElementDecoding.words(tensor.bytes).map(ElementDecoding.brain)
        default:
            throw .unsupportedElementType(tensor: tensor.name, found: tensor.elementType.rawValue)
        }
        if let index = values.firstIndex(where: { !$0.isFinite }) {
            throw .notFinite(tensor: tensor.name, index: index)
        }
        return values
    }
}

internal import Artifacts
internal import FloatNetwork

/// Reads a network from a file of weights: names tell the layers, shapes the width.
struct WeightFileReader {
    private let file: SafetensorsFile
    /// What the file is, for people.
    private let container: String
    private let metadata: ImportMetadata
    private var taken: Set<String> = []
    private var epsilon = 1e-5
    /// Whether any layer has a batch normalisation of its own.
    private var isNormalized = false

    /// A reader of `file`.
    init(_ file: SafetensorsFile, container: String = "safetensors") {
        self.file = file
        self.container = container
        metadata = ImportMetadata(entries: file.metadata)
    }

    /// The network.
    mutating func network(_ options: ImportOptions) throws(NetworkImportError) -> ImportedNetwork {
        for prefix in Self.prefixes {
            for names in LayerNames.allCases where file.tensors[prefix + names.mark] != nil {
                // With fewer, a tensor is missing and has a name.
                if let problem = blocks(names, prefix).deeper { throw problem }
                let draft = try draft(names, prefix)
                return try draft.imported(options, source: "\(container), \(names.title) names", opset: nil)
            }
        }
        throw .missingTensor(
            name: "\(LayerNames.torchvision.mark), \(LayerNames.timm.mark) or \(LayerNames.huggingFace.mark)")
    }

    /// What compiling, spreading over devices and training loops put before every name, in any three layers.
    private static let prefixes: [String] = {
        let single = ["_orig_mod.", "module.", "model.", "backbone.", "net."]
        let double = single.flatMap { outer in single.map { outer + $0 } }
        return [""] + single + double + double.flatMap { outer in single.map { outer + $0 } }
    }()

    /// The blocks that the names of depthwise convolutions tell.
    private func blocks(_ names: LayerNames, _ prefix: String) -> BlockTable {
        // A projection follows; the number of its channels tells what the block gives.
        let endings: [(depthwise: String, projection: String)] =
            switch names {
            case .torchvision: [("conv.1.0", "conv.2"), ("conv.0.0", "conv.1")]
            case .timm: [("conv_dw", "conv_pwl"), ("conv_dw", "conv_pw")]
            case .huggingFace, .huggingFaceClassifier: []
            }
        var found: [(place: [Int], channels: Int)] = []
        for (name, tensor) in file.tensors
        where name.hasPrefix(prefix) && tensor.shape.count == 4 && tensor.shape[1] == 1 {
            for ending in endings where name.hasSuffix(".\(ending.depthwise).weight") {
                let start = name.dropLast(ending.depthwise.count + ".weight".count)
                guard let projection = file.tensors[start + ending.projection + ".weight"],
                    let channels = projection.shape.first
                else { continue }
                found.append((start.split(separator: ".").compactMap { Int($0) }, channels))
                break
            }
        }
        found.sort { $0.place.lexicographicallyPrecedes($1.place) }
        return BlockTable(channels: found.map(\.channels))
    }

    private mutating func draft(
        _ names: LayerNames, _ prefix: String
    ) throws(NetworkImportError) -> NetworkDraft {
        var draft = NetworkDraft(metadata: file.metadata, framework: names.framework)
        epsilon = try metadata.batchNormEpsilon() ?? names.epsilon
        let padding = try metadata.padding() ?? names.padding
        for layer in names.layers {
            draft.layers.append(
                try self.layer(prefix + layer.convolution, prefix + layer.normalization, padding))
        }
        if isNormalized { draft.assumedEpsilon = epsilon }
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
        _ convolution: String, _ normalization: String, _ padding: LayerDraft.Padding
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
            bias: [Float](repeating: 0, count: channels), padding: padding)
        if file.tensors[convolution + ".bias"] != nil {
            draft.bias = try vector(convolution + ".bias", count: channels)
        } else if !isNormalized {
            throw .missingTensor(name: normalization + ".running_var")
        }
        guard isNormalized else { return draft }
        self.isNormalized = true
        try draft.fold(
            BatchNormalization(
                scale: try vector(normalization + ".weight", count: channels),
                shift: try vector(normalization + ".bias", count: channels),
                mean: try vector(normalization + ".running_mean", count: channels),
                variance: try vector(normalization + ".running_var", count: channels),
                epsilon: epsilon, varianceTensor: normalization + ".running_var"))
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
        case .f64:
            do {
                // Rounded once; what float32 can not hold becomes infinite and is refused below.
                values = try tensor.float64s().map(Float.init)
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

internal import FloatNetwork
internal import HardenedBackbone
internal import QuantizedTensors

/// Everything a file says, format aside.
struct NetworkDraft {
    var layers: [LayerDraft] = []
    var classifier: ClassifierDraft?
    var inputSize: Int?
    var metadata: [String: String] = [:]
    var framework: ImportedNetwork.Framework?
    /// What the graph does with colours itself.
    var graphNormalization: FloatNetwork.Normalization?
    /// What quantised pixels of the file stand for; a caller may know better.
    var pixelNormalization: FloatNetwork.Normalization?
    /// The constant of batch normalisations, where the file does not state it.
    var assumedEpsilon: Double?

    /// Side of the image, by file or caller.
    ///
    /// - Throws: `conflictingInputSize`, `illegalMetadata`.
    func side(_ options: ImportOptions) throws(NetworkImportError) -> Int? {
        var stated = inputSize
        if stated == nil { stated = try ImportMetadata(entries: metadata).inputSize() }
        if let stated, let asked = options.inputSize, stated != asked {
            throw .conflictingInputSize(found: stated, asked: asked)
        }
        return options.inputSize ?? stated
    }

    /// Finds the width, checks every shape, and makes the network.
    func imported(
        _ options: ImportOptions, source: String, opset: Int?
    ) throws(NetworkImportError) -> ImportedNetwork {
        let entries = ImportMetadata(entries: metadata)
        guard let size = try side(options) else { throw .unknownInputSize }
        guard NetworkDescription.inputSizes.contains(size), size.isMultiple(of: 32) else {
            throw .illegalInputSize(found: size)
        }
        let network = try WidthDeduction.network(channels: layers.map(\.channels), inputSize: size)
        for (draft, layer) in zip(layers, network.layers) {
            let expected = [
                layer.output.channels, layer.inputChannelsPerGroup, layer.kernelSize, layer.kernelSize,
            ]
            guard draft.shape == expected else {
                throw .wrongShape(tensor: draft.tensor, found: draft.shape, expected: "\(expected)")
            }
        }
        let isTurned = try padsBehind(network)
        var layers = layers
        if isTurned { for index in layers.indices { layers[index].turn() } }
        if let classifier, classifier.features != network.featureCount {
            throw .wrongShape(
                tensor: classifier.tensor, found: [classifier.classes, classifier.features],
                expected: "[classes, \(network.featureCount)]")
        }
        let names = try entries.classNames(count: classifier?.classes)
        var normalization = options.normalization ?? pixelNormalization
        if normalization == nil { normalization = try entries.normalization() }
        if let own = graphNormalization {
            // Both at once would normalise twice; who states the same means the graph's.
            guard normalization.map({ $0.isClose(to: own) }) ?? true else {
                throw .conflictingNormalization(found: own, asked: normalization ?? own)
            }
            normalization = own
        }
        do {
            return ImportedNetwork(
                network: try FloatNetwork(
                    network: network, layers: layers.map { .init(weights: $0.weights, bias: $0.bias) },
                    classifier: classifier.map { .init(weights: $0.weights, bias: $0.bias) },
                    normalization: normalization ?? .imageNet),
                classNames: names, source: source, framework: framework,
                statedNormalization: normalization, opset: opset, isTurned: isTurned,
                batchNormEpsilon: assumedEpsilon, preprocessing: metadata["preprocessing"])
        } catch {
            throw .network(error)
        }
    }

    /// Whether every layer of stride 2 pads behind the image.
    ///
    /// - Throws: `mixedPadding`, if some do and some do not.
    private func padsBehind(_ network: NetworkDescription) throws(NetworkImportError) -> Bool {
        var first: (name: String, padding: LayerDraft.Padding)?
        for (draft, layer) in zip(layers, network.layers) where layer.stride == 2 {
            guard let first else {
                first = (layer.name, draft.padding)
                continue
            }
            guard draft.padding == first.padding else {
                throw .mixedPadding(layer: layer.name, other: first.name)
            }
        }
        return first?.padding == .behind
    }
}

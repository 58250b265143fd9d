internal import FloatNetwork
internal import HardenedBackbone
internal import QuantizedTensors

/// One convolution as a file gives it, before the width is known.
struct LayerDraft {
    /// Name of the weight tensor, for messages.
    let tensor: String
    /// `[outputChannels, inputChannelsPerGroup, kernelSize, kernelSize]`.
    let shape: [Int]
    /// Finite.
    var weights: [Float]
    /// Finite; `[outputChannels]`.
    var bias: [Float]
    /// Where rows and columns of zeros are put around an image of even size.
    var padding = Padding.around

    /// Sides on which a 3x3 convolution pads.
    enum Padding: Sendable {
        /// One row and column on every side, as PyTorch pads.
        case around
        /// At stride 2, one row below and one column on the right, as TensorFlow pads (SAME).
        case behind
    }

    /// Output channels.
    var channels: Int { shape[0] }

    /// Turns every kernel by 180 degrees.
    mutating func turn() {
        let count = shape[2] * shape[3]
        for start in stride(from: 0, to: weights.count, by: count) {
            weights[start..<start + count].reverse()
        }
    }

    /// Scales and shifts every output channel as the normalisation would.
    ///
    /// - Rounding: in `Double`, once to `Float` at the end.
    mutating func fold(_ normalization: BatchNormalization) throws(NetworkImportError) {
        let count = weights.count / channels
        for channel in 0..<channels {
            let variance = Double(normalization.variance[channel]) + normalization.epsilon
            guard variance > 0 else {
                throw .illegalVariance(tensor: normalization.varianceTensor, index: channel)
            }
            let factor = Double(normalization.scale[channel]) / variance.squareRoot()
            for index in channel * count..<(channel + 1) * count {
                weights[index] = Float(Double(weights[index]) * factor)
            }
            let centred = Double(bias[channel]) - Double(normalization.mean[channel])
            bias[channel] = Float(centred * factor + Double(normalization.shift[channel]))
        }
    }
}

/// Statistics and affine part of a batch normalisation, each `[channels]` and finite.
struct BatchNormalization {
    var scale: [Float]
    var shift: [Float]
    var mean: [Float]
    var variance: [Float]
    var epsilon: Double
    /// Name of the variance tensor, for messages.
    var varianceTensor: String
}

/// The final layer as a file gives it, `[classes, features]`.
struct ClassifierDraft {
    let tensor: String
    let classes: Int
    let features: Int
    let weights: [Float]
    let bias: [Float]
}

/// Everything a file says, format aside.
struct NetworkDraft {
    var layers: [LayerDraft] = []
    var classifier: ClassifierDraft?
    var inputSize: Int?
    var metadata: [String: String] = [:]
    var framework: ImportedNetwork.Framework?
    /// What the file's own pixels state, where they are quantised.
    var normalization: FloatNetwork.Normalization?

    /// Finds the width, checks every shape, and makes the network.
    func imported(
        _ options: ImportOptions, source: String, opset: Int?
    ) throws(NetworkImportError) -> ImportedNetwork {
        let entries = ImportMetadata(entries: metadata)
        var stated = inputSize
        if stated == nil { stated = try entries.inputSize() }
        if let stated, let asked = options.inputSize, stated != asked {
            throw .conflictingInputSize(found: stated, asked: asked)
        }
        guard let size = options.inputSize ?? stated else { throw .unknownInputSize }
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
        var normalization = options.normalization ?? normalization
        if normalization == nil { normalization = try entries.normalization() }
        do {
            return ImportedNetwork(
                network: try FloatNetwork(
                    network: network, layers: layers.map { .init(weights: $0.weights, bias: $0.bias) },
                    classifier: classifier.map { .init(weights: $0.weights, bias: $0.bias) },
                    normalization: normalization ?? .imageNet),
                classNames: names, source: source, framework: framework,
                statedNormalization: normalization, opset: opset, isTurned: isTurned)
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

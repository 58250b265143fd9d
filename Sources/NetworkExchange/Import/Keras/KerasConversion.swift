internal import Artifacts
internal import FloatNetwork

/// Writes a Keras network as a graph of ONNX, whose structure is then checked where ONNX's is.
///
/// What has no counterpart becomes a node of Keras's own name for it, so that the check says what was found.
struct KerasConversion {
    let weights: KerasWeights
    var graph = ONNXModel.Graph()
    /// Whether features are a vector by now, not an image of one pixel.
    var isVector = false

    /// Reads the network of a Keras file.
    ///
    /// - Parameters:
    ///   - configuration: JSON beside the weights; where it is absent, what the weights' file states.
    ///   - source: the format, for people.
    static func network(
        weights file: SafetensorsFile, configuration: String?, _ options: ImportOptions, source: String
    ) throws(NetworkImportError) -> ImportedNetwork {
        let weights = KerasWeights(file)
        let stated = configuration ?? KerasJSON.texts(file.metadata["@model_config"]).first
        let model: KerasModel
        if let stated {
            model = try KerasModel(configuration: stated)
        } else {
            model = try KerasModel(weightsOnly: weights.layers())
        }
        var conversion = KerasConversion(weights: weights)
        try conversion.image(model)
        for layer in model.layers { try conversion.append(layer) }
        conversion.graph.outputs = [ONNXValueInfo(name: model.output)]
        var onnx = ONNXModel()
        // Clip has its bounds as inputs.
        onnx.operatorSets = [("", 13)]
        onnx.graph = conversion.graph
        let (read, colours) = try ONNXWalk.draft(of: ONNXGraph(onnx, options), options)
        var draft = read
        draft.framework = .keras
        if stated == nil {
            draft.assumedEpsilon = Self.epsilon
            // Weights do not show shortcuts; at the smallest widths Keras has one that we do not.
            if let channels = draft.layers.first?.channels, channels == draft.layers[2].channels {
                throw .firstBlockShortcut(channels: channels)
            }
        }
        return try draft.imported(
            options,
            source: source + (stated == nil ? ", weights alone" : "") + (colours.map { ", \($0)" } ?? ""),
            opset: nil)
    }

    /// Keras's default under the root of batch normalisations.
    static let epsilon = 1e-3

    private init(weights: KerasWeights) { self.weights = weights }

    private mutating func image(_ model: KerasModel) throws(NetworkImportError) {
        let inputs = model.inputs
        guard inputs.count == 1, let input = inputs.first else {
            throw .unusableInput(name: inputs.first ?? "", found: "one of \(inputs.count) inputs")
        }
        // Without a shape: rows and columns are not fixed.
        let shape = model.inputShape.isEmpty ? [0, 0, 0, 3] : model.inputShape
        guard shape[3] == 3 || shape[3] == 0 else {
            throw .unusableInput(name: input, found: "of shape \(shape)")
        }
        graph.inputs = [
            ONNXValueInfo(
                name: input, elementType: ONNXType.float,
                dimensions: [nil, 3] + shape[1...2].map { $0 > 0 ? Int64($0) : nil })
        ]
    }

    /// Appends a node for `layer`, its fused activation behind it.
    mutating func write(
        _ layer: KerasLayer, _ type: String, _ inputs: [String], _ attributes: [ONNXAttribute] = []
    ) {
        let activation = activation(layer.settings["activation"])
        let inner = activation == nil ? layer.id : layer.id + " before its activation"
        graph.nodes.append(
            ONNXNode(
                operatorType: type, name: layer.id, inputs: inputs, outputs: [inner], attributes: attributes))
        if let activation { node(activation, of: layer, reading: inner) }
    }

    /// A node that nothing in a MobileNetV2 matches.
    mutating func refused(_ layer: KerasLayer, _ found: String) {
        graph.nodes.append(
            ONNXNode(operatorType: found, name: layer.id, inputs: layer.inputs, outputs: [layer.id]))
    }

    /// An activation by its name; `nil` for one that changes nothing.
    func activation(_ value: JSONValue?) -> String? {
        // Functions are objects with their name inside.
        let name = value?.text ?? value?["config"]?.text ?? value?["class_name"]?.text
        return name == "linear" ? nil : name
    }

    /// The node of an activation.
    mutating func node(_ activation: String, of layer: KerasLayer, reading input: String) {
        let types = [
            "relu": "Relu", "softmax": "Softmax", "log_softmax": "LogSoftmax", "sigmoid": "Sigmoid",
        ]
        var node = ONNXNode(
            operatorType: types[activation] ?? activation, name: layer.id, inputs: [input],
            outputs: [layer.id])
        if activation == "relu6" {
            node.operatorType = "Clip"
            node.inputs += [constant(layer, "0", [0]), constant(layer, "6", [6])]
        }
        graph.nodes.append(node)
    }

    /// Makes an initialiser of numbers; several are one for each channel of an image.
    mutating func constant(_ layer: KerasLayer, _ what: String, _ values: [Double]) -> String {
        let name = "\(layer.id): \(what)"
        graph.initializers.append(
            ONNXTensor(
                name: name, elementType: ONNXType.float,
                dimensions: values.count == 1 ? [] : [1, Int64(values.count), 1, 1],
                reals: ONNXNumbers(values.map { Float($0) })))
        return name
    }

    /// Makes an initialiser of a layer's own numbers, turned to ONNX's order; `nil` if it has none of this role.
    mutating func numbers(
        _ role: KerasWeights.Role, of layer: KerasLayer
    ) throws(NetworkImportError) -> String? {
        guard let path = try weights.path(role, of: layer) else { return nil }
        guard !graph.initializers.contains(where: { $0.name == path }) else {
            throw .keras(reason: "\(shown(path)) belongs to two layers")
        }
        let (shape, values) = try weights.tensor(path)
        let made =
            role == .kernel
            ? Self.turned(shape, values, isDepthwise: layer.className == "DepthwiseConv2D")
            : (shape, values)
        graph.initializers.append(
            ONNXTensor(
                name: path, elementType: ONNXType.float, dimensions: made.0.map { Int64($0) },
                reals: ONNXNumbers(made.1)))
        return path
    }

    /// The numbers that a layer must have.
    mutating func required(
        _ role: KerasWeights.Role, of layer: KerasLayer
    ) throws(NetworkImportError) -> String {
        guard let name = try numbers(role, of: layer) else {
            throw .missingTensor(name: "\(layer.name)/\(role.rawValue)")
        }
        return name
    }

    /// `[rows, columns, in, out]` as `[out, in, rows, columns]`, and a depthwise `[rows, columns, in, times]` as
    /// `[in * times, 1, rows, columns]`. Another count of dimensions stays for the check to see.
    private static func turned(
        _ shape: [Int], _ values: [Float], isDepthwise: Bool
    ) -> ([Int], [Float]) {
        // Without a number, dimensions may be anything.
        guard shape.count == 4, !values.isEmpty else { return (shape, values) }
        let (area, inner, outer) = (shape[0] * shape[1], shape[2], shape[3])
        var result: [Float] = []
        result.reserveCapacity(values.count)
        func append(_ input: Int, _ output: Int) {
            for place in 0..<area { result.append(values[(place * inner + input) * outer + output]) }
        }
        if isDepthwise {
            for input in 0..<inner { for output in 0..<outer { append(input, output) } }
            return ([inner * outer, 1, shape[0], shape[1]], result)
        }
        for output in 0..<outer { for input in 0..<inner { append(input, output) } }
        return ([outer, inner, shape[0], shape[1]], result)
    }
}

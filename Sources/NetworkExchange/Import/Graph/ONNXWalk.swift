internal import FloatNetwork
internal import HardenedBackbone

/// Follows the graph from the image, asking at every step for the node that a MobileNetV2 has there.
///
/// Structure alone counts; names of nodes and tensors are for messages.
struct ONNXWalk {
    let graph: ONNXGraph
    /// The tensor that the next node reads.
    var current: String
    /// Channels of `current`.
    var channels = 3

    /// Reads the network of `graph`.
    static func network(
        _ graph: ONNXGraph, _ options: ImportOptions
    ) throws(NetworkImportError) -> ImportedNetwork {
        let draft = try draft(of: graph)
        let exporter = graph.producer.isEmpty ? "unknown exporter" : graph.producer
        let text = String(shown(exporter).dropFirst().dropLast())
        return try draft.imported(options, source: "ONNX opset \(graph.opset), \(text)", opset: graph.opset)
    }

    /// Reads what `graph` says of the network, from whatever format it was made.
    static func draft(of graph: ONNXGraph) throws(NetworkImportError) -> NetworkDraft {
        let (name, size) = try input(of: graph)
        var walk = ONNXWalk(graph: graph, current: name)
        var draft = NetworkDraft(
            inputSize: size, metadata: graph.metadata, framework: graph.framework)
        draft.layers = try walk.backbone()
        draft.classifier = try walk.tail(featureCount: walk.channels)
        return draft
    }

    /// The image's name, and its side if that is fixed.
    private static func input(of graph: ONNXGraph) throws(NetworkImportError) -> (String, Int?) {
        guard graph.inputs.count == 1, let input = graph.inputs.first else {
            throw .unusableInput(
                name: graph.inputs.first?.name ?? "", found: "one of \(graph.inputs.count) inputs")
        }
        let type = input.elementType
        guard type == ONNXType.float || type == ONNXType.float16 else {
            throw .unusableInput(name: input.name, found: ONNXType.name(type))
        }
        // A dimension of 0 is one that is not fixed.
        let dims = input.dimensions.map { $0 ?? 0 }
        guard dims.count == 4, dims[1] == 3 || dims[1] == 0,
            dims[2] == dims[3] || dims[2] == 0 || dims[3] == 0
        else {
            throw .unusableInput(name: input.name, found: "of shape \(dims)")
        }
        let side = max(dims[2], dims[3])
        guard let size = Int(exactly: side), size >= 0 else {
            throw .unusableInput(name: input.name, found: "of shape \(dims)")
        }
        return (input.name, size == 0 ? nil : size)
    }

    /// All 52 layers. Kinds and strides do not depend on the width, so any width serves as the pattern.
    private mutating func backbone() throws(NetworkImportError) -> [LayerDraft] {
        guard let pattern = NetworkDescription(widthPercent: 100, inputSize: 32) else {
            preconditionFailure("width 1.0 at 32 pixels is legal")
        }
        var drafts: [LayerDraft] = []
        // What the block read: a projection that keeps its shape adds it.
        var blockInput = (tensor: current, channels: channels, index: -1)
        var stride = 1
        for (index, layer) in pattern.layers.enumerated() {
            if layer.kind == .expand || index == 1 {
                blockInput = (current, channels, index)
                stride = 1
            }
            stride *= layer.stride
            drafts.append(try convolution(layer))
            if layer.kind != .project {
                try clip(layer)
            } else if stride == 1, channels == blockInput.channels, blockInput.index > 1 {
                try addition(of: blockInput.tensor, layer)
            }
        }
        return drafts
    }

    /// The one reader of `current` whose operator is in `operators`.
    ///
    /// - Throws: `unexpectedNode` naming the first reader, or `graphEnds`.
    func next(_ operators: Set<String>, expected: String) throws(NetworkImportError) -> ONNXNode {
        let readers = graph.readers(of: current)
        let fitting = readers.filter { operators.contains($0.operatorType) }
        guard let node = fitting.first, fitting.count == 1 else {
            guard let other = readers.first else { throw .graphEnds(after: current, expected: expected) }
            throw unexpected(other, expected)
        }
        return node
    }

    /// An error about `node`.
    func unexpected(_ node: ONNXNode, _ expected: String) -> NetworkImportError {
        .unexpectedNode(name: node.shownName, operatorType: node.operatorType, expected: expected)
    }

    /// Makes `node`'s first output the current tensor.
    mutating func pass(_ node: ONNXNode) throws(NetworkImportError) {
        guard let output = node.outputs.first, !output.isEmpty else {
            throw .malformedModel(reason: "node \(shown(node.shownName)) makes nothing")
        }
        current = output
    }

    /// A convolution and, where it was not folded, its batch normalisation.
    private mutating func convolution(_ layer: NetworkLayer) throws(NetworkImportError) -> LayerDraft {
        let kernel = layer.kernelSize
        let groups = layer.kind == .depthwise ? channels : 1
        let expected =
            "Conv \(kernel)x\(kernel), stride \(layer.stride), padding \(kernel / 2), "
            + (groups == 1 ? "one group" : "\(groups) groups") + " (\(layer.name))"
        let separate = try separatePadding(layer)
        let node = try next(["Conv"], expected: expected)
        let ones: [Int64] = [1, 1]
        guard
            node.integers("strides", default: ones) == [Int64](repeating: Int64(layer.stride), count: 2),
            node.integers("dilations", default: ones) == ones,
            node.integer("group", default: 1) == Int64(groups),
            let data = node.input(at: 0), graph.resolved(data) == current
        else { throw unexpected(node, expected) }
        let own = try ownPadding(node, layer, expected)
        let margins = separate ?? own
        guard separate == nil || own == Margins(), let padding = side(margins, of: layer) else {
            throw unexpected(node, "\(expected), not pads \(margins.shown)")
        }

        let weights = try constant(node, 1, "constant weights for \(layer.name)")
        let shape = try weights.shape()
        let inputs = layer.kind == .depthwise ? 1 : channels
        guard shape.count == 4, shape[0] > 0, Array(shape[1...]) == [inputs, kernel, kernel] else {
            throw .wrongShape(
                tensor: weights.name, found: shape, expected: "[channels, \(inputs), \(kernel), \(kernel)]")
        }
        var draft = LayerDraft(
            tensor: weights.name, shape: shape, weights: try weights.floats(),
            bias: [Float](repeating: 0, count: shape[0]), padding: padding)
        if node.input(at: 2) != nil {
            draft.bias = try vector(node, 2, count: shape[0], "a constant bias for \(layer.name)")
        }
        channels = shape[0]
        try pass(node)
        if let next = graph.readers(of: current).first, next.operatorType == "BatchNormalization" {
            try draft.fold(try normalization(next, layer))
            try pass(next)
        }
        return draft
    }

    private func normalization(
        _ node: ONNXNode, _ layer: NetworkLayer
    ) throws(NetworkImportError) -> BatchNormalization {
        let expected = "BatchNormalization in eval mode over \(layer.name)"
        guard graph.readers(of: current).count == 1, node.integer("training_mode", default: 0) == 0,
            let data = node.input(at: 0), graph.resolved(data) == current
        else { throw unexpected(node, expected) }
        let variance = try constant(node, 4, expected)
        return BatchNormalization(
            scale: try vector(node, 1, count: channels, expected),
            shift: try vector(node, 2, count: channels, expected),
            mean: try vector(node, 3, count: channels, expected),
            variance: try vector(node, 4, count: channels, expected),
            epsilon: Double(node.real("epsilon", default: 1e-5)),
            varianceTensor: variance.name)
    }

    /// ReLU6.
    private mutating func clip(_ layer: NetworkLayer) throws(NetworkImportError) {
        let expected = "Clip to 0...6 (ReLU6 of \(layer.name))"
        let node = try next(["Clip"], expected: expected)
        var bounds: [Float] = []
        if graph.opset < 11 {
            bounds = [node.real("min", default: -.infinity), node.real("max", default: .infinity)]
        } else {
            for index in 1...2 {
                guard let name = node.input(at: index), let tensor = graph.constant(name),
                    let value = try tensor.floats().first
                else { throw unexpected(node, expected) }
                bounds.append(value)
            }
        }
        guard bounds == [0, 6], let data = node.input(at: 0), graph.resolved(data) == current,
            graph.readers(of: current).count == 1
        else { throw unexpected(node, expected) }
        try pass(node)
    }

    /// The addition of a block's input.
    private mutating func addition(
        of source: String, _ layer: NetworkLayer
    ) throws(NetworkImportError) {
        let expected = "Add of the block's input (shortcut of \(layer.name))"
        let node = try next(["Add"], expected: expected)
        let operands = node.inputs.map { graph.resolved($0) }
        guard operands.count == 2, operands == [source, current] || operands == [current, source],
            source != current, graph.readers(of: current).count == 1
        else { throw unexpected(node, expected) }
        try pass(node)
    }

    /// The constant that is input `index` of `node`.
    func constant(
        _ node: ONNXNode, _ index: Int, _ expected: String
    ) throws(NetworkImportError) -> ONNXTensor {
        guard let name = node.input(at: index), let tensor = graph.constant(name) else {
            throw unexpected(node, expected)
        }
        return tensor
    }

    /// A constant of `count` numbers.
    func vector(
        _ node: ONNXNode, _ index: Int, count: Int, _ expected: String
    ) throws(NetworkImportError) -> [Float] {
        let tensor = try constant(node, index, expected)
        let shape = try tensor.shape()
        guard shape.reduce(1, *) == count, shape.last == count || count == 1 else {
            throw .wrongShape(tensor: tensor.name, found: shape, expected: "[\(count)]")
        }
        return try tensor.floats()
    }
}

internal import FloatNetwork
internal import HardenedBackbone
internal import QuantizedTensors

extension ONNXWalk {
    /// A convolution and, where it was not folded, its batch normalisation.
    mutating func convolution(_ layer: NetworkLayer) throws(NetworkImportError) -> LayerDraft {
        let kernel = layer.kernelSize
        let groups = layer.kind == .depthwise ? channels : 1
        let expected =
            "Conv \(kernel)x\(kernel), stride \(layer.stride), padding \(kernel / 2), "
            + (groups == 1 ? "one group" : "\(groups) groups") + " (\(layer.name))"
        let separate = try separatePadding(layer)
        let node = try next(["Conv"], expected: expected)
        let ones: [Int64] = [1, 1]
        guard order == [0, 1, 2, 3] else {
            throw unexpected(
                node, expected, "a Conv of an image whose dimensions are in another order: \(order)")
        }
        guard
            node.integers("strides", default: ones) == [Int64](repeating: Int64(layer.stride), count: 2),
            node.integers("dilations", default: ones) == ones,
            node.integer("group", default: 1) == Int64(groups),
            let data = node.input(at: 0), graph.resolved(data) == current
        else { throw unexpected(node, expected, found(node)) }
        let own = try ownPadding(node, layer, expected)
        let margins = separate.flatMap { $0 == Margins() ? nil : $0 } ?? own
        guard separate ?? Margins() == Margins() || own == Margins(), let padding = side(margins, of: layer)
        else {
            throw unexpected(node, expected, "pads \(margins.shown)")
        }

        let weights = try constant(node, 1, "constant weights for \(layer.name)")
        let shape = try weights.shape()
        guard shape.count == 4, shape[0] > 0, Array(shape[1...]) == [inputs(of: layer), kernel, kernel] else {
            throw .wrongShape(
                tensor: weights.name, found: shape,
                expected: "[channels, \(inputs(of: layer)), \(kernel), \(kernel)]")
        }
        var draft = LayerDraft(
            tensor: weights.name, shape: shape, weights: try weights.floats(),
            bias: [Float](repeating: 0, count: shape[0]), padding: padding)
        if node.input(at: 2) != nil {
            draft.bias = try vector(node, 2, count: shape[0], "a constant bias for \(layer.name)")
        }
        channels = shape[0]
        try pass(node)
        try normalize(&draft, "BatchNormalization in eval mode over \(layer.name)")
        return draft
    }

    private func inputs(of layer: NetworkLayer) -> Int { layer.kind == .depthwise ? 1 : channels }

    /// Folds what scales and shifts the channels of a convolution.
    mutating func normalize(_ draft: inout LayerDraft, _ expected: String) throws(NetworkImportError) {
        if let next = graph.readers(of: current).first, next.operatorType == "BatchNormalization" {
            try draft.fold(try normalization(next, expected))
            try pass(next)
        }
        if let line = try channelLine(behind: []) { draft.fold(line) }
    }

    /// The numbers of a `BatchNormalization`.
    func normalization(_ node: ONNXNode, _ expected: String) throws(NetworkImportError) -> BatchNormalization
    {
        guard graph.readers(of: current).count == 1 else {
            throw unexpected(node, expected, "one reader of \(graph.readers(of: current).count)")
        }
        guard node.integer("training_mode", default: 0) == 0 else {
            throw unexpected(node, expected, "in training mode")
        }
        guard let data = node.input(at: 0), graph.resolved(data) == current else {
            throw unexpected(node, expected, "one whose statistics are worked out")
        }
        let variance = try constant(node, 4, expected)
        return BatchNormalization(
            scale: try vector(node, 1, count: channels, expected),
            shift: try vector(node, 2, count: channels, expected),
            mean: try vector(node, 3, count: channels, expected),
            variance: try vector(node, 4, count: channels, expected),
            epsilon: Double(node.real("epsilon", default: 1e-5)),
            varianceTensor: variance.name)
    }

    /// ReLU6, in one node or two; none where integers are kept within it anyway.
    mutating func activation(_ layer: NetworkLayer) throws(NetworkImportError) {
        let expected = "Clip to 0...6 (ReLU6 of \(layer.name))"
        var (low, high) = (-Float.infinity, Float.infinity)
        var last: ONNXNode?
        while low != 0 || high != 6 {
            let readers = graph.readers(of: current)
            let node = readers.first { ["Clip", "Relu", "Min", "Max"].contains($0.operatorType) }
            guard let node else {
                if let clamp = graph.clamp(of: current), clamp.lowerBound == 0 {
                    // Calibration may have found less than 6, and half a step more is rounding.
                    if clamp.upperBound <= 6.05 { return }
                    let other = readers.first ?? ONNXNode()
                    throw unexpected(
                        other, expected, "quantised to 0...\(Float(clamp.upperBound)) without a Clip")
                }
                if let last { throw unexpected(last, expected, found(last)) }
                guard let other = readers.first else { throw .graphEnds(after: current, expected: expected) }
                throw unexpected(other, expected, found(other))
            }
            let (lower, upper) = try bounds(node, expected)
            (low, high) = (min(max(low, lower), upper), min(max(high, lower), upper))
            guard low <= 0, high >= 6 else { throw unexpected(node, expected, "to \(low)...\(high)") }
            guard readers.count == 1 else {
                throw unexpected(node, expected, "one reader of \(readers.count)")
            }
            last = node
            try pass(node)
        }
    }

    /// What a node keeps its input within.
    private func bounds(_ node: ONNXNode, _ expected: String) throws(NetworkImportError) -> (Float, Float) {
        let (lowest, highest) = (-Float.infinity, Float.infinity)
        func single(_ place: Int) throws(NetworkImportError) -> Float? {
            guard node.input(at: place) != nil else { return nil }
            let values = try constant(node, place, "\(expected), its bounds constant").floats()
            guard values.count == 1 else { throw unexpected(node, expected, "\(values.count) bounds") }
            return values.first
        }
        switch node.operatorType {
        case "Relu": return (0, highest)
        case "Clip":
            guard node.input(at: 0).map({ graph.resolved($0) }) == current else { break }
            if graph.opset < 11 {
                return (node.real("min", default: lowest), node.real("max", default: highest))
            }
            return (try single(1) ?? lowest, try single(2) ?? highest)
        default:
            guard node.inputs.count == 2 else { break }
            let place = node.input(at: 0).map { graph.resolved($0) } == current ? 1 : 0
            guard let bound = try single(place) else { break }
            return node.operatorType == "Max" ? (bound, highest) : (lowest, bound)
        }
        throw unexpected(node, expected, found(node))
    }

    /// The addition of a block's input.
    mutating func addition(of source: String, _ layer: NetworkLayer) throws(NetworkImportError) {
        let expected = "Add of the block's input (shortcut of \(layer.name))"
        let node = try next(["Add"], expected: expected)
        let operands = node.inputs.map { graph.resolved($0) }
        guard operands.count == 2, operands == [source, current] || operands == [current, source],
            source != current, graph.readers(of: current).count == 1
        else {
            throw unexpected(
                node, expected, "of \(operands.prefix(3).map { shown($0) }.joined(separator: " and "))")
        }
        try pass(node)
    }
}

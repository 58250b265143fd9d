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
    /// Which of batch, channels, rows and columns (0 to 3) the dimensions of `current` are.
    var order = [0, 1, 2, 3]

    /// Reads the network of `graph`.
    static func network(
        _ graph: ONNXGraph, _ options: ImportOptions
    ) throws(NetworkImportError) -> ImportedNetwork {
        let (draft, colours) = try draft(of: graph, options)
        let exporter = graph.producer.isEmpty ? "unknown exporter" : graph.producer
        let text = String(shown(exporter).dropFirst().dropLast())
        let source = "ONNX opset \(graph.opset), \(text)" + (colours.map { ", \($0)" } ?? "")
        return try draft.imported(options, source: source, opset: graph.opset)
    }

    /// Reads what `graph` says of the network, from whatever format it was made, and of its colours in words.
    static func draft(
        of graph: ONNXGraph, _ options: ImportOptions
    ) throws(NetworkImportError) -> (draft: NetworkDraft, colours: String?) {
        let image = try GraphImage(of: graph)
        var walk = ONNXWalk(graph: graph, current: image.name, order: image.order)
        var draft = NetworkDraft(
            inputSize: image.side, metadata: graph.metadata, framework: graph.framework)
        let colours = try walk.normalization(image)
        draft.graphNormalization = colours?.normalization
        do {
            draft.layers = try walk.backbone()
        } catch {
            // A node of another network says less than what network it is.
            guard case .unexpectedNode = error else { throw error }
            throw BlockTable(graph).problem ?? error
        }
        draft.classifier = try walk.tail(
            featureCount: walk.channels, side: try draft.side(options).map { $0 / 32 })
        return (draft, colours?.text)
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
                try activation(layer)
            } else if stride == 1, channels == blockInput.channels, blockInput.index > 1 {
                try addition(of: blockInput.tensor, layer)
            }
        }
        return drafts
    }

    /// The one reader of `current` whose operator is in `operators`.
    ///
    /// - Throws: `unexpectedNode` naming the first reader, or `graphEnds`.
    mutating func next(_ operators: Set<String>, expected: String) throws(NetworkImportError) -> ONNXNode {
        try passTranspositions()
        let readers = graph.readers(of: current)
        let fitting = readers.filter { operators.contains($0.operatorType) }
        guard let node = fitting.first, fitting.count == 1 else {
            guard let other = readers.first else { throw .graphEnds(after: current, expected: expected) }
            throw unexpected(other, expected, fitting.count > 1 ? "\(fitting.count) readers" : found(other))
        }
        return node
    }

    /// The one node that reads `current`, or `nil`.
    mutating func onlyReader() throws(NetworkImportError) -> ONNXNode? {
        try passTranspositions()
        let readers = graph.readers(of: current)
        return readers.count == 1 ? readers[0] : nil
    }

    /// Follows dimensions that are put in another order and nothing else.
    private mutating func passTranspositions() throws(NetworkImportError) {
        while true {
            let readers = graph.readers(of: current)
            guard readers.count == 1, let node = readers.first, node.operatorType == "Transpose" else {
                return
            }
            let places = node.integers("perm", default: order.indices.reversed().map { Int64($0) })
            guard places.sorted() == order.indices.map({ Int64($0) }) else {
                throw unexpected(node, "Transpose of \(order.count) dimensions", "perm \(places.prefix(8))")
            }
            order = places.map { order[Int($0)] }
            try pass(node)
        }
    }

    /// An error about `node`: what was expected and, where that says more than its operator, what was found.
    func unexpected(_ node: ONNXNode, _ expected: String, _ found: String = "") -> NetworkImportError {
        .unexpectedNode(
            name: node.shownName, operatorType: node.operatorType,
            expected: found.isEmpty ? expected : "\(expected), not \(found)")
    }

    /// Makes `node`'s first output the current tensor.
    mutating func pass(_ node: ONNXNode) throws(NetworkImportError) {
        guard let output = node.outputs.first, !output.isEmpty else {
            throw .malformedModel(reason: "node \(shown(node.shownName)) makes nothing")
        }
        current = output
    }
}

internal import HardenedBackbone
internal import QuantizedTensors

extension ONNXWalk {
    /// Rows and columns of zeros around an image.
    struct Margins: Equatable {
        var top: Int64 = 0
        var left: Int64 = 0
        var bottom: Int64 = 0
        var right: Int64 = 0

        /// The same on all sides.
        static func around(_ width: Int64) -> Margins {
            Margins(top: width, left: width, bottom: width, right: width)
        }

        /// For messages: `[top, left, bottom, right]`, as ONNX orders them.
        var shown: String { "[\(top), \(left), \(bottom), \(right)]" }
    }

    /// A `Pad` of zeros between layers, if that is what reads the current tensor.
    mutating func separatePadding(_ layer: NetworkLayer) throws(NetworkImportError) -> Margins? {
        guard let node = try onlyReader(), node.operatorType == "Pad" else { return nil }
        let expected = "Pad of rows and columns with zeros (padding of \(layer.name))"
        let mode = String(decoding: node.attribute("mode")?.text ?? ONNXNumbers(), as: UTF8.self)
        guard mode.isEmpty || mode == "constant" else {
            throw unexpected(node, expected, "mode \(shown(mode))")
        }
        guard node.input(at: 0).map({ graph.resolved($0) }) == current else {
            throw unexpected(node, expected)
        }
        var value = node.real("value", default: 0)
        if node.input(at: 2) != nil { value = try constant(node, 2, expected).floats().first ?? 0 }
        var pads = node.integers("pads", default: [])
        if pads.isEmpty { pads = try amounts(node, expected) }
        var axes = order.indices.map { Int64($0) }
        if node.input(at: 3) != nil {
            axes = try constant(node, 3, expected).integers().map { $0 < 0 ? $0 &+ Int64(order.count) : $0 }
        }
        // Beginnings of all dimensions, then their ends.
        var (before, after) = ([Int64](repeating: 0, count: 4), [Int64](repeating: 0, count: 4))
        guard value == 0, pads.count == 2 * axes.count, Set(axes).count == axes.count,
            axes.allSatisfy({ (0..<Int64(order.count)).contains($0) }), order.count == 4
        else { throw unexpected(node, expected, "\(pads.prefix(16)) with \(value)") }
        for (index, axis) in axes.enumerated() {
            (before[order[Int(axis)]], after[order[Int(axis)]]) = (pads[index], pads[index + axes.count])
        }
        guard before[0...1] == [0, 0], after[0...1] == [0, 0] else {
            throw unexpected(node, expected, "\(pads.prefix(16)) with \(value)")
        }
        try pass(node)
        return Margins(top: before[2], left: before[3], bottom: after[2], right: after[3])
    }

    /// The constant amounts of a `Pad`.
    private func amounts(_ node: ONNXNode, _ expected: String) throws(NetworkImportError) -> [Int64] {
        guard let tensor = node.input(at: 1).flatMap({ graph.constant($0) }) else {
            throw unexpected(
                node, expected,
                "amounts that are worked out in the graph; export with a fixed input size and the newer exporter "
                    + "(dynamo=True), or run onnxsim")
        }
        return try tensor.integers()
    }

    /// What a convolution pads by itself.
    ///
    /// - Throws: `unexpectedNode` for a way of padding that is not known.
    func ownPadding(
        _ node: ONNXNode, _ layer: NetworkLayer, _ expected: String
    ) throws(NetworkImportError) -> Margins {
        let text = node.attribute("auto_pad")?.text ?? ONNXNumbers()
        let around = Int64(layer.kernelSize / 2)
        switch String(decoding: text, as: UTF8.self) {
        case "", "NOTSET":
            let pads = node.integers("pads", default: [0, 0, 0, 0])
            guard pads.count == 4 else { throw unexpected(node, "\(expected), not pads \(pads.prefix(8))") }
            return Margins(top: pads[0], left: pads[1], bottom: pads[2], right: pads[3])
        case "VALID": return Margins()
        // Images have even sizes: at stride 2 there is one row and column to add, behind or before.
        case "SAME_UPPER":
            return layer.stride == 2
                ? Margins(bottom: around, right: around) : .around(around)
        case "SAME_LOWER":
            return layer.stride == 2 ? Margins(top: around, left: around) : .around(around)
        default:
            throw unexpected(
                node, "\(expected), not auto_pad \(shown(String(decoding: text, as: UTF8.self)))")
        }
    }

    /// Which of the two ways of padding `margins` are.
    func side(
        _ margins: Margins, of layer: NetworkLayer
    ) -> LayerDraft.Padding? {
        let width = Int64(layer.kernelSize / 2)
        if margins == .around(width) { return .around }
        guard layer.stride == 2 else { return nil }
        // With rows and columns in pairs, the last window of stride 2 ends with the image.
        if margins == Margins(top: width, left: width) { return .around }
        return margins == Margins(bottom: width, right: width) ? .behind : nil
    }
}

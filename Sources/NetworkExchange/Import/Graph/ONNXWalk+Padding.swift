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
        let readers = graph.readers(of: current)
        guard readers.count == 1, let node = readers.first, node.operatorType == "Pad" else { return nil }
        let expected = "Pad of rows and columns with zeros (padding of \(layer.name))"
        let mode = node.attribute("mode")?.text ?? ONNXNumbers()
        guard mode.isEmpty || mode.elementsEqual("constant".utf8), node.input(at: 3) == nil,
            node.input(at: 0).map({ graph.resolved($0) }) == current
        else { throw unexpected(node, expected) }
        var value = node.real("value", default: 0)
        if node.input(at: 2) != nil { value = try constant(node, 2, expected).floats().first ?? 0 }
        var pads = node.integers("pads", default: [])
        if pads.isEmpty { pads = try constant(node, 1, expected).integers() }
        // Beginnings of all four dimensions, then their ends.
        guard value == 0, pads.count == 8, pads.allSatisfy({ (0...1).contains($0) }),
            [pads[0], pads[1], pads[4], pads[5]] == [0, 0, 0, 0]
        else { throw unexpected(node, "\(expected), not \(pads) with \(value)") }
        try pass(node)
        return Margins(top: pads[2], left: pads[3], bottom: pads[6], right: pads[7])
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
            guard pads.count == 4 else { throw unexpected(node, "\(expected), not pads \(pads)") }
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

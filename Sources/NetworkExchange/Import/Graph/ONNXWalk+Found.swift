extension ONNXWalk {
    /// What `node` is, in the words of the expectations: its attributes where they matter.
    func found(_ node: ONNXNode) -> String {
        switch node.operatorType {
        case "Conv":
            let shape = node.input(at: 1).flatMap { graph.constant($0) }.flatMap { try? $0.shape() } ?? []
            let kernel = shape.count > 2 ? shape[2...].map(String.init).joined(separator: "x") : "?"
            let dilations = node.integers("dilations", default: [1, 1])
            return
                "Conv \(kernel), strides \(list(node, "strides", [1, 1])), pads \(list(node, "pads", [0, 0, 0, 0])), "
                + "\(node.integer("group", default: 1)) groups"
                + (dilations == [1, 1] ? "" : ", dilations \(dilations.prefix(8))")
        case "Relu": return "Relu, which has no upper bound"
        case "Clip":
            let bounds = (1...2).map { place in
                node.input(at: place).flatMap { graph.constant($0) }.flatMap { try? $0.floats().first }
            }
            let low = bounds[0] ?? node.real("min", default: -.infinity)
            let high = bounds[1] ?? node.real("max", default: .infinity)
            return "Clip to \(low)...\(high)"
        case "ReduceMean", "Squeeze", "Unsqueeze":
            return
                "\(node.operatorType) over axes \(axes(node).map { "\($0.prefix(8))" } ?? "of all dimensions")"
        case "Gemm":
            return
                "Gemm with transA \(node.integer("transA", default: 0)), transB \(node.integer("transB", default: 0))"
        case "AveragePool":
            return
                "AveragePool of \(list(node, "kernel_shape", [])), pads \(list(node, "pads", [0, 0, 0, 0]))"
        case "Transpose": return "Transpose by \(list(node, "perm", []))"
        case "Flatten": return "axis \(node.integer("axis", default: 1))"
        case "QuantizeLinear", "DequantizeLinear": return "integers on another grid than they were put on"
        case "Pad":
            return "Pad by \(list(node, "pads", []))"
        case "Shape", "Gather", "Slice", "Concat", "ConstantOfShape", "Reshape", "Range", "Loop", "If":
            return
                "\(node.operatorType): sizes that are worked out in the graph; export with a fixed input size and the "
                + "newer exporter (dynamo=True), or run onnxsim"
        // The operator stands in the message anyway.
        default: return ""
        }
    }

    /// The axes of a node, by attribute or constant; `nil` if none are stated.
    func axes(_ node: ONNXNode) -> [Int64]? {
        if let attribute = node.attribute("axes") { return Array(attribute.integers) }
        return node.input(at: 1).flatMap { graph.constant($0) }.flatMap { try? $0.integers() }
    }

    private func list(_ node: ONNXNode, _ key: String, _ value: [Int64]) -> String {
        "\(node.integers(key, default: value).prefix(8))"
    }
}

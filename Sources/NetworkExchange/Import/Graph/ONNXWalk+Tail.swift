internal import FloatNetwork

extension ONNXWalk {
    /// Everything behind the last layer: pool, flattening, classifier; each may be where the graph ends.
    ///
    /// - Parameter side: of the last image, where the file or the caller states one.
    mutating func tail(featureCount: Int, side: Int?) throws(NetworkImportError) -> ClassifierDraft? {
        if isOutput { return nil }
        try pool(side: side)
        try flatten()
        if isOutput { return nil }
        let line = try channelLine(behind: ["BatchNormalization"])
        try flatten()
        if isOutput, line != nil {
            throw .graphEnds(
                after: current, expected: "Gemm, MatMul or Conv 1x1 (classifier) behind normalised features")
        }
        let node = try next(
            ["Gemm", "MatMul", "Conv"],
            expected: "Gemm, MatMul or Conv 1x1 (classifier), or the graph's output")
        var classifier: ClassifierDraft
        switch node.operatorType {
        case "Gemm": classifier = try gemm(node, featureCount: featureCount)
        case "Conv": classifier = try pointwise(node, featureCount: featureCount)
        default: classifier = try product(node, featureCount: featureCount)
        }
        if let line { classifier.fold(line) }
        try flatten()
        try passProbabilities()
        guard isOutput else {
            guard let other = graph.readers(of: current).first else {
                throw .graphEnds(after: current, expected: "the graph's output behind the classifier")
            }
            throw unexpected(other, "the graph's output behind the classifier")
        }
        return classifier
    }

    /// Whether the graph ends here.
    var isOutput: Bool { graph.outputs.contains(current) && graph.readers(of: current).isEmpty }

    /// The mean over rows and columns, in one node or two.
    private mutating func pool(side: Int?) throws(NetworkImportError) {
        let expected = "GlobalAveragePool or ReduceMean over rows and columns"
        var left: Set<Int> = [2, 3]
        while !left.isEmpty {
            let node = try next(["GlobalAveragePool", "ReduceMean", "AveragePool"], expected: expected)
            switch node.operatorType {
            case "ReduceMean":
                let places = (axes(node) ?? []).map { $0 < 0 ? $0 &+ Int64(order.count) : $0 }
                let means = Set(
                    places.compactMap { Int(exactly: $0) }.filter(order.indices.contains).map { order[$0] })
                guard !means.isEmpty, means.count == places.count, means.isSubset(of: left) else {
                    throw unexpected(node, expected, found(node))
                }
                left.subtract(means)
                if node.integer("keepdims", default: 1) == 0 { order.removeAll { means.contains($0) } }
            case "AveragePool":
                let sides = [Int64](repeating: Int64(side ?? 0), count: 2)
                guard order.prefix(2) == [0, 1], left.count == 2,
                    side == nil || node.integers("kernel_shape", default: []) == sides,
                    node.integers("pads", default: [0, 0, 0, 0]) == [0, 0, 0, 0],
                    (node.attribute("auto_pad")?.text.count ?? 0) <= "NOTSET".count
                else { throw unexpected(node, expected, found(node)) }
                left = []
            default:
                guard order.prefix(2) == [0, 1], left.count == 2 else { throw unexpected(node, expected) }
                left = []
            }
            try pass(node)
        }
    }

    /// Nodes that leave out or put in order dimensions of one element.
    private mutating func flatten() throws(NetworkImportError) {
        while !isOutput {
            guard let node = try onlyReader(),
                ["Flatten", "Reshape", "Squeeze", "Unsqueeze"].contains(node.operatorType)
            else { return }
            if node.operatorType == "Flatten", node.integer("axis", default: 1) != 1 {
                throw unexpected(node, "Flatten from axis 1", found(node))
            }
            let target =
                node.operatorType == "Reshape" ? node.input(at: 1).flatMap { graph.constant($0) } : nil
            switch node.operatorType {
            // Images of one pixel, with their dimensions in any order.
            case "Reshape" where target?.dimensions == [4]: order = try turned(node, target)
            case "Unsqueeze": order = [0, 1, 2, 3]
            case "Squeeze":
                let places = (axes(node) ?? []).map { $0 < 0 ? $0 &+ Int64(order.count) : $0 }
                let removed = Set(places.compactMap { Int(exactly: $0) })
                if removed.isEmpty { order = [0, 1] }
                order = order.indices.filter { !removed.contains($0) }.map { order[$0] }
            default: order = [0, 1]
            }
            try pass(node)
        }
        _ = try onlyReader()
    }

    /// The order of dimensions behind a `Reshape` to an image of one pixel.
    private func turned(_ node: ONNXNode, _ target: ONNXTensor?) throws(NetworkImportError) -> [Int] {
        guard let sizes = try target?.integers(), sizes.count == 4 else { return order }
        let channelsLast = sizes[1] == 1 && sizes[2] == 1
        guard channelsLast || (sizes[2] == 1 && sizes[3] == 1) else {
            throw unexpected(node, "Reshape of the features", "to \(sizes)")
        }
        return channelsLast && sizes[3] != 1 ? [0, 2, 3, 1] : [0, 1, 2, 3]
    }

    /// What makes probabilities of logits and keeps their order.
    private mutating func passProbabilities() throws(NetworkImportError) {
        while !isOutput, let node = try onlyReader(),
            ["Softmax", "LogSoftmax", "Sigmoid"].contains(node.operatorType)
        {
            try pass(node)
            try flatten()
        }
    }
}

internal import FloatNetwork

extension ONNXWalk {
    /// Everything behind the last layer: pool, flattening, classifier; each may be where the graph ends.
    mutating func tail(featureCount: Int) throws(NetworkImportError) -> ClassifierDraft? {
        if isOutput { return nil }
        let pool = try next(
            ["GlobalAveragePool", "ReduceMean"],
            expected: "GlobalAveragePool or ReduceMean over rows and columns")
        if pool.operatorType == "ReduceMean" { try checkMean(pool) }
        try pass(pool)
        let isFlat = try flattening()
        if isOutput { return nil }
        let node = try next(
            isFlat ? ["Gemm", "MatMul"] : ["Gemm", "MatMul", "Conv"],
            expected: "Gemm, MatMul or, before flattening, Conv 1x1 (classifier), or the graph's output")
        let classifier =
            switch node.operatorType {
            case "Conv": try pointwise(node, featureCount: featureCount)
            case "Gemm": try gemm(node, featureCount: featureCount)
            default: try product(node, featureCount: featureCount)
            }
        _ = try flattening()
        // The classes are in the same order without.
        if let last = graph.readers(of: current).first, last.operatorType == "Softmax",
            let output = last.outputs.first, graph.outputs.contains(output)
        {
            try pass(last)
        }
        guard isOutput else {
            guard let other = graph.readers(of: current).first else {
                throw .graphEnds(after: current, expected: "the graph's output behind the classifier")
            }
            throw unexpected(other, "the graph's output behind the classifier")
        }
        return classifier
    }

    /// Whether the graph ends here.
    private var isOutput: Bool { graph.outputs.contains(current) && graph.readers(of: current).isEmpty }

    /// Passes nodes that make a vector of the features or classes.
    ///
    /// - Returns: whether there were any.
    private mutating func flattening() throws(NetworkImportError) -> Bool {
        var isFlat = false
        while !isOutput, let node = graph.readers(of: current).first,
            ["Flatten", "Reshape", "Squeeze"].contains(node.operatorType)
        {
            if node.operatorType == "Flatten", node.integer("axis", default: 1) != 1 {
                throw unexpected(node, "Flatten from axis 1")
            }
            try pass(node)
            isFlat = true
        }
        return isFlat
    }

    private func checkMean(_ node: ONNXNode) throws(NetworkImportError) {
        let expected = "ReduceMean over rows and columns"
        var axes = node.integers("axes", default: [])
        if axes.isEmpty { axes = try constant(node, 1, expected).integers() }
        guard axes.count == 2, Set(axes.map { $0 < 0 ? $0 &+ 4 : $0 }) == [2, 3] else {
            throw unexpected(node, expected)
        }
    }

    private mutating func gemm(
        _ node: ONNXNode, featureCount: Int
    ) throws(NetworkImportError) -> ClassifierDraft {
        let expected = "Gemm of the features and constant weights (classifier)"
        guard node.integer("transA", default: 0) == 0, let data = node.input(at: 0),
            graph.resolved(data) == current
        else { throw unexpected(node, expected) }
        let isTransposed = node.integer("transB", default: 0) != 0
        let matrix = try matrix(node, isTransposed: isTransposed, featureCount: featureCount, expected)
        let alpha = node.real("alpha", default: 1)
        let beta = node.real("beta", default: 1)
        var bias = [Float](repeating: 0, count: matrix.classes)
        if node.input(at: 2) != nil {
            bias = try vector(node, 2, count: matrix.classes, "a constant bias of the classifier")
                .map { $0 * beta }
        }
        try pass(node)
        return ClassifierDraft(
            tensor: matrix.name, classes: matrix.classes, features: featureCount,
            weights: alpha == 1 ? matrix.weights : matrix.weights.map { $0 * alpha }, bias: bias)
    }

    /// A convolution of the single pixel that the pool makes.
    private mutating func pointwise(
        _ node: ONNXNode, featureCount: Int
    ) throws(NetworkImportError) -> ClassifierDraft {
        let expected = "Conv 1x1 of the features and constant weights (classifier)"
        guard node.integer("group", default: 1) == 1, let data = node.input(at: 0),
            graph.resolved(data) == current, node.integers("pads", default: []).allSatisfy({ $0 == 0 })
        else { throw unexpected(node, expected) }
        let tensor = try constant(node, 1, expected)
        let shape = try tensor.shape()
        guard shape.count == 4, shape[0] > 0, Array(shape[1...]) == [featureCount, 1, 1] else {
            throw .wrongShape(
                tensor: tensor.name, found: shape, expected: "[classes, \(featureCount), 1, 1]")
        }
        var bias = [Float](repeating: 0, count: shape[0])
        if node.input(at: 2) != nil {
            bias = try vector(node, 2, count: shape[0], "a constant bias of the classifier")
        }
        try pass(node)
        return ClassifierDraft(
            tensor: tensor.name, classes: shape[0], features: featureCount, weights: try tensor.floats(),
            bias: bias)
    }

    private mutating func product(
        _ node: ONNXNode, featureCount: Int
    ) throws(NetworkImportError) -> ClassifierDraft {
        let expected = "MatMul of the features and constant weights (classifier)"
        guard let data = node.input(at: 0), graph.resolved(data) == current else {
            throw unexpected(node, expected)
        }
        let matrix = try matrix(node, isTransposed: false, featureCount: featureCount, expected)
        var bias = [Float](repeating: 0, count: matrix.classes)
        try pass(node)
        if !isOutput {
            let addition = try next(["Add"], expected: "Add of the classifier's bias")
            let place = addition.input(at: 0).map { graph.resolved($0) } == current ? 1 : 0
            bias = try vector(addition, place, count: matrix.classes, "Add of the classifier's bias")
            try pass(addition)
        }
        return ClassifierDraft(
            tensor: matrix.name, classes: matrix.classes, features: featureCount, weights: matrix.weights,
            bias: bias)
    }

    /// The classifier's weights as `[classes, features]`.
    private func matrix(
        _ node: ONNXNode, isTransposed: Bool, featureCount: Int, _ expected: String
    ) throws(NetworkImportError) -> (name: String, classes: Int, weights: [Float]) {
        let tensor = try constant(node, 1, expected)
        let shape = try tensor.shape()
        guard shape.count == 2, shape[isTransposed ? 1 : 0] == featureCount, shape[isTransposed ? 0 : 1] > 0
        else {
            throw .wrongShape(
                tensor: tensor.name, found: shape,
                expected: isTransposed ? "[classes, \(featureCount)]" : "[\(featureCount), classes]")
        }
        let values = try tensor.floats()
        if isTransposed { return (tensor.name, shape[0], values) }
        let classes = shape[1]
        let weights = (0..<classes).flatMap { row in
            (0..<featureCount).map { values[$0 * classes + row] }
        }
        return (tensor.name, classes, weights)
    }
}

extension ONNXWalk {
    mutating func gemm(_ node: ONNXNode, featureCount: Int) throws(NetworkImportError) -> ClassifierDraft {
        let expected = "Gemm of the features and constant weights (classifier)"
        guard node.integer("transA", default: 0) == 0, order == [0, 1], let data = node.input(at: 0),
            graph.resolved(data) == current
        else { throw unexpected(node, expected, found(node)) }
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
        let draft = ClassifierDraft(
            tensor: matrix.name, classes: matrix.classes, features: featureCount,
            weights: alpha == 1 ? matrix.weights : matrix.weights.map { $0 * alpha }, bias: bias)
        return try biased(draft)
    }

    mutating func product(_ node: ONNXNode, featureCount: Int) throws(NetworkImportError) -> ClassifierDraft {
        let expected = "MatMul of the features and constant weights (classifier)"
        guard let data = node.input(at: 0), graph.resolved(data) == current else {
            throw unexpected(node, expected)
        }
        guard order.last == 1 else { throw unexpected(node, expected, "of dimensions in the order \(order)") }
        let matrix = try matrix(node, isTransposed: false, featureCount: featureCount, expected)
        try pass(node)
        return try biased(
            ClassifierDraft(
                tensor: matrix.name, classes: matrix.classes, features: featureCount, weights: matrix.weights,
                bias: [Float](repeating: 0, count: matrix.classes)))
    }

    /// A convolution of the one pixel that is left.
    mutating func pointwise(_ node: ONNXNode, featureCount: Int) throws(NetworkImportError) -> ClassifierDraft
    {
        let expected = "Conv 1x1 of the features and constant weights (classifier)"
        guard node.integer("group", default: 1) == 1,
            node.integers("pads", default: [0, 0, 0, 0]) == [0, 0, 0, 0],
            order == [0, 1, 2, 3], let data = node.input(at: 0), graph.resolved(data) == current
        else { throw unexpected(node, expected, found(node)) }
        let tensor = try constant(node, 1, expected)
        let shape = try tensor.shape()
        guard shape.count == 4, shape[0] > 0, Array(shape[1...]) == [featureCount, 1, 1] else {
            throw .wrongShape(tensor: tensor.name, found: shape, expected: "[classes, \(featureCount), 1, 1]")
        }
        var bias = [Float](repeating: 0, count: shape[0])
        if node.input(at: 2) != nil {
            bias = try vector(node, 2, count: shape[0], "a constant bias of the classifier")
        }
        try pass(node)
        return try biased(
            ClassifierDraft(
                tensor: tensor.name, classes: shape[0], features: featureCount, weights: try tensor.floats(),
                bias: bias))
    }

    /// With the bias that is added by a node of its own.
    private mutating func biased(_ draft: ClassifierDraft) throws(NetworkImportError) -> ClassifierDraft {
        var draft = draft
        guard !isOutput, let addition = try onlyReader(), addition.operatorType == "Add" else { return draft }
        let place = addition.input(at: 0).map { graph.resolved($0) } == current ? 1 : 0
        channels = draft.classes
        draft.bias = zip(draft.bias, try perChannel(addition, place)).map { $0 + Float($1) }
        try pass(addition)
        return draft
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

/// Sizes of tensors that depend on the image, as far as exporters ask for them: those who pad as TensorFlow does
/// leave the sum in the graph.
struct ShapeInference {
    private var shapes: [String: [Int]] = [:]

    /// Sizes beyond this are not followed; so sums never overflow.
    private static let sizeMax = 1 << 20

    /// States the image's shape. One image stands for a number of images that is not fixed, and `side` for a side
    /// that is not.
    mutating func state(_ image: ONNXValueInfo, side: Int?) {
        guard image.dimensions.count == 4 else { return }
        // The colours' place is the one dimension of three.
        let sizes = image.dimensions.enumerated().map { index, size in
            size.flatMap { Int(exactly: $0) } ?? (index == 0 ? 1 : side ?? 0)
        }
        shapes[image.name] = checked(sizes)
    }

    /// The shape of `name`, if it is known.
    func shape(of name: String) -> [Int]? { shapes[name] }

    /// Notes what `node` makes of its inputs.
    mutating func follow(
        _ node: ONNXNode, resolved: (String) -> String, constant: (String) -> ONNXTensor?
    ) {
        guard let output = node.outputs.first, let name = node.input(at: 0).map(resolved) else { return }
        func sizes(_ place: Int) -> [Int]? {
            guard let name = node.input(at: place) else { return nil }
            if let known = shapes[resolved(name)] { return known }
            return constant(name).flatMap { try? $0.shape() }
        }
        switch node.operatorType {
        case "Clip", "Relu", "BatchNormalization", "Cast", "HardSwish", "Sigmoid", "Softmax":
            shapes[output] = shapes[name]
        case "Add", "Sub", "Mul", "Div", "Max", "Min":
            guard node.inputs.count == 2, let left = sizes(0), let right = sizes(1) else { return }
            shapes[output] = FoldedTensor.common(left, right).flatMap { checked($0) }
        case "Transpose":
            let order = node.integers("perm", default: []).map { Int(clamping: $0) }
            guard let shape = shapes[name], order.sorted() == Array(shape.indices) else { return }
            shapes[output] = order.map { shape[$0] }
        case "Pad":
            var pads = node.integers("pads", default: [])
            if pads.isEmpty {
                pads = node.input(at: 1).flatMap(constant).flatMap { try? $0.integers() } ?? []
            }
            guard let shape = shapes[name], pads.count == 2 * shape.count,
                pads.allSatisfy({ (0...Int64(Self.sizeMax)).contains($0) })
            else { return }
            shapes[output] = checked(shape.indices.map { shape[$0] + Int(pads[$0] + pads[$0 + shape.count]) })
        case "Conv":
            guard let shape = shapes[name], let weights = sizes(1) else { return }
            shapes[output] = convolved(node, shape, weights)
        default: break
        }
    }

    private func checked(_ sizes: [Int]) -> [Int]? {
        sizes.allSatisfy { (1...Self.sizeMax).contains($0) } ? sizes : nil
    }

    private func convolved(_ node: ONNXNode, _ shape: [Int], _ weights: [Int]) -> [Int]? {
        guard shape.count == 4, weights.count == 4 else { return nil }
        let strides = node.integers("strides", default: [1, 1])
        let pads = node.integers("pads", default: [0, 0, 0, 0])
        let limits = 0...Int64(Self.sizeMax)
        guard strides.count == 2, pads.count == 4, strides.allSatisfy({ $0 > 0 && limits.contains($0) }),
            pads.allSatisfy(limits.contains), node.integers("dilations", default: [1, 1]) == [1, 1]
        else { return nil }
        let isSame = String(decoding: node.attribute("auto_pad")?.text ?? .init(), as: UTF8.self).hasPrefix(
            "SAME")
        let sides = (0..<2).map { side in
            let (size, stride) = (shape[2 + side], Int(strides[side]))
            if isSame { return (size + stride - 1) / stride }
            return (size + Int(pads[side] + pads[side + 2]) - weights[2 + side]) / stride + 1
        }
        return checked([shape[0], weights[0]] + sides)
    }
}

/// Works out nodes that read constants only, as exporters leave them: weights that are dequantised, cast or
/// turned, shapes that are put together.
struct ConstantFolding {
    /// How many numbers may still be read, so that no small file asks for much work or memory.
    private var left: Int

    /// Reads constants of `count` numbers in all a few times each, and as many more as sums of shapes need.
    init(constants count: Int) { left = 4 * min(count, NetworkImporter.maximumFileByteCount) + 1 << 16 }

    /// What `node` makes of `inputs`; `nil` if that is not known.
    ///
    /// - Throws: the tensor cases of ``NetworkImportError`` for inputs that can not be read.
    mutating func value(
        of node: ONNXNode, _ inputs: [ONNXTensor?]
    ) throws(NetworkImportError) -> FoldedTensor? {
        guard Self.known.contains(node.operatorType), node.outputs.count == 1 else { return nil }
        var tensors: [FoldedTensor?] = []
        for input in inputs {
            guard let input else {
                tensors.append(nil)
                continue
            }
            guard try take(input.shape()) else { return nil }
            tensors.append(try FoldedTensor(input))
        }
        guard let first = tensors.first.flatMap({ $0 }) else { return nil }
        switch node.operatorType {
        case "QuantizeLinear", "DequantizeLinear": return quantization(node, first, tensors)
        case "Cast": return cast(first, to: node.integer("to", default: 0))
        case "Transpose":
            let order = node.integers("perm", default: first.shape.indices.reversed().map { Int64($0) })
            return first.transposed(order.map { Int(clamping: $0) })
        case "Reshape", "Squeeze", "Unsqueeze": return reshaped(node, first, tensors)
        case "Add", "Sub", "Mul", "Div", "Mod", "Max", "Min":
            guard tensors.count == 2, let second = tensors[1] else { return nil }
            return joined(node.operatorType, first, second)
        case "Sqrt", "Reciprocal", "Neg", "Ceil", "Floor": return mapped(node.operatorType, first)
        case "Concat": return joined(tensors.compactMap { $0 }, axis: node.integer("axis", default: 0))
        case "Gather":
            guard tensors.count == 2, let places = tensors[1] else { return nil }
            return picked(first, places, axis: node.integer("axis", default: 0))
        case "Slice": return sliced(node, first, tensors)
        case "Clip": return clipped(node, first, tensors)
        case "ConstantOfShape": return filled(node, first)
        default: return nil
        }
    }

    private static let known: Set<String> = [
        "QuantizeLinear", "DequantizeLinear", "Cast", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Add",
        "Sub",
        "Mul", "Div", "Mod", "Max", "Min", "Sqrt", "Reciprocal", "Neg", "Ceil", "Floor", "Concat", "Gather",
        "Slice", "Clip", "ConstantOfShape",
    ]

    /// Counts numbers before they are worked out.
    mutating func take(_ shape: [Int]) -> Bool {
        var count = 1
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow, product <= left else { return false }
            count = product
        }
        left -= count
        return true
    }

    private func cast(_ tensor: FoldedTensor, to type: Int64) -> FoldedTensor? {
        switch (Int32(clamping: type), tensor.numbers) {
        case (ONNXType.float, .reals), (ONNXType.int64, .integers): return tensor
        case (ONNXType.float, .integers(let values)):
            return FoldedTensor(shape: tensor.shape, numbers: .reals(values.map { Float($0) }))
        case (ONNXType.int64, .reals(let values)):
            return FoldedTensor(
                shape: tensor.shape,
                numbers: .integers(values.map { Int64(exactly: $0.rounded(.towardZero)) ?? 0 }))
        // Rounds to fewer bits, or wraps around: not worth it.
        default: return nil
        }
    }

    private mutating func joined(
        _ type: String, _ first: FoldedTensor, _ second: FoldedTensor
    ) -> FoldedTensor? {
        guard let shape = FoldedTensor.common(first.shape, second.shape), take(shape),
            let left = first.broadcast(to: shape), let right = second.broadcast(to: shape)
        else { return nil }
        switch (left.numbers, right.numbers) {
        case (.reals(let left), .reals(let right)):
            return FoldedTensor(
                shape: shape, numbers: .reals(zip(left, right).map { Self.real(type, $0, $1) }))
        case (.integers(let left), .integers(let right)):
            let values = zip(left, right).map { Self.integer(type, $0, $1) }
            guard !values.contains(nil) else { return nil }
            return FoldedTensor(shape: shape, numbers: .integers(values.compactMap { $0 }))
        default: return nil
        }
    }

    private static func real(_ type: String, _ left: Float, _ right: Float) -> Float {
        switch type {
        case "Add": left + right
        case "Sub": left - right
        case "Mul": left * right
        case "Div": left / right
        case "Max": Swift.max(left, right)
        case "Min": Swift.min(left, right)
        // Of real numbers C's and Python's remainders differ; no network has one.
        default: .nan
        }
    }

    /// `nil` beyond 64 bits and for divisions by zero.
    private static func integer(_ type: String, _ left: Int64, _ right: Int64) -> Int64? {
        let (value, overflow): (Int64, Bool) =
            switch type {
            case "Add": left.addingReportingOverflow(right)
            case "Sub": left.subtractingReportingOverflow(right)
            case "Mul": left.multipliedReportingOverflow(by: right)
            case "Div": left.dividedReportingOverflow(by: right)
            case "Max": (Swift.max(left, right), false)
            case "Min": (Swift.min(left, right), false)
            default: remainder(left, right)
            }
        return overflow ? nil : value
    }

    /// With the divisor's sign, as ONNX has it.
    private static func remainder(_ left: Int64, _ right: Int64) -> (Int64, Bool) {
        let (rest, overflow) = left.remainderReportingOverflow(dividingBy: right)
        return (rest != 0 && (rest < 0) != (right < 0) ? rest &+ right : rest, overflow)
    }

    private func mapped(_ type: String, _ tensor: FoldedTensor) -> FoldedTensor? {
        switch (tensor.numbers, type) {
        case (.integers(let values), "Neg"):
            FoldedTensor(shape: tensor.shape, numbers: .integers(values.map { 0 &- $0 }))
        case (.reals(let values), "Neg"):
            FoldedTensor(shape: tensor.shape, numbers: .reals(values.map { -$0 }))
        case (.reals(let values), "Ceil"):
            FoldedTensor(shape: tensor.shape, numbers: .reals(values.map { $0.rounded(.up) }))
        case (.reals(let values), "Floor"):
            FoldedTensor(shape: tensor.shape, numbers: .reals(values.map { $0.rounded(.down) }))
        case (.reals(let values), "Sqrt"):
            FoldedTensor(shape: tensor.shape, numbers: .reals(values.map { $0.squareRoot() }))
        case (.reals(let values), "Reciprocal"):
            FoldedTensor(shape: tensor.shape, numbers: .reals(values.map { 1 / $0 }))
        default: nil
        }
    }
}

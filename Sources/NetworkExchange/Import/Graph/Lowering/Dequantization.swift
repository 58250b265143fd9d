/// Follows integers through a quantised graph as the real numbers that they stand for.
///
/// `QuantizeLinear` and `DequantizeLinear` become names for what they read; what is left of them is the range
/// that the integers have, since quantisers leave out a `Clip` where that range is the clip's.
struct Dequantization {
    /// Scale and zero of a tensor of integers.
    struct Grid: Equatable {
        let scale: Float
        let zero: Int64
        /// Whether the integers are 0...255 and not -128...127.
        let isUnsigned: Bool

        /// The smallest and the largest number that it has.
        var range: ClosedRange<Double> {
            let ends = (isUnsigned ? [0, 255] : [-128, 127]).map { Double($0 - Int(zero)) * Double(scale) }
            return ends[0]...ends[1]
        }
    }

    /// Grids of tensors of integers, by their own names.
    private(set) var grids: [String: Grid] = [:]

    /// Notes that `output` is `input` on `grid`.
    mutating func state(_ output: String, on grid: Grid) { grids[output] = grid }

    /// The grid that inputs `scale` and `zero` of a node state; `nil` unless it is one for the whole tensor.
    static func grid(
        _ node: ONNXNode, scale: Int, zero: Int, constant: (String) -> ONNXTensor?
    ) throws(NetworkImportError) -> Grid? {
        guard let name = node.input(at: scale), let tensor = constant(name) else { return nil }
        let scales = try tensor.floats()
        guard scales.count == 1, let scale = scales.first, scale > 0 else { return nil }
        guard let name = node.input(at: zero) else { return Grid(scale: scale, zero: 0, isUnsigned: true) }
        guard let tensor = constant(name), [ONNXType.uint8, ONNXType.int8].contains(tensor.elementType) else {
            return nil
        }
        let zeros = try tensor.integers()
        guard zeros.count == 1, let zero = zeros.first else { return nil }
        return Grid(scale: scale, zero: zero, isUnsigned: tensor.elementType == ONNXType.uint8)
    }

    /// How an operator on integers reads as one on real numbers.
    struct Form {
        let real: String
        /// Places of the tensors, each followed by its scale and its zero.
        let data: [Int]
        /// Place of the constant weights, followed by their scale and zero.
        var weights: Int?
        /// Place of the constant bias, in units of both scales.
        var bias: Int?
        /// Place of the result's scale and zero.
        let result: Int
    }

    /// The operators on integers that are read, by domain.
    static let forms: [String: [String: Form]] = [
        "": [
            "QLinearConv": Form(real: "Conv", data: [0], weights: 3, bias: 8, result: 6),
            "QLinearMatMul": Form(real: "MatMul", data: [0], weights: 3, result: 6),
        ],
        "com.microsoft": [
            "QLinearAdd": Form(real: "Add", data: [0, 3], result: 6),
            "QLinearGlobalAveragePool": Form(real: "GlobalAveragePool", data: [0], result: 3),
            "QGemm": Form(real: "Gemm", data: [0], weights: 3, bias: 6, result: 7),
        ],
    ]

    /// The form of `node`, if it is one of these.
    static func form(_ node: ONNXNode) -> Form? {
        forms[node.domain == "ai.onnx" ? "" : node.domain]?[node.operatorType]
    }
}

internal import FloatNetwork

/// Writes a TensorFlow Lite model as a graph of ONNX, whose structure is then checked where ONNX's is.
///
/// Constants are real numbers afterwards, in ONNX's order of dimensions; what has no counterpart becomes a
/// node that has TensorFlow Lite's own name for it, so that the check says what was found.
struct TFLiteConversion {
    /// Every tensor with a name of its own.
    let model: TFLiteModel
    var constants: TFLiteConstants
    var graph = ONNXModel.Graph()
    /// Element types of the weights, for people.
    var weightTypes: Set<String> = []
    /// Whether the bounds of RELU6 are among the initialisers.
    var hasBounds = false
    /// Input of what passes its input on, by output.
    private var passed: [Int: Int] = [:]
    /// What constants were made into, by name.
    private var uses: [String: Use] = [:]

    /// What a constant is read for.
    enum Use {
        /// `[out, rows, columns, in]` becomes `[out, in, rows, columns]`.
        case kernel
        /// `[1, rows, columns, out]` becomes `[out, 1, rows, columns]`.
        case depthwiseKernel
        /// As it is.
        case matrix, bias
    }

    /// Reads the network in `bytes`, believing nothing that they say.
    static func network(
        decoding bytes: consuming [UInt8], _ options: ImportOptions
    ) throws(NetworkImportError) -> ImportedNetwork {
        var conversion = TFLiteConversion(try TFLiteModel(decoding: bytes))
        let normalization = try conversion.image()
        for operation in conversion.model.operators { try conversion.append(operation) }
        conversion.graph.outputs = conversion.model.outputs.map { ONNXValueInfo(name: conversion.name($0)) }
        var model = ONNXModel()
        // Clip has its bounds as inputs.
        model.operatorSets = [("", 13)]
        model.graph = conversion.graph
        var draft = try ONNXWalk.draft(of: ONNXGraph(model, options), options).draft
        draft.pixelNormalization = normalization
        let weights = conversion.weightTypes.sorted().joined(separator: " and ")
        var text = conversion.model.text
        if text.hasSuffix(".") { text.removeLast() }
        return try draft.imported(
            options,
            source: "TensorFlow Lite, \(weights) weights"
                + (text.isEmpty ? "" : ", \(String(shown(text).dropFirst().dropLast()))"), opset: nil)
    }

    private init(_ model: TFLiteModel) {
        var model = model
        var counts: [String: Int] = [:]
        for tensor in model.tensors { counts[tensor.name, default: 0] += 1 }
        for (index, tensor) in model.tensors.enumerated()
        where tensor.name.isEmpty || counts[tensor.name] != 1 {
            model.tensors[index].name += " (tensor \(index))"
        }
        self.model = model
        constants = TFLiteConstants(model)
        for operation in model.operators where Self.passing.contains(operation.code) {
            if let output = operation.outputs.first, let input = operation.inputs.first {
                passed[output] = input
            }
        }
    }

    /// What changes numbers at most by rounding.
    private static let passing: Set<Int> = [TFLiteOperatorCode.quantize, TFLiteOperatorCode.dequantize]

    /// Declares the graph's input.
    ///
    /// - Returns: the normalisation that quantised pixels state: colour `(byte / 255 - mean) / deviation`.
    private mutating func image() throws(NetworkImportError) -> FloatNetwork.Normalization? {
        guard model.inputs.count == 1, let index = model.inputs.first else {
            throw .unusableInput(
                name: model.inputs.first.map { name($0) } ?? "", found: "one of \(model.inputs.count) inputs")
        }
        let tensor = model.tensors[index]
        func unusable(_ found: String) -> NetworkImportError {
            .unusableInput(name: name(index), found: found)
        }
        let shape = tensor.signature.isEmpty ? tensor.shape : tensor.signature
        guard shape.count == 4, shape[3] == 3, shape[1] == shape[2] else {
            throw unusable("of shape \(shape)")
        }
        graph.inputs = [
            ONNXValueInfo(
                name: name(index), elementType: ONNXType.float,
                dimensions: [nil, 3] + shape[1...2].map { $0 > 0 ? Int64($0) : nil })
        ]
        let type = TFLiteType.name(tensor.type)
        if tensor.type == TFLiteType.float { return nil }
        guard tensor.type == TFLiteType.uint8 || tensor.type == TFLiteType.int8 else { throw unusable(type) }
        let quantization = tensor.quantization
        guard try constants.scales(tensor).count == 1, quantization.zeroPoints.count <= 1 else {
            throw unusable(
                "\(type) with \(quantization.scales.count) scales and \(quantization.zeroPoints.count) "
                    + "zero points")
        }
        // A byte b stands for scale * (b - black).
        let black = Double(quantization.zeroPoints.first ?? 0) + (tensor.type == TFLiteType.int8 ? 128 : 0)
        let mean = Float(black / 255)
        let deviation = Float(1 / (255 * Double(quantization.scales[0])))
        return .init(
            mean: [Float](repeating: mean, count: 3),
            standardDeviation: [Float](repeating: deviation, count: 3)
        )
    }

    /// The name of a tensor.
    func name(_ index: Int) -> String { model.tensors[index].name }

    /// The tensor whose numbers `index` passes on.
    func source(of index: Int) -> Int {
        var index = index
        // Converters make chains of one or two.
        for _ in 0..<8 {
            guard let input = passed[index] else { break }
            index = input
        }
        return index
    }

    /// The name of input `place` of `operation`; a constant is made an initialiser first.
    mutating func input(
        _ operation: TFLiteOperator, _ place: Int, as use: Use? = nil, orScaledBy scales: [Float] = []
    ) throws(NetworkImportError) -> String {
        guard operation.inputs.indices.contains(place), let index = operation.inputs[place] else { return "" }
        let origin = source(of: index)
        guard let use, constants.isConstant(model.tensors[origin]) else { return name(index) }
        let name = name(origin)
        let tensor = model.tensors[origin]
        if let earlier = uses[name] {
            // Integers without a scale would be other numbers elsewhere.
            guard earlier == use, scales.isEmpty || !tensor.quantization.scales.isEmpty else {
                throw .malformedModel(reason: "tensor \(shown(name)) is used in two ways")
            }
            return name
        }
        uses[name] = use
        let values = try constants.reals(tensor, orScaledBy: scales)
        let made = Self.reordered(values, tensor.shape, use)
        graph.initializers.append(
            ONNXTensor(
                name: name, elementType: ONNXType.float, dimensions: made.shape.map { Int64($0) },
                reals: ONNXNumbers(made.values)))
        if use != .bias { weightTypes.insert(TFLiteType.name(tensor.type)) }
        return name
    }

    /// ONNX has the channels before rows and columns. Another count of dimensions stays for the check to see.
    private static func reordered(
        _ values: [Float], _ shape: [Int], _ use: Use
    ) -> (shape: [Int], values: [Float]) {
        guard shape.count == 4, use == .kernel || use == .depthwiseKernel else { return (shape, values) }
        let (outer, inner) = (shape[0], shape[3])
        let area = shape[1] * shape[2]
        // `[outer, area, inner]` becomes `[outer, inner, area]`; a depthwise kernel has the outputs inside.
        var result: [Float] = []
        result.reserveCapacity(values.count)
        for first in 0..<outer {
            for last in 0..<inner {
                for place in 0..<area { result.append(values[(first * area + place) * inner + last]) }
            }
        }
        guard use == .depthwiseKernel else { return ([outer, inner, shape[1], shape[2]], result) }
        return ([inner, outer, shape[1], shape[2]], result)
    }
}

extension TFLiteConversion {
    /// Writes one operation as a node, or two if it has an activation fused.
    mutating func append(_ operation: TFLiteOperator) throws(NetworkImportError) {
        switch operation.code {
        case TFLiteOperatorCode.convolution: try convolution(operation, isDepthwise: false)
        case TFLiteOperatorCode.depthwiseConvolution: try convolution(operation, isDepthwise: true)
        case TFLiteOperatorCode.fullyConnected: try product(operation)
        case TFLiteOperatorCode.averagePool: try pool(operation)
        case TFLiteOperatorCode.mean: try mean(operation)
        case TFLiteOperatorCode.pad, TFLiteOperatorCode.paddingWithValue: try padding(operation)
        case TFLiteOperatorCode.add:
            write(operation, "Add", try [input(operation, 0), input(operation, 1)])
        case TFLiteOperatorCode.relu6: write(operation, "Clip", [try input(operation, 0)] + bounds())
        case TFLiteOperatorCode.reshape, TFLiteOperatorCode.squeeze: try flattening(operation)
        case TFLiteOperatorCode.softmax: write(operation, "Softmax", [try input(operation, 0)])
        case TFLiteOperatorCode.quantize, TFLiteOperatorCode.dequantize:
            write(operation, "Identity", [try input(operation, 0)])
        // Whoever only asks for a shape does not read the tensor.
        case TFLiteOperatorCode.shape: write(operation, "Shape", [try input(operation, 0)])
        default: refused(operation, operation.name)
        }
    }

    private mutating func convolution(
        _ operation: TFLiteOperator, isDepthwise: Bool
    ) throws(NetworkImportError) {
        let inputs = try weighted(operation, isDepthwise ? .depthwiseKernel : .kernel)
        let window = operation.window
        let shape = shape(operation, 1)
        var groups = 1
        if shape.count == 4 {
            // A depthwise convolution has a group for each channel of its input, a plain one as many as the
            // channels that its kernels read fit in.
            let read = self.shape(operation, 0).last ?? 0
            if isDepthwise {
                groups = read > 0 ? read : shape[3]
            } else if shape[3] > 0, read > 0, read.isMultiple(of: shape[3]) {
                groups = read / shape[3]
            }
        }
        let padding = Array((window.isSame ? "SAME_UPPER" : "VALID").utf8)
        write(
            operation, "Conv", inputs,
            [
                ONNXAttribute(name: "strides", value: integers(window.strides)),
                ONNXAttribute(name: "dilations", value: integers(window.dilations)),
                ONNXAttribute(name: "group", value: .integer(Int64(groups))),
                ONNXAttribute(name: "auto_pad", value: .text(ONNXNumbers(padding))),
            ], clipsByRange: true)
    }

    private mutating func product(_ operation: TFLiteOperator) throws(NetworkImportError) {
        guard operation.weightsFormat == 0 else {
            return refused(operation, "\(operation.name) with weights of format \(operation.weightsFormat)")
        }
        var inputs = try weighted(operation, .matrix)
        // A dense layer takes the features of a pixel as they are; Gemm wants them as a vector.
        let vector = inputs[0] + " as a vector"
        graph.nodes.append(
            ONNXNode(operatorType: "Flatten", name: vector, inputs: [inputs[0]], outputs: [vector]))
        inputs[0] = vector
        write(operation, "Gemm", inputs, [ONNXAttribute(name: "transB", value: .integer(1))])
    }

    /// Names of the data, the weights and, where there is one, the bias.
    private mutating func weighted(
        _ operation: TFLiteOperator, _ use: Use
    ) throws(NetworkImportError) -> [String] {
        var inputs = try [input(operation, 0), input(operation, 1, as: use)]
        // A bias without a scale of its own is in units of the products.
        var scales: [Float] = []
        if let data = operation.inputs.first.flatMap({ $0 }), let weights = tensor(operation, 1),
            let unit = try constants.scales(model.tensors[data]).first
        {
            scales = try constants.scales(weights).map { $0 * unit }
        }
        inputs.append(try input(operation, 2, as: .bias, orScaledBy: scales))
        return inputs
    }

    /// A pool over the whole of the last image, which is a 32nd of the first.
    private mutating func pool(_ operation: TFLiteOperator) throws(NetworkImportError) {
        let window = operation.window
        let side = graph.inputs.first?.dimensions.last.flatMap { $0 }.map { Int($0 / 32) } ?? 0
        let isSingle = !window.isSame || window.strides.allSatisfy { $0 >= side }
        guard side > 0, window.filter == [side, side], isSingle else {
            let size = window.filter.map { "\($0)" }.joined(separator: "x")
            return refused(
                operation,
                "\(operation.name) of \(size), stride \(window.strides), \(window.isSame ? "SAME" : "VALID")"
            )
        }
        write(operation, "GlobalAveragePool", [try input(operation, 0)])
    }

    private mutating func mean(_ operation: TFLiteOperator) throws(NetworkImportError) {
        guard let axes = try list(operation, 1) else { return refused(operation, operation.name) }
        // Ours are [images, channels, rows, columns].
        let order: [Int64: Int64] = [0: 0, 1: 2, 2: 3, 3: 1, -4: 0, -3: 2, -2: 3, -1: 1]
        let ours = axes.compactMap { order[$0] }
        guard ours.count == axes.count, Set(ours) == [2, 3] else {
            return refused(operation, "\(operation.name) over \(axes)")
        }
        write(
            operation, "ReduceMean", [try input(operation, 0)],
            [ONNXAttribute(name: "axes", value: .integers(ONNXNumbers(ours)))])
    }

    private mutating func padding(_ operation: TFLiteOperator) throws(NetworkImportError) {
        guard let sides = try list(operation, 1), sides.count == 8 else {
            return refused(operation, "\(operation.name) without constant sides")
        }
        var value: Float = 0
        if operation.inputs.count > 2 {
            guard let tensor = tensor(operation, 2), constants.isConstant(tensor),
                let number = try constants.reals(tensor).first
            else { return refused(operation, "\(operation.name) without a constant value") }
            value = number
        }
        // Before and after, of images, rows, columns, channels.
        let pads = [0, 6, 2, 4, 1, 7, 3, 5].map { sides[$0] }
        write(
            operation, "Pad", [try input(operation, 0)],
            [
                ONNXAttribute(name: "pads", value: .integers(ONNXNumbers(pads))),
                ONNXAttribute(name: "value", value: .real(value)),
            ])
    }

    /// Another shape of the same vector.
    private mutating func flattening(_ operation: TFLiteOperator) throws(NetworkImportError) {
        let made = operation.outputs.first.map { model.tensors[$0].shape } ?? []
        let read = shape(operation, 0)
        guard made.count > 1, read.count > 1, made.last == read.last,
            (made.dropFirst().dropLast() + read.dropFirst().dropLast()).allSatisfy({ $0 == 1 })
        else { return refused(operation, "\(operation.name) of \(read) to \(made)") }
        write(operation, "Flatten", [try input(operation, 0)])
    }
}

extension TFLiteConversion {
    private func integers(_ values: [Int]) -> ONNXAttribute.Value {
        .integers(ONNXNumbers(values.map { Int64($0) }))
    }

    private func tensor(_ operation: TFLiteOperator, _ place: Int) -> TFLiteTensor? {
        guard operation.inputs.indices.contains(place), let index = operation.inputs[place] else {
            return nil
        }
        return model.tensors[source(of: index)]
    }

    private func shape(_ operation: TFLiteOperator, _ place: Int) -> [Int] {
        tensor(operation, place)?.shape ?? []
    }

    /// A constant list of integers, or `nil` if the input is not constant.
    private mutating func list(
        _ operation: TFLiteOperator, _ place: Int
    ) throws(NetworkImportError) -> [Int64]? {
        guard let tensor = tensor(operation, place), constants.isConstant(tensor) else { return nil }
        return try constants.integers(tensor)
    }

    /// Names of the constants 0 and 6.
    private mutating func bounds() -> [String] {
        let bounds: [(String, Float)] = [("0 of RELU6", 0), ("6 of RELU6", 6)]
        if !hasBounds {
            hasBounds = true
            graph.initializers += bounds.map { name, value in
                ONNXTensor(name: name, elementType: ONNXType.float, reals: ONNXNumbers([value]))
            }
        }
        return bounds.map(\.0)
    }

    /// A node that nothing in a MobileNetV2 matches.
    private mutating func refused(_ operation: TFLiteOperator, _ type: String) {
        let outputs = operation.outputs.map { name($0) }
        graph.nodes.append(
            ONNXNode(
                operatorType: type, name: outputs.first ?? "",
                inputs: operation.inputs.map { $0.map { name($0) } ?? "" }, outputs: outputs))
    }

    /// A node and its fused activation.
    ///
    /// - Parameter clipsByRange: whether an output that holds 0...6 at most is a RELU6, which converters leave
    ///   out there.
    private mutating func write(
        _ operation: TFLiteOperator, _ type: String, _ inputs: [String], _ attributes: [ONNXAttribute] = [],
        clipsByRange: Bool = false
    ) {
        guard operation.outputs.count == 1, let output = operation.outputs.first else {
            return refused(operation, "\(operation.name) with \(operation.outputs.count) outputs")
        }
        let name = name(output)
        var node = ONNXNode(
            operatorType: type, name: name, inputs: inputs, outputs: [name], attributes: attributes)
        let isClipped = clipsByRange && holdsSix(model.tensors[output])
        switch operation.activation {
        case TFLiteActivation.none where !isClipped: graph.nodes.append(node)
        case TFLiteActivation.none, TFLiteActivation.relu6:
            let inner = name + " before RELU6"
            node.outputs = [inner]
            graph.nodes += [
                node, ONNXNode(operatorType: "Clip", name: name, inputs: [inner] + bounds(), outputs: [name]),
            ]
        default:
            refused(
                operation, "\(operation.name) with fused \(TFLiteActivation.name(operation.activation))")
        }
    }

    /// Whether the integers of `tensor` stand for numbers from 0 to at most 6.
    private func holdsSix(_ tensor: TFLiteTensor) -> Bool {
        let lowest: [Int: Int64] = [TFLiteType.uint8: 0, TFLiteType.int8: -128]
        guard let least = lowest[tensor.type], tensor.quantization.zeroPoints == [least],
            let scale = tensor.quantization.scales.first
        else { return false }
        return scale * 255 <= 6 + scale
    }
}

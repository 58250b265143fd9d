extension KerasConversion {
    /// `x * scale + offset`.
    mutating func rescaling(_ layer: KerasLayer, _ input: String) {
        let scale = layer.settings["scale"]?.numbers ?? []
        let offset = layer.settings["offset"].map { $0.numbers ?? [] } ?? [0]
        guard !scale.isEmpty, !offset.isEmpty else {
            return refused(layer, "Rescaling by what is no number")
        }
        let scaled = "\(layer.id): scaled"
        let factor = constant(layer, "scale", scale)
        let shift = constant(layer, "offset", offset)
        graph.nodes.append(
            ONNXNode(operatorType: "Mul", name: layer.id, inputs: [input, factor], outputs: [scaled]))
        write(layer, "Add", [scaled, shift])
    }

    /// `(x - mean) / deviation`, of numbers that the configuration or the weights have.
    mutating func colours(_ layer: KerasLayer, _ input: String) throws(NetworkImportError) {
        var numbers: [[Double]] = []
        for role in [KerasWeights.Role.mean, .variance] {
            if let stated = layer.settings[role.rawValue]?.numbers {
                numbers.append(stated)
            } else if let path = try weights.path(role, of: layer) {
                numbers.append(try weights.tensor(path).values.map { Double($0) })
            }
        }
        guard layer.settings["invert"]?.flag != true else {
            return refused(layer, "Normalization with invert")
        }
        let axis = layer.settings["axis"]?.integers ?? layer.settings["axis"]?.integer.map { [$0] } ?? [-1]
        guard numbers.count == 2, numbers.allSatisfy({ !$0.isEmpty }),
            axis == [-1] || axis == [3] || numbers.allSatisfy({ $0.count == 1 })
        else {
            return refused(layer, "Normalization with axis \(axis) and \(numbers.count) of mean and variance")
        }
        // Keras keeps the deviation above this.
        let deviations = numbers[1].map { max($0.squareRoot(), 1e-7) }
        let mean = constant(layer, "mean", numbers[0])
        let deviation = constant(layer, "deviation", deviations)
        let centred = "\(layer.id): centred"
        graph.nodes.append(
            ONNXNode(operatorType: "Sub", name: layer.id, inputs: [input, mean], outputs: [centred]))
        write(layer, "Div", [centred, deviation])
    }

    /// A mean over windows, which the check compares with the last image.
    mutating func pool(_ layer: KerasLayer, _ input: String) {
        let size = layer.settings["pool_size"]?.integers ?? []
        let padding = layer.settings["padding"]?.text ?? "valid"
        guard size.count == 2, padding == "valid" else {
            return refused(layer, "AveragePooling2D of \(size), padding \(shown(padding))")
        }
        write(
            layer, "AveragePool", [input],
            [ONNXAttribute(name: "kernel_shape", value: .integers(ONNXNumbers(size.map { Int64($0) })))])
    }

    /// Another shape of one pixel's channels.
    mutating func flattening(_ layer: KerasLayer, _ input: String) {
        let target = layer.settings["target_shape"]?.integers ?? [-1]
        guard target.count == 1 || (target.count == 3 && target[0] == 1 && target[1] == 1) else {
            return refused(layer, "\(layer.className) to \(target)")
        }
        isVector = target.count == 1
        guard target.count == 3 else { return write(layer, "Flatten", [input]) }
        let name = "\(layer.id): shape"
        graph.initializers.append(
            ONNXTensor(
                name: name, elementType: ONNXType.int64, dimensions: [4],
                integers64: ONNXNumbers([1, Int64(target[2]), 1, 1])))
        write(layer, "Reshape", [input, name])
    }

    /// The final layer.
    mutating func product(_ layer: KerasLayer, _ input: String) throws(NetworkImportError) {
        // A dense layer takes the features of a pixel as they are; Gemm wants them as a vector.
        let vector = "\(layer.id): features"
        graph.nodes.append(
            ONNXNode(operatorType: "Flatten", name: vector, inputs: [input], outputs: [vector]))
        var inputs = [vector, try required(.kernel, of: layer)]
        if layer.settings["use_bias"]?.flag ?? true { inputs.append(try required(.bias, of: layer)) }
        write(layer, "Gemm", inputs)
    }
}

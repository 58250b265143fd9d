extension GraphLowering {
    /// Real numbers to a grid, or back: names for what is read.
    mutating func quantize(_ node: ONNXNode, _ input: String, _ output: String) throws(NetworkImportError) {
        guard let grid = try grid(node, scale: 1) else {
            append(node)
            return
        }
        if node.operatorType == "QuantizeLinear" {
            keep(resolved(input), named: output, on: grid)
            aliases[output] = resolved(input)
        } else if quantization.grids[input] == grid {
            aliases[output] = resolved(input)
            if clampedNames.contains(input) { clampedNames.insert(output) }
        } else {
            // Off its own grid a number is another number.
            append(node)
        }
    }

    /// An operator on integers as the one on real numbers; `nil` if its grids are not those of its inputs.
    mutating func dequantized(
        _ node: ONNXNode, _ form: Dequantization.Form, _ output: String
    ) throws(NetworkImportError) -> ONNXNode? {
        var real = ONNXNode(operatorType: form.real, name: node.name, outputs: node.outputs)
        real.attributes = node.attributes
        guard node.integer("channels_last", default: 0) == 0 else { return nil }
        var unit: Float = 1
        for place in form.data {
            guard let name = node.input(at: place), let own = quantization.grids[name],
                try grid(node, scale: place + 1) == own
            else { return nil }
            unit = own.scale
            real.inputs.append(name)
        }
        if let place = form.weights {
            guard let weights = try weights(node, place, output + ".weights") else { return nil }
            real.inputs.append(weights)
            if let bias = form.bias, node.input(at: bias) != nil {
                guard let bias = try self.bias(node, bias, units: place + 1, unit, output + ".bias") else {
                    return nil
                }
                real.inputs.append(bias)
            }
        }
        if let grid = try grid(node, scale: form.result) { keep(output, named: output, on: grid) }
        return real
    }

    private mutating func keep(_ tensor: String, named name: String, on grid: Dequantization.Grid) {
        quantization.state(name, on: grid)
        clamps[tensor, default: []].append(grid.range)
        clampedNames.insert(name)
    }

    private func grid(_ node: ONNXNode, scale: Int) throws(NetworkImportError) -> Dequantization.Grid? {
        try Dequantization.grid(node, scale: scale, zero: scale + 1, constant: constant)
    }

    /// Constant weights with their scale and zero behind them, as real numbers under a name of its own.
    private mutating func weights(
        _ node: ONNXNode, _ place: Int, _ name: String
    ) throws(NetworkImportError) -> String? {
        // Output channels are the first dimension, or the last of a matrix that is not turned.
        let isFirst = node.operatorType == "QLinearConv" || node.integer("transB", default: 0) != 0
        var step = ONNXNode(operatorType: "DequantizeLinear", outputs: [name])
        step.attributes = [ONNXAttribute(name: "axis", value: .integer(isFirst ? 0 : 1))]
        guard let value = node.input(at: place).flatMap(constant),
            let scale = node.input(at: place + 1).flatMap(constant)
        else { return nil }
        let zero = node.input(at: place + 2).flatMap(constant)
        guard let reals = try folding.value(of: step, [value, scale, zero]) else { return nil }
        constants[name] = reals.tensor(named: name)
        return name
    }

    /// A constant bias in units of the input's scale and the weights'.
    private mutating func bias(
        _ node: ONNXNode, _ place: Int, units: Int, _ unit: Float, _ name: String
    ) throws(NetworkImportError) -> String? {
        guard let tensor = node.input(at: place).flatMap(constant),
            let scales = node.input(at: units).flatMap(constant)
        else { return nil }
        let values = try tensor.integers()
        let parts = try scales.floats()
        guard parts.count == 1 || parts.count == values.count else { return nil }
        let reals = values.enumerated().map { index, value in
            Float(value) * unit * parts[parts.count == 1 ? 0 : index]
        }
        constants[name] = FoldedTensor(shape: [reals.count], numbers: .reals(reals)).tensor(named: name)
        return name
    }
}

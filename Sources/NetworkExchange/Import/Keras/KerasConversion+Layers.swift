extension KerasConversion {
    /// Writes one layer as a node, or a few.
    mutating func append(_ layer: KerasLayer) throws(NetworkImportError) {
        let input = layer.inputs.first ?? ""
        guard layer.settings["data_format"]?.text ?? "channels_last" == "channels_last" else {
            return refused(layer, "\(layer.className) with channels first")
        }
        switch layer.className {
        case "Conv2D": try convolution(layer, input, isDepthwise: false)
        case "DepthwiseConv2D": try convolution(layer, input, isDepthwise: true)
        case "BatchNormalization": try normalization(layer, input)
        case "ReLU": clip(layer, input)
        case "Activation":
            if let name = activation(layer.settings["activation"]) {
                node(name, of: layer, reading: input)
            } else {
                identity(layer, input)
            }
        case "Softmax": node("softmax", of: layer, reading: input)
        case "ZeroPadding2D": padding(layer, input)
        case "Add" where layer.inputs.count == 2: write(layer, "Add", layer.inputs)
        case "Add", "Subtract", "Multiply", "TrueDivide", "Divide", "TFOpLambda": arithmetic(layer)
        case "GlobalAveragePooling2D":
            isVector = layer.settings["keepdims"]?.flag != true
            write(layer, "GlobalAveragePool", [input])
        case "AveragePooling2D": pool(layer, input)
        case "Flatten", "Reshape": flattening(layer, input)
        case "Dense": try product(layer, input)
        case "Rescaling": rescaling(layer, input)
        case "Normalization": try colours(layer, input)
        case "Relu6": node("relu6", of: layer, reading: input)
        case let name where Self.idle.contains(name): identity(layer, input)
        default: refused(layer, layer.className)
        }
    }

    /// What does something in training only. `RandomCrop` is none of them.
    private static let idle: Set<String> = [
        "RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation", "RandomContrast",
        "RandomBrightness",
        "RandomHeight", "RandomWidth", "RandomShear", "RandomHue", "RandomSaturation", "RandomGrayscale",
        "RandomColorJitter", "RandomColorDegeneration", "RandomInvert", "RandomPosterization",
        "RandomSharpness",
        "RandomGaussianBlur", "RandomErasing", "RandomPerspective", "RandomElasticTransform",
        "Dropout", "SpatialDropout2D", "GaussianDropout", "GaussianNoise", "AlphaDropout",
        "ActivityRegularization",
    ]

    private mutating func identity(_ layer: KerasLayer, _ input: String) {
        graph.nodes.append(
            ONNXNode(operatorType: "Identity", name: layer.id, inputs: [input], outputs: [layer.id]))
    }

    private mutating func convolution(
        _ layer: KerasLayer, _ input: String, isDepthwise: Bool
    ) throws(NetworkImportError) {
        let settings = layer.settings
        let kernel = try required(.kernel, of: layer)
        let shape = graph.initializers.last?.dimensions ?? []
        var inputs = [input, kernel]
        if let bias = try bias(layer) { inputs.append(bias) }
        var groups = Int64(settings["groups"]?.integer ?? 1)
        if isDepthwise, let channels = shape.first {
            groups = channels / Int64(max(settings["depth_multiplier"]?.integer ?? 1, 1))
        }
        let padding = settings["padding"]?.text ?? "valid"
        guard padding == "valid" || padding == "same" else {
            return refused(layer, "\(layer.className) with padding \(shown(padding))")
        }
        func pair(_ key: String) -> ONNXAttribute.Value {
            let values = settings[key]?.integers ?? [1, 1]
            return .integers(ONNXNumbers(values.map { Int64($0) }))
        }
        write(
            layer, "Conv", inputs,
            [
                ONNXAttribute(name: "strides", value: pair("strides")),
                ONNXAttribute(name: "dilations", value: pair("dilation_rate")),
                ONNXAttribute(name: "group", value: .integer(groups)),
                ONNXAttribute(
                    name: "auto_pad",
                    value: .text(ONNXNumbers(Array((padding == "same" ? "SAME_UPPER" : "VALID").utf8)))),
            ])
    }

    /// The bias, unless the layer is said to have none.
    private mutating func bias(_ layer: KerasLayer) throws(NetworkImportError) -> String? {
        switch layer.settings["use_bias"]?.flag {
        case false?: nil
        case true?: try required(.bias, of: layer)
        case nil: try numbers(.bias, of: layer)
        }
    }

    private mutating func normalization(_ layer: KerasLayer, _ input: String) throws(NetworkImportError) {
        // Channels are last; behind the pool they are the second of two dimensions.
        let axis = layer.settings["axis"]?.integers ?? layer.settings["axis"]?.integer.map { [$0] } ?? [-1]
        guard axis == [-1] || axis == [isVector ? 1 : 3] else {
            return refused(layer, "BatchNormalization over axis \(axis)")
        }
        let mean = try required(.movingMean, of: layer)
        let count = graph.initializers.last?.dimensions.last.map { Int($0) } ?? 1
        let variance = try required(.movingVariance, of: layer)
        var line: [String] = []
        for (role, switchName, value) in [(KerasWeights.Role.gamma, "scale", 1.0), (.beta, "center", 0)] {
            if layer.settings[switchName]?.flag == false {
                line.append(vector(layer, role.rawValue, value, count))
            } else {
                line.append(try required(role, of: layer))
            }
        }
        let epsilon = layer.settings["epsilon"]?.number ?? Self.epsilon
        write(
            layer, "BatchNormalization", [input] + line + [mean, variance],
            [ONNXAttribute(name: "epsilon", value: .real(Float(epsilon)))])
    }

    /// `count` times the same number.
    private mutating func vector(_ layer: KerasLayer, _ what: String, _ value: Double, _ count: Int) -> String
    {
        let name = "\(layer.id): \(what)"
        graph.initializers.append(
            ONNXTensor(
                name: name, elementType: ONNXType.float, dimensions: [Int64(count)],
                reals: ONNXNumbers([Float](repeating: Float(value), count: count))))
        return name
    }

    private mutating func clip(_ layer: KerasLayer, _ input: String) {
        let slope = layer.settings["negative_slope"]?.number ?? 0
        let threshold = layer.settings["threshold"]?.number ?? 0
        guard slope == 0, threshold == 0 else {
            return refused(layer, "ReLU with negative_slope \(slope), threshold \(threshold)")
        }
        guard let most = layer.settings["max_value"]?.number else {
            return node("relu", of: layer, reading: input)
        }
        write(layer, "Clip", [input, constant(layer, "0", [0]), constant(layer, "max_value", [most])])
    }

    private mutating func padding(_ layer: KerasLayer, _ input: String) {
        let value = layer.settings["padding"]
        let sides = value?.list?.map { $0.integers ?? [] } ?? []
        guard sides.count == 2, sides.allSatisfy({ $0.count == 2 }) else {
            return refused(layer, "ZeroPadding2D of unknown sides")
        }
        let pads = [0, 0, sides[0][0], sides[1][0], 0, 0, sides[0][1], sides[1][1]].map { Int64($0) }
        write(
            layer, "Pad", [input],
            [
                ONNXAttribute(name: "pads", value: .integers(ONNXNumbers(pads))),
                ONNXAttribute(name: "value", value: .real(0)),
            ])
    }

    /// A layer's operation with numbers, as `x / 127.5 - 1` in a model makes it.
    private mutating func arithmetic(_ layer: KerasLayer) {
        let types = [
            "Add": "Add", "Subtract": "Sub", "Multiply": "Mul", "TrueDivide": "Div", "Divide": "Div",
            "math.add": "Add", "__operators__.add": "Add", "math.subtract": "Sub", "math.multiply": "Mul",
            "math.truediv": "Div", "math.divide": "Div",
        ]
        let name = layer.className == "TFOpLambda" ? layer.settings["function"]?.text ?? "" : layer.className
        if name == "nn.relu6", let input = layer.inputs.first {
            return node("relu6", of: layer, reading: input)
        }
        guard let type = types[name], layer.arguments.count == 2 else {
            return refused(layer, name.isEmpty ? layer.className : name)
        }
        var inputs: [String] = []
        for (index, argument) in layer.arguments.enumerated() {
            switch argument {
            case .tensor(let id): inputs.append(id)
            case .numbers(let values): inputs.append(constant(layer, "operand \(index)", values))
            }
        }
        write(layer, type, inputs)
    }
}

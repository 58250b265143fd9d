internal import Artifacts
internal import ClassifierHead
internal import HardenedBackbone
internal import QuantizedTensors

/// Collects the nodes of the exported graph, from the image to the logits.
struct QDQGraph {
    private let artifact: BackboneArtifact
    private let rounding: QDQExporter.Rounding
    private let scales: QDQScales
    private var graph = ONNXModel.Graph()
    /// The dequantised tensor that the next layer reads.
    private var current = "image"
    /// Dequantised outputs of all layers so far, for residuals.
    private var outputs: [String] = []

    init(artifact: BackboneArtifact, rounding: QDQExporter.Rounding) {
        self.artifact = artifact
        self.rounding = rounding
        scales = QDQScales(artifact)
        constant("zero.u8", ONNXType.uint8, [], [0 as UInt8])
        constant("zero.s8", ONNXType.int8, [], [0 as Int8])
    }

    /// Bytes to real numbers without the mean, so that the stem's padding of zero is the mean byte.
    mutating func image(_ layout: QDQExporter.Layout) {
        if layout == .nhwc {
            node("Transpose", ["image"], "image.nchw", [.list("perm", [0, 3, 1, 2])])
            current = "image.nchw"
        }
        floats("image.scale", [], [1])
        node("DequantizeLinear", [current, "image.scale", "zero.u8"], "image.real")
        floats("image.mean", [1, 3, 1, 1], artifact.inputMean.map { Float($0) })
        node("Sub", ["image.real", "image.mean"], "image.centred")
        current = "image.centred"
    }

    /// One convolution with its requantisation.
    mutating func layer(_ index: Int) {
        let layer = artifact.network.layers[index]
        let numbers = artifact.layers[index]
        let (name, channels) = (layer.name, layer.output.channels)
        let inputExponent = index == 0 ? 0 : scales.exponents[index - 1]
        let exponent = scales.exponents[index]
        // One accumulator unit is worth 2^-(exponent + shift).
        let units = numbers.shift.map { QDQScales.power(-exponent - Int($0)) }
        let weightScales = numbers.shift.map { QDQScales.power(inputExponent - exponent - Int($0)) }

        constant(
            "\(name).weight", ONNXType.int8,
            [channels, layer.inputChannelsPerGroup, layer.kernelSize, layer.kernelSize],
            numbers.weights)
        floats("\(name).weight.scale", [channels], weightScales)
        node(
            "DequantizeLinear", ["\(name).weight", "\(name).weight.scale"], "\(name).weight.real",
            [.integer("axis", 0)])
        integers("\(name).bias", biases(layer, numbers))
        floats("\(name).bias.scale", [channels], units)
        node(
            "DequantizeLinear", ["\(name).bias", "\(name).bias.scale"], "\(name).bias.real",
            [.integer("axis", 0)])
        let padding = layer.kernelSize / 2
        node(
            "Conv", [current, "\(name).weight.real", "\(name).bias.real"], "\(name).sum",
            [
                .list("dilations", [1, 1]), .integer("group", layer.kind == .depthwise ? channels : 1),
                .list("kernel_shape", [layer.kernelSize, layer.kernelSize]),
                .list("pads", [padding, padding, padding, padding]),
                .list("strides", [layer.stride, layer.stride]),
            ])
        current = "\(name).sum"
        if let source = layer.residualSource {
            node("Add", [current, outputs[source]], "\(name).joined")
            current = "\(name).joined"
        }
        if rounding == .exact {
            // Without a shift nothing is rounded, and half a unit would be a tie itself.
            let halves = zip(units, numbers.shift).map { $1 == 0 ? 0 : $0 / 2 }
            floats("\(name).half", [1, channels, 1, 1], halves)
            node("Add", [current, "\(name).half"], "\(name).raised")
            current = "\(name).raised"
        }
        requantize(name, type: layer.outputType, scale: QDQScales.power(-exponent))
        outputs.append(current)
    }

    /// Sum over all pixels, then the shift.
    mutating func pool() {
        let exponent = scales.exponents[scales.exponents.count - 1]
        integers64("pool.axes", [2, 3])
        node("ReduceSum", [current, "pool.axes"], "pool.sum", [.integer("keepdims", 0)])
        current = "pool.sum"
        if rounding == .exact {
            floats("pool.half", [], [QDQScales.power(-exponent - 1)])
            node("Add", [current, "pool.half"], "pool.raised")
            current = "pool.raised"
        }
        floats("pool.scale", [], [poolScale])
        node("QuantizeLinear", [current, "pool.scale", "zero.u8"], "features")
        current = "features"
    }

    /// What one code of a feature is worth, in sums over the pixels of the last layer.
    private var poolScale: Float {
        QDQScales.power(Int(artifact.poolShift) - scales.exponents[scales.exponents.count - 1])
    }

    /// The head on feature codes: integer sums, then one factor.
    ///
    /// Codes have the scale that they were rounded with, a power of two, and the factor takes it away again, exactly: an
    /// importer that finds two scales on one tensor may take the second for the first (onnx2tf 2.6.9 does).
    mutating func classifier(_ head: ClassifierHead) {
        let scale = poolScale
        floats("head.one", [], [1])
        floats("head.scale", [], [Float(head.scale) / scale])
        constant("head.weight", ONNXType.int8, [head.classCount, head.featureCount], head.weights)
        integers("head.bias", head.bias)
        node("DequantizeLinear", ["features", "pool.scale", "zero.u8"], "head.codes")
        node("DequantizeLinear", ["head.weight", "head.one", "zero.s8"], "head.weight.real")
        node("DequantizeLinear", ["head.bias", "pool.scale"], "head.bias.real")
        node(
            "Gemm", ["head.codes", "head.weight.real", "head.bias.real"], "head.sum", [.integer("transB", 1)])
        node("Mul", ["head.sum", "head.scale"], "logits")
    }

    /// The whole file.
    func model(opset: Int, layout: QDQExporter.Layout, head: ClassifierHead?) -> ONNXModel {
        let size = artifact.network.inputSize
        var graph = graph
        graph.name = "hashiflex-backbone"
        graph.inputs = [
            value(
                "image", ONNXType.uint8, layout == .nhwc ? [nil, size, size, 3] : [nil, 3, size, size])
        ]
        graph.outputs = [value("features", ONNXType.uint8, [nil, artifact.network.featureCount])]
        if let head { graph.outputs.append(value("logits", ONNXType.float, [nil, head.classCount])) }
        var model = ONNXModel(graph: graph)
        // The first format version that knows the operator set.
        model.formatVersion = opset > 20 ? 10 : opset > 18 ? 9 : 8
        model.producer.name = "hashiflex"
        model.operatorSets = [(domain: "", version: Int64(opset))]
        model.metadata = [
            ("backbone_digest", artifact.digest.hex), ("preprocessing", artifact.preprocessing),
            ("real_unit", "6/255"), ("rounding", rounding.rawValue),
        ]
        if let head { model.metadata.append(("head_digest", head.digest.hex)) }
        return model
    }

    /// Biases for centred input: the stem's own bias takes the mean away, which the graph already did.
    private func biases(_ layer: NetworkLayer, _ numbers: LayerParameters) -> [Int32] {
        guard layer.kind == .stem else { return numbers.bias }
        return numbers.bias.enumerated().map { channel, bias in
            var bias = bias
            for colour in 0..<3 {
                for tap in 0..<9 {
                    let weight = numbers.weights[(channel * 3 + colour) * 9 + tap]
                    bias += Int32(weight) * Int32(artifact.inputMean[colour])
                }
            }
            return bias
        }
    }

    private mutating func requantize(_ name: String, type: ActivationType, scale: Float) {
        floats("\(name).scale", [], [scale])
        node("QuantizeLinear", [current, "\(name).scale", "zero.\(type)"], "\(name).codes")
        node("DequantizeLinear", ["\(name).codes", "\(name).scale", "zero.\(type)"], "\(name).real")
        current = "\(name).real"
    }

    private func value(_ name: String, _ type: Int32, _ shape: [Int?]) -> ONNXValueInfo {
        ONNXValueInfo(name: name, elementType: type, dimensions: shape.map { $0.map { Int64($0) } })
    }
}

extension QDQGraph {
    /// An attribute of a node.
    fileprivate enum Attribute {
        case integer(String, Int)
        case list(String, [Int])
    }

    /// Adds a node with one output, named after it.
    private mutating func node(
        _ operatorType: String, _ inputs: [String], _ output: String, _ attributes: [Attribute] = []
    ) {
        let attributes = attributes.map { attribute in
            switch attribute {
            case .integer(let name, let value): ONNXAttribute(name: name, value: .integer(Int64(value)))
            case .list(let name, let values):
                ONNXAttribute(name: name, value: .integers(.init(values.map { Int64($0) })))
            }
        }
        graph.nodes.append(
            ONNXNode(
                operatorType: operatorType, name: "\(output)/\(operatorType)", inputs: inputs,
                outputs: [output], attributes: attributes))
    }

    private mutating func constant<Value: FixedWidthInteger & BitwiseCopyable>(
        _ name: String, _ type: Int32, _ shape: [Int], _ values: [Value]
    ) {
        graph.initializers.append(
            ONNXTensor(
                name: name, elementType: type, dimensions: shape.map { Int64($0) },
                raw: .init(littleEndian: values)))
    }

    private mutating func floats(_ name: String, _ shape: [Int], _ values: [Float]) {
        constant(name, ONNXType.float, shape, values.map(\.bitPattern))
    }

    private mutating func integers(_ name: String, _ values: [Int32]) {
        constant(name, ONNXType.int32, [values.count], values)
    }

    private mutating func integers64(_ name: String, _ values: [Int64]) {
        constant(name, ONNXType.int64, [values.count], values)
    }
}

import FloatNetwork
import HardenedBackbone
import QuantizedTensors

/// Writes a network as ONNX in the styles that exporters have, and in styles that they should not have.
///
/// Its own protobuf encoder, so that reading is not tested with the code under test.
struct GraphWriter {
    enum Classifier { case gemm, plainGemm, matMul }

    struct Attribute {
        var name: String
        var integers: [Int]?
        var integer: Int?
        var real: Float?
        var reals: [Float]?
        var text: String?
    }

    struct Node {
        var type: String
        var name: String
        var inputs: [String]
        var output: String
        var attributes: [Attribute] = []
        var domain = ""
    }

    var opset = 17
    /// Batch, colours, rows, columns; 0 is written as a dimension without value.
    var inputDims = [0, 3, 32, 32]
    var separatesNormalization = false
    var meansByReduction = false
    var flattensByReshape = false
    var classifier = Classifier.gemm
    var metadata: [(String, String)] = []
    /// Half the precision, exact for small multiples of 1/256.
    var isHalf = false
    /// The tensor whose second number becomes NaN.
    var poisoned: String?

    var nodes: [Node] = []
    var tensors: [ProtoWriter] = []
    var output = ""
    /// Element type of the image; 0 is that of the weights.
    var imageType = 0
    /// Half the precision, as bfloat16.
    var isBrain = false
    /// Writes numbers as float64, a little beside the float32 that they round to.
    var isDouble = false
    /// Functions of the file's own: names and domains.
    var functions: [(String, String)] = []
    /// Where weights are kept beside the model, if they are, and what they are there.
    var companionName: String?
    var companion: [UInt8] = []

    /// Builds the graph of `network`; ``bytes(_:)`` writes it.
    mutating func build(_ network: FloatNetwork) {
        (nodes, tensors, companion) = ([], [], [])
        var current = "image"
        var outputs: [String] = []
        floats("low", [], [0])
        floats("high", [], [6])
        for (layer, numbers) in zip(network.network.layers, network.layers) {
            current = convolution(layer, numbers, current)
            if layer.kind != .project {
                let bounds = [Attribute(name: "min", real: 0), Attribute(name: "max", real: 6)]
                current =
                    opset < 11
                    ? node("Clip", "\(layer.name).clip", [current], bounds)
                    : node("Clip", "\(layer.name).clip", [current, "low", "high"])
            } else if let source = layer.residualSource {
                current = node("Add", "\(layer.name).add", [outputs[source], current])
            }
            outputs.append(current)
        }
        current = pool(current)
        if let numbers = network.classifier { current = classify(numbers, current) }
        output = current
    }

    /// The file, after `change` had its way with the nodes.
    func bytes(_ change: (inout [Node]) -> Void = { _ in }) -> [UInt8] {
        var changed = nodes
        change(&changed)
        var graph = ProtoWriter()
        for node in changed { graph.message(1, encoded(node)) }
        graph.text(2, "test")
        for tensor in tensors { graph.message(5, tensor) }
        graph.message(11, value("image", inputDims))
        graph.message(12, value(output, [0, 0]))
        var operators = ProtoWriter()
        operators.varint(2, UInt64(opset))
        var model = ProtoWriter()
        model.varint(1, 8)
        model.text(2, "test writer")
        model.message(7, graph)
        model.message(8, operators)
        for (key, text) in metadata {
            var entry = ProtoWriter()
            entry.text(1, key)
            entry.text(2, text)
            model.message(14, entry)
        }
        for (name, domain) in functions {
            var function = ProtoWriter()
            function.text(1, name)
            function.text(10, domain)
            model.message(25, function)
        }
        return model.bytes
    }

    private mutating func convolution(
        _ layer: NetworkLayer, _ numbers: FloatNetwork.Layer, _ input: String
    ) -> String {
        let (channels, kernel) = (layer.output.channels, layer.kernelSize)
        let shape = [channels, layer.inputChannelsPerGroup, kernel, kernel]
        let attributes = [
            Attribute(name: "strides", integers: [layer.stride, layer.stride]),
            Attribute(name: "pads", integers: [Int](repeating: kernel / 2, count: 4)),
            Attribute(name: "group", integer: layer.kind == .depthwise ? channels : 1),
        ]
        guard separatesNormalization else {
            floats("\(layer.name).w", shape, numbers.weights)
            floats("\(layer.name).b", [channels], numbers.bias)
            return node("Conv", layer.name, [input, "\(layer.name).w", "\(layer.name).b"], attributes)
        }
        // (2 w x - 0.5) / sqrt(0.75 + 0.25) * 0.5 + (b + 0.25) is w x + b.
        floats("\(layer.name).w", shape, numbers.weights.map { $0 * 2 })
        let convolved = node("Conv", layer.name, [input, "\(layer.name).w"], attributes)
        for (field, values) in [
            ("scale", numbers.bias.map { _ in 0.5 }), ("shift", numbers.bias.map { $0 + 0.25 }),
            ("mean", numbers.bias.map { _ in 0.5 }), ("variance", numbers.bias.map { _ in 0.75 }),
        ] as [(String, [Float])] {
            floats("\(layer.name).\(field)", [channels], values)
        }
        return node(
            "BatchNormalization", "\(layer.name).bn",
            [convolved] + ["scale", "shift", "mean", "variance"].map { "\(layer.name).\($0)" },
            [Attribute(name: "epsilon", real: 0.25)])
    }

    private mutating func pool(_ input: String) -> String {
        var current = input
        if meansByReduction {
            let axes = Attribute(name: "axes", integers: [-1, -2])
            current = node("ReduceMean", "mean", [current], [axes, Attribute(name: "keepdims", integer: 1)])
        } else {
            current = node("GlobalAveragePool", "mean", [current])
        }
        if flattensByReshape {
            tensors.append(tensor("shape", type: 7, [2]) { $0.packed(7, [1, 0]) })
            current = node("Reshape", "flat", [current, "shape"])
        } else {
            current = node("Flatten", "flat", [current], [Attribute(name: "axis", integer: 1)])
        }
        return node("Dropout", "dropout", [current])
    }

    private mutating func classify(_ numbers: FloatNetwork.Classifier, _ input: String) -> String {
        let classes = numbers.bias.count
        let features = numbers.weights.count / classes
        let columns = (0..<features).flatMap { column in
            (0..<classes).map { numbers.weights[$0 * features + column] }
        }
        floats("classifier.b", [classes], numbers.bias)
        switch classifier {
        case .gemm:
            floats("classifier.w", [classes, features], numbers.weights)
            return node(
                "Gemm", "classifier", [input, "classifier.w", "classifier.b"],
                [Attribute(name: "transB", integer: 1)])
        case .plainGemm:
            floats("classifier.w", [features, classes], columns.map { $0 / 2 })
            return node(
                "Gemm", "classifier", [input, "classifier.w", "classifier.b"],
                [Attribute(name: "alpha", real: 2), Attribute(name: "beta", real: 1)])
        case .matMul:
            floats("classifier.w", [features, classes], columns)
            let product = node("MatMul", "classifier", [input, "classifier.w"])
            return node("Add", "classifier.add", ["classifier.b", product])
        }
    }

    mutating func node(
        _ type: String, _ name: String, _ inputs: [String], _ attributes: [Attribute] = []
    ) -> String {
        nodes.append(
            Node(type: type, name: name, inputs: inputs, output: name + ".out", attributes: attributes))
        return name + ".out"
    }
}

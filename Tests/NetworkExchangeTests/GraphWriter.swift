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

    private(set) var nodes: [Node] = []
    private var tensors: [ProtoWriter] = []
    private var output = ""

    /// Builds the graph of `network`; ``bytes(_:)`` writes it.
    mutating func build(_ network: FloatNetwork) {
        (nodes, tensors) = ([], [])
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

    private mutating func node(
        _ type: String, _ name: String, _ inputs: [String], _ attributes: [Attribute] = []
    ) -> String {
        nodes.append(
            Node(type: type, name: name, inputs: inputs, output: name + ".out", attributes: attributes))
        return name + ".out"
    }
}

extension GraphWriter {
    fileprivate mutating func floats(_ name: String, _ shape: [Int], _ values: [Float]) {
        let half = isHalf
        var values = values
        if name == poisoned { values[1] = .nan }
        tensors.append(
            tensor(name, type: half ? 10 : 1, shape) { tensor in
                if half {
                    tensor.packed(5, values.map { UInt64(Self.half($0)) })
                } else {
                    tensor.data(
                        9,
                        values.flatMap { value in
                            (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
                        })
                }
            })
    }

    /// Binary16 of a number that it holds exactly.
    private static func half(_ value: Float) -> UInt16 {
        guard value != 0 else { return 0 }
        let bits = value.bitPattern
        return UInt16(bits >> 16 & 0x8000) | UInt16((bits >> 23 & 255) - 112) << 10
            | UInt16(bits >> 13 & 1023)
    }

    fileprivate func tensor(
        _ name: String, type: Int, _ shape: [Int], _ fill: (inout ProtoWriter) -> Void
    ) -> ProtoWriter {
        var tensor = ProtoWriter()
        if !shape.isEmpty { tensor.packed(1, shape.map { UInt64($0) }) }
        tensor.varint(2, UInt64(type))
        tensor.text(8, name)
        fill(&tensor)
        return tensor
    }

    fileprivate func encoded(_ node: Node) -> ProtoWriter {
        var writer = ProtoWriter()
        for input in node.inputs { writer.text(1, input) }
        writer.text(2, node.output)
        writer.text(3, node.name)
        writer.text(4, node.type)
        for attribute in node.attributes {
            var proto = ProtoWriter()
            proto.text(1, attribute.name)
            if let real = attribute.real { proto.real(2, real) }
            if let integer = attribute.integer { proto.varint(3, UInt64(bitPattern: Int64(integer))) }
            if let text = attribute.text { proto.text(4, text) }
            for real in attribute.reals ?? [] { proto.real(7, real) }
            if let integers = attribute.integers {
                for integer in integers { proto.varint(8, UInt64(bitPattern: Int64(integer))) }
            }
            writer.message(5, proto)
        }
        return writer
    }

    fileprivate func value(_ name: String, _ dims: [Int]) -> ProtoWriter {
        var shape = ProtoWriter()
        for size in dims {
            var dimension = ProtoWriter()
            if size == 0 { dimension.text(2, "n") } else { dimension.varint(1, UInt64(size)) }
            shape.message(1, dimension)
        }
        var tensor = ProtoWriter()
        tensor.varint(1, isHalf ? 10 : 1)
        tensor.message(2, shape)
        var type = ProtoWriter()
        type.message(1, tensor)
        var value = ProtoWriter()
        value.text(1, name)
        value.message(2, type)
        return value
    }
}

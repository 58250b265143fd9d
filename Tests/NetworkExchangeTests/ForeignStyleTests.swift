import FloatNetwork
import HardenedBackbone
import NetworkExchange
import QuantizedTensors
import Testing
import TestSupport

/// Forms that other exporters give the same network: each yields the network that was written, number for number.
@Suite struct ForeignStyleTests {
    typealias Node = GraphWriter.Node
    typealias Attribute = GraphWriter.Attribute

    private func network(_ seed: UInt64, classes: Int? = 3) throws -> FloatNetwork {
        var draws = SeededRandom(seed: seed)
        return try draws.network(widthPercent: 10, classes: classes)
    }

    private func transpose(_ order: [Int], _ input: String, _ output: String) -> Node {
        Node(
            type: "Transpose", name: output, inputs: [input], output: output,
            attributes: [Attribute(name: "perm", integers: order)])
    }

    @Test func imagesWithColoursLast() throws {
        let network = try network(1)
        var writer = GraphWriter()
        writer.inputDims = [0, 32, 32, 3]
        writer.build(network)
        writer.insert([transpose([0, 3, 1, 2], "image", "nchw")], before: "stem")
        let imported = try expectNetwork(network, in: writer.bytes())
        #expect(imported.statedNormalization == nil)
        // Without the transposition the colours are where the rows should be.
        let bare = writer.bytes { nodes in
            nodes.remove(at: 0)
            nodes[0].inputs[0] = "image"
        }
        guard case .unexpectedNode(name: "stem", _, let expected)? = importError(bare) else {
            Issue.record("not refused")
            return
        }
        #expect(expected.contains("order"))
    }

    /// Nodes, and the mean and spread that they are: (x / 127.5 - 1), ImageNet's, per colour, the other way round.
    static let normalizations: [(String, [(String, [Int], [Float])], [Float], [Float])] = [
        ("bytes", [("Div", [], [127.5]), ("Sub", [], [1])], [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
        ("bytes", [("Mul", [1], [1 / 127.5]), ("Add", [1], [-1])], [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
        (
            "unit", [("Sub", [1, 3, 1, 1], [0.25, 0.5, 0.75]), ("Div", [3, 1, 1], [0.5, 0.25, 0.125])],
            [0.25, 0.5, 0.75], [0.5, 0.25, 0.125]
        ),
        (
            "bytes",
            [("Mul", [], [1 / 255]), ("Sub", [3, 1, 1], [0.485, 0.456, 0.406])]
                + [("Div", [3, 1, 1], [0.229, 0.224, 0.225])], [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
        ),
    ]

    @Test(arguments: normalizations.indices, [false, true])
    func normalisationInTheGraph(index: Int, isLast: Bool) throws {
        let (range, steps, mean, spread) = Self.normalizations[index]
        let network = try network(2)
        var writer = GraphWriter()
        if isLast { writer.inputDims = [0, 32, 32, 3] }
        writer.build(network)
        var nodes: [Node] = []
        var current = "image"
        for (index, (type, shape, values)) in steps.enumerated() {
            // Behind the image, colours are its last dimension.
            let places = isLast && shape.count > 1 ? [1, 1, 3] : shape
            writer.floats("c\(index)", places, values)
            nodes.append(
                Node(type: type, name: "n\(index)", inputs: [current, "c\(index)"], output: "n\(index)"))
            current = "n\(index)"
        }
        if isLast { nodes.append(transpose([0, 3, 1, 2], current, "nchw")) }
        writer.insert(nodes, before: "stem")
        let imported = try expectNetwork(network, in: writer.bytes())
        let expected = FloatNetwork.Normalization(mean: mean, standardDeviation: spread)
        #expect(imported.statedNormalization == expected)
        #expect(imported.network.normalization == expected)
        #expect(imported.source.contains(range == "bytes" ? "0...255" : "0...1"))
        // Who states the same is right, who states another would normalise twice.
        #expect(importError(writer.bytes(), .init(normalization: expected)) == nil)
        let other = FloatNetwork.Normalization(mean: [0, 0, 0], standardDeviation: [1, 1, 1])
        #expect(
            importError(writer.bytes(), .init(normalization: other))
                == .conflictingNormalization(found: expected, asked: other))
    }

    @Test func bytesAsTheImage() throws {
        let network = try network(3)
        var writer = GraphWriter()
        writer.imageType = 2
        writer.build(network)
        writer.floats("half", [], [127.5])
        writer.insert(
            [
                Node(
                    type: "Cast", name: "cast", inputs: ["image"], output: "real",
                    attributes: [Attribute(name: "to", integer: 1)]),
                Node(type: "Div", name: "scaled", inputs: ["real", "half"], output: "scaled"),
            ], before: "stem")
        let imported = try expectNetwork(network, in: writer.bytes())
        #expect(imported.statedNormalization == .init(mean: [0, 0, 0], standardDeviation: [0.5, 0.5, 0.5]))
    }

    /// Shapes of a constant for each channel.
    @Test(arguments: [[1, 0, 1, 1], [0, 1, 1]])
    func batchNormalisationLeftAsMulAndAdd(shape: [Int]) throws {
        let network = try network(4)
        var writer = GraphWriter()
        writer.separatesNormalization = true
        writer.build(network)
        for (layer, numbers) in zip(network.network.layers, network.layers) {
            let places = shape.map { $0 == 0 ? layer.output.channels : 1 }
            writer.floats("\(layer.name).factor", places, numbers.bias.map { _ in 0.5 })
            writer.floats("\(layer.name).term", places, numbers.bias)
        }
        func bytes(_ change: (inout Node) -> Void = { _ in }) -> [UInt8] {
            writer.bytes { nodes in
                nodes = nodes.flatMap { node in
                    guard node.type == "BatchNormalization" else { return [node] }
                    let name = String(node.name.dropLast(3))
                    let product = name + ".product"
                    var sum = Node(
                        type: "Add", name: name + ".sum", inputs: ["\(name).term", product],
                        output: node.output)
                    change(&sum)
                    return [
                        Node(
                            type: "Mul", name: product, inputs: [node.inputs[0], "\(name).factor"],
                            output: product), sum,
                    ]
                }
            }
        }
        try expectNetwork(network, in: bytes())
        // A number for each row is no batch normalisation.
        writer.floats("rows", [1, 1, 8, 1], [Float](repeating: 1, count: 8))
        guard
            case .unexpectedNode(name: "stem.sum", "Add", let text)? = importError(
                bytes { $0.inputs[0] = "rows" })
        else {
            Issue.record("not refused")
            return
        }
        #expect(text.contains("[1, 1, 8, 1]"))
    }

    @Test func transpositionsThatCancel() throws {
        let network = try network(5)
        var writer = GraphWriter()
        writer.build(network)
        let bytes = writer.bytes { nodes in
            // Around a clip, and around a block whose input is added behind it.
            for name in ["b03.expand", "b02.expand", "b05.depthwise.clip"] {
                guard let index = nodes.firstIndex(where: { $0.name == name }) else { continue }
                let input = nodes[index].inputs[0]
                nodes[index].inputs[0] = "\(name).back"
                nodes.insert(
                    contentsOf: [
                        transpose([0, 2, 3, 1], input, "\(name).last"),
                        transpose([0, 3, 1, 2], "\(name).last", "\(name).back"),
                    ], at: index)
            }
        }
        try expectNetwork(network, in: bytes)
        let half = writer.bytes { nodes in
            nodes.insert(transpose([0, 2, 3, 1], "stem.out", "turned"), at: 1)
            nodes[2].inputs[0] = "turned"
            nodes.insert(transpose([0, 3, 1, 2], "stem.clip.out", "turned.back"), at: 3)
            nodes[4].inputs[0] = "turned.back"
        }
        try expectNetwork(network, in: half)
        let broken = writer.bytes { nodes in
            nodes.insert(transpose([0, 1, 3, 2], "stem.out", "turned"), at: 1)
            nodes[2].inputs[0] = "turned"
        }
        guard case .unexpectedNode(name: "b00.depthwise", _, _)? = importError(broken) else {
            Issue.record("not refused")
            return
        }
    }

    @Test func clipsInTwoNodes() throws {
        let network = try network(6)
        var writer = GraphWriter()
        writer.build(network)
        for (first, second) in [("Relu", "Min"), ("Max", "Min"), ("Min", "Relu"), ("Relu", "Clip")] {
            let bytes = writer.bytes { nodes in
                nodes = nodes.flatMap { node in
                    guard node.type == "Clip" else { return [node] }
                    func step(_ type: String, _ input: String, _ output: String) -> Node {
                        let bounds = ["Relu": [], "Min": ["high"], "Max": ["low"], "Clip": ["", "high"]]
                        return Node(
                            type: type, name: output, inputs: [input] + (bounds[type] ?? []), output: output)
                    }
                    return [
                        step(first, node.inputs[0], node.name + ".first"),
                        step(second, node.name + ".first", node.output),
                    ]
                }
            }
            try expectNetwork(network, in: bytes, "\(first), \(second)")
        }
        let open = writer.bytes {
            $0[1] = Node(type: "Relu", name: "r", inputs: ["stem.out"], output: "stem.clip.out")
        }
        guard case .unexpectedNode(name: "r", "Relu", let text)? = importError(open) else {
            Issue.record("not refused")
            return
        }
        #expect(text.hasSuffix("not Relu, which has no upper bound"))
    }
}

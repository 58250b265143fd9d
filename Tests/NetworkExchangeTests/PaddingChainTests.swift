import FloatNetwork
import HardenedBackbone
import NetworkExchange
import Testing
import TestSupport

/// TensorFlow's padding as the older exporter of PyTorch leaves it: worked out in the graph, from the shape of what is
/// padded.
@Suite struct PaddingChainTests {
    typealias Node = GraphWriter.Node
    typealias Attribute = GraphWriter.Attribute

    private func turned(_ network: FloatNetwork) throws -> FloatNetwork {
        let layers = zip(network.network.layers, network.layers).map { layer, numbers in
            let count = layer.kernelSize * layer.kernelSize
            let weights = stride(from: 0, to: numbers.weights.count, by: count).flatMap { start in
                numbers.weights[start..<start + count].reversed()
            }
            return FloatNetwork.Layer(weights: weights, bias: numbers.bias)
        }
        return try FloatNetwork(network: network.network, layers: layers, classifier: network.classifier)
    }

    /// The sizes of the image, a sum, and a `Pad` in front of every layer of stride 2, as timm has it.
    private func bytes(_ network: FloatNetwork, dims: [Int], start: Int = 0) -> [UInt8] {
        var writer = GraphWriter()
        writer.inputDims = dims
        writer.build(network)
        for (name, value) in [
            ("two", 2), ("three", 3), ("one", 1), ("zero", start), ("rows", 2), ("columns", 3),
        ] {
            writer.integers(name, [], [value])
        }
        for (name, values) in [
            ("axis0", [0]), ("open", [-1]), ("pairs", [-1, 2]), ("minimum", [.min]), ("four", [4]),
        ] as [(String, [Int])] { writer.integers(name, [values.count], values) }
        for layer in network.network.layers where layer.stride == 2 {
            guard let index = writer.nodes.firstIndex(where: { $0.name == layer.name }) else { continue }
            let input = writer.nodes[index].inputs[0]
            writer.nodes[index].attributes[1].integers = [0, 0, 0, 0]
            var new: [Node] = []
            func step(
                _ type: String, _ inputs: [String], _ name: String, _ attributes: [Attribute] = []
            ) -> String {
                let output = "\(layer.name).\(name)"
                new.append(
                    Node(type: type, name: output, inputs: inputs, output: output, attributes: attributes))
                return output
            }
            var amounts: [String] = []
            for side in ["columns", "rows"] {
                let shape = step("Shape", [input], "\(side).shape")
                let size = step(
                    "Gather", [shape, side], "\(side).size", [Attribute(name: "axis", integer: 0)])
                let real = step("Cast", [size], "\(side).real", [Attribute(name: "to", integer: 1)])
                let two = step("Cast", ["two"], "\(side).two", [Attribute(name: "to", integer: 1)])
                let half = step("Div", [real, two], "\(side).half")
                let up = step("Ceil", [half], "\(side).up")
                let whole = step("Cast", [up], "\(side).whole", [Attribute(name: "to", integer: 7)])
                let before = step("Sub", [whole, "one"], "\(side).before")
                let span = step("Mul", [before, "two"], "\(side).span")
                let reach = step("Add", [span, "three"], "\(side).reach")
                let missing = step("Sub", [reach, size], "\(side).missing")
                let amount = step("Clip", [missing, "zero"], "\(side).amount")
                let first = step("Div", [amount, "two"], "\(side).first")
                let second = step("Sub", [amount, first], "\(side).second")
                for part in [first, second] {
                    amounts.append(step("Unsqueeze", [part, "axis0"], "\(part).list"))
                }
            }
            // Pairs from the last dimension to the first, as PyTorch has them, to beginnings and ends.
            let list = step("Concat", amounts, "list", [Attribute(name: "axis", integer: 0)])
            let none = step("ConstantOfShape", ["four"], "none")
            let zeros = step("Cast", [none], "zeros", [Attribute(name: "to", integer: 7)])
            let all = step("Concat", [list, zeros], "all", [Attribute(name: "axis", integer: 0)])
            let pairs = step("Reshape", [all, "pairs"], "pairs")
            let reversed = step("Slice", [pairs, "open", "minimum", "axis0", "open"], "reversed")
            let split = step(
                "Transpose", [reversed], "split", [Attribute(name: "perm", integers: [1, 0])])
            let pads = step("Reshape", [split, "open"], "pads")
            let cast = step("Cast", [pads], "cast", [Attribute(name: "to", integer: 7)])
            new.append(
                Node(
                    type: "Pad", name: "\(layer.name).pad", inputs: [input, cast],
                    output: "\(layer.name).padded"))
            writer.insert(new, before: layer.name)
        }
        return writer.bytes()
    }

    @Test(arguments: ["pads", "auto_pad", "node", "node of colours last"])
    func paddingBehindTheImage(form: String) throws {
        var draws = SeededRandom(seed: 40)
        let network = try draws.network(widthPercent: 10, classes: 2)
        var writer = GraphWriter()
        writer.build(network)
        writer.integers(
            "amounts", [8], form == "node" ? [0, 0, 0, 0, 0, 0, 1, 1] : [0, 0, 0, 0, 0, 1, 1, 0])
        for layer in network.network.layers where layer.stride == 2 {
            guard let index = writer.nodes.firstIndex(where: { $0.name == layer.name }) else { continue }
            let input = writer.nodes[index].inputs[0]
            let pad = Node(
                type: "Pad", name: "\(layer.name).pad", inputs: [input, "amounts"], output: "\(layer.name).p")
            switch form {
            case "pads": writer.nodes[index].attributes[1].integers = [0, 0, 1, 1]
            case "auto_pad":
                writer.nodes[index].attributes[1] = Attribute(name: "auto_pad", text: "SAME_UPPER")
            default:
                writer.nodes[index].attributes[1].integers = [0, 0, 0, 0]
                guard form != "node" else {
                    writer.insert([pad], before: layer.name)
                    continue
                }
                func turn(_ order: [Int], _ input: String, _ output: String) -> Node {
                    Node(
                        type: "Transpose", name: output, inputs: [input], output: output,
                        attributes: [Attribute(name: "perm", integers: order)])
                }
                var inner = pad
                inner.inputs[0] = "\(layer.name).last"
                writer.insert(
                    [
                        turn([0, 2, 3, 1], input, "\(layer.name).last"), inner,
                        turn([0, 3, 1, 2], pad.output, "\(layer.name).first"),
                    ], before: layer.name)
            }
        }
        #expect(try expectNetwork(try turned(network), in: writer.bytes()).isTurned)
    }

    @Test(arguments: [[1, 3, 64, 64], [0, 3, 64, 64]])
    func sumsOfSizesAreWorkedOut(dims: [Int]) throws {
        var draws = SeededRandom(seed: 41)
        let network = try draws.network(widthPercent: 10, inputSize: 64, classes: 2)
        let imported = try expectNetwork(try turned(network), in: bytes(network, dims: dims))
        #expect(imported.isTurned)
    }

    @Test func aSizeThatIsNotFixedComesFromTheCaller() throws {
        var draws = SeededRandom(seed: 42)
        let network = try draws.network(widthPercent: 10, inputSize: 64, classes: 2)
        let open = bytes(network, dims: [0, 3, 0, 0])
        try expectNetwork(try turned(network), in: open, options: .init(inputSize: 64))
        guard case .unexpectedNode(name: "stem.pad", _, let expected)? = importError(open) else {
            Issue.record("gave \(importError(open).debugDescription)")
            return
        }
        #expect(expected.contains("dynamo=True"))
    }

    @Test func otherSumsAreRefused() throws {
        var draws = SeededRandom(seed: 43)
        let network = try draws.network(widthPercent: 10, inputSize: 64, classes: 2)
        // At least three rows more, where one is missing.
        let error = importError(bytes(network, dims: [1, 3, 64, 64], start: 3))
        guard case .unexpectedNode(_, _, let expected)? = error else {
            Issue.record("gave \(error.debugDescription)")
            return
        }
        #expect(expected.hasSuffix("not pads [1, 1, 2, 2]"))
    }
}

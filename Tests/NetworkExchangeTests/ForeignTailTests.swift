import FloatNetwork
import HardenedBackbone
import NetworkExchange
import Testing
import TestSupport

/// Forms of everything behind the last layer.
@Suite struct ForeignTailTests {
    typealias Node = GraphWriter.Node
    typealias Attribute = GraphWriter.Attribute

    private let network: FloatNetwork
    private let writer: GraphWriter

    init() throws {
        var draws = SeededRandom(seed: 21)
        network = try draws.network(widthPercent: 10, inputSize: 64, classes: 3)
        var writer = GraphWriter()
        writer.inputDims = [1, 3, 64, 64]
        writer.build(network)
        self.writer = writer
    }

    private func mean(_ name: String, _ input: String, _ axes: [Int], keeps: Bool) -> Node {
        Node(
            type: "ReduceMean", name: name, inputs: [input], output: name,
            attributes: [
                Attribute(name: "axes", integers: axes), Attribute(name: "keepdims", integer: keeps ? 1 : 0),
            ])
    }

    /// The graph with `pool` between the last clip and the classifier.
    private func bytes(_ pool: [Node], _ change: (inout [Node]) -> Void = { _ in }) -> [UInt8] {
        writer.bytes { nodes in
            nodes.removeAll { ["mean", "flat", "dropout"].contains($0.name) }
            guard let index = nodes.firstIndex(where: { $0.name == "classifier" }) else { return }
            nodes[index].inputs[0] = pool.last?.output ?? ""
            nodes.insert(contentsOf: pool, at: index)
            change(&nodes)
        }
    }

    private let last = "last.clip.out"

    @Test func poolsOfOtherForms() throws {
        let turn = Node(
            type: "Transpose", name: "nhwc", inputs: [last], output: "nhwc",
            attributes: [Attribute(name: "perm", integers: [0, 2, 3, 1])])
        let average = Node(
            type: "AveragePool", name: "pool", inputs: [last], output: "pool",
            attributes: [Attribute(name: "kernel_shape", integers: [2, 2])])
        let flat = Node(type: "Flatten", name: "flat", inputs: ["pool"], output: "flat")
        let squeezed = Node(
            type: "Squeeze", name: "squeezed", inputs: ["pool"], output: "squeezed",
            attributes: [Attribute(name: "axes", integers: [2, 3])])
        for (name, pool) in [
            ("at once", [mean("m", last, [2, 3], keeps: false)]),
            ("in two steps", [mean("a", last, [3], keeps: false), mean("b", "a", [2], keeps: false)]),
            ("from the end", [mean("a", last, [-2], keeps: true), mean("b", "a", [-1, -2], keeps: false)]),
            ("colours last", [turn, mean("m", "nhwc", [1, 2], keeps: false)]),
            (
                "colours last, in two",
                [turn, mean("a", "nhwc", [1], keeps: false), mean("b", "a", [1], keeps: false)]
            ),
            ("average", [average, flat]), ("average, squeezed", [average, squeezed]),
        ] {
            if name == "from the end" {
                #expect(importError(bytes(pool)) != nil, "rows twice")
            } else {
                try expectNetwork(network, in: bytes(pool), "\(name)")
            }
        }
        var small = average
        small.attributes[0].integers = [1, 1]
        for (pool, found) in [
            ([small, flat], "AveragePool of [1, 1], pads [0, 0, 0, 0]"),
            ([mean("m", last, [1, 2], keeps: false)], "ReduceMean over axes [1, 2]"),
            ([turn, mean("m", "nhwc", [2, 3], keeps: false)], "ReduceMean over axes [2, 3]"),
        ] {
            guard case .unexpectedNode(_, _, let expected)? = importError(bytes(pool)) else {
                Issue.record("\(found) is not refused")
                continue
            }
            #expect(expected.hasSuffix("not \(found)"))
        }
    }

    /// What the newer exporter of PyTorch makes of `model.to(memory_format=torch.channels_last)`.
    @Test func aGatherOfAllFeatures() throws {
        let features = network.network.featureCount
        func bytes(_ places: [Int], flat: [Int] = [-1]) -> [UInt8] {
            var writer = writer
            writer.integers("flat.shape", [flat.count], flat)
            writer.integers("places", [1, places.count, 1, 1], places)
            writer.integers("view.shape", [2], [1, places.count])
            return writer.bytes { nodes in
                nodes.removeAll { ["flat", "dropout"].contains($0.name) }
                guard let index = nodes.firstIndex(where: { $0.name == "classifier" }) else { return }
                nodes[index].inputs[0] = "view"
                let new = [
                    Node(type: "Reshape", name: "one", inputs: ["mean.out", "flat.shape"], output: "one"),
                    Node(type: "Gather", name: "picked", inputs: ["one", "places"], output: "picked"),
                    Node(type: "Reshape", name: "view", inputs: ["picked", "view.shape"], output: "view"),
                ]
                nodes.insert(contentsOf: new, at: index)
            }
        }
        try expectNetwork(network, in: bytes(Array(0..<features)), "all")
        // Any other choice is no reshape.
        #expect(importError(bytes(Array((0..<features).reversed()))) != nil)
        #expect(importError(bytes([0] + Array(0..<features - 1))) != nil)
        #expect(importError(bytes(Array(0..<features), flat: [1, -1])) != nil)
    }

    @Test(arguments: ["Softmax", "LogSoftmax", "Sigmoid"])
    func probabilitiesArePassedOver(type: String) throws {
        var writer = writer
        writer.nodes.append(Node(type: type, name: "p", inputs: ["classifier.out"], output: "p"))
        writer.output = "p"
        try expectNetwork(network, in: writer.bytes())
        writer.nodes[writer.nodes.count - 1].type = "ArgMax"
        let expected = NetworkImportError.unexpectedNode(
            name: "p", operatorType: "ArgMax", expected: "the graph's output behind the classifier")
        #expect(importError(writer.bytes()) == expected)
    }

    @Test func convolutionAsClassifier() throws {
        let numbers = try #require(network.classifier)
        for isBiased in [true, false] {
            var writer = writer
            writer.floats("conv.w", [3, network.network.featureCount, 1, 1], numbers.weights)
            writer.floats("conv.b", [1, 3, 1, 1], numbers.bias)
            let bytes = writer.bytes { nodes in
                nodes.removeAll { ["flat", "dropout", "classifier"].contains($0.name) }
                let inputs = ["mean.out", "conv.w"] + (isBiased ? ["classifier.b"] : [])
                nodes.append(Node(type: "Conv", name: "conv", inputs: inputs, output: "conv"))
                if !isBiased {
                    nodes.append(Node(type: "Add", name: "sum", inputs: ["conv", "conv.b"], output: "sum"))
                }
                nodes.append(
                    Node(
                        type: "Flatten", name: "end", inputs: [isBiased ? "conv" : "sum"],
                        output: "classifier.out"))
            }
            try expectNetwork(network, in: bytes)
        }
    }

    @Test func normalisedFeatures() throws {
        let features = network.network.featureCount
        let numbers = try #require(network.classifier)
        var writer = writer
        // (2 x + 0.5 - 0.5) with halved weights is x; a shift of 1 adds each row's sum to the bias.
        writer.floats("norm.scale", [features], [Float](repeating: 2, count: features))
        writer.floats("norm.shift", [features], [Float](repeating: 1, count: features))
        writer.floats("norm.mean", [features], [Float](repeating: 0, count: features))
        writer.floats("norm.variance", [features], [Float](repeating: 1, count: features))
        let bytes = writer.bytes { nodes in
            guard let index = nodes.firstIndex(where: { $0.name == "classifier" }) else { return }
            nodes[index].inputs[0] = "normal"
            nodes.insert(
                Node(
                    type: "BatchNormalization", name: "normal",
                    inputs: ["dropout.out"] + ["scale", "shift", "mean", "variance"].map { "norm.\($0)" },
                    output: "normal", attributes: [Attribute(name: "epsilon", real: 0)]), at: index)
        }
        let rows = stride(from: 0, to: numbers.weights.count, by: features).map { start in
            numbers.weights[start..<start + features].reduce(0, +)
        }
        let expected = try FloatNetwork(
            network: network.network, layers: network.layers,
            classifier: .init(
                weights: numbers.weights.map { $0 * 2 }, bias: zip(numbers.bias, rows).map { $0 + $1 }))
        try expectNetwork(expected, in: bytes)
    }
}

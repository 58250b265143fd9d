import FloatNetwork
import HardenedBackbone
import NetworkExchange
import QuantizedTensors
import Testing
import TestSupport

/// Quantised graphs: their weights as real numbers, their grids passed over.
@Suite struct QuantizedGraphTests {
    typealias Node = GraphWriter.Node
    typealias Attribute = GraphWriter.Attribute

    private let network: FloatNetwork

    init() throws {
        var draws = SeededRandom(seed: 51)
        let plain = try draws.network(widthPercent: 10, classes: 3)
        func eighths(_ values: [Float]) -> [Float] { values.map { ($0 * 64).rounded(.down) / 64 } }
        network = try FloatNetwork(
            network: plain.network,
            layers: plain.layers.map { .init(weights: eighths($0.weights), bias: $0.bias) },
            classifier: plain.classifier.map { .init(weights: eighths($0.weights), bias: $0.bias) })
    }

    /// A writer whose weights are integers, one scale a channel or one for all, and whose grids are known.
    private func writer(perChannel: Bool, top: Float = 1 / 64) -> GraphWriter {
        var writer = GraphWriter()
        writer.build(network)
        writer.floats("grid", [], [1 / 64])
        writer.floats("grid.top", [], [top])
        writer.integers("zero.u8", [], [0], type: 2)
        writer.integers("middle.u8", [], [128], type: 2)
        writer.integers("zero.s8", [], [0], type: 3)
        var tensors = zip(network.network.layers, network.layers).map { layer, numbers in
            (
                layer.name,
                [layer.output.channels, layer.inputChannelsPerGroup, layer.kernelSize, layer.kernelSize],
                numbers.weights, numbers.bias
            )
        }
        if let numbers = network.classifier {
            tensors.append(("classifier", [3, network.network.featureCount], numbers.weights, numbers.bias))
        }
        for (name, shape, weights, bias) in tensors {
            let scales = perChannel ? [shape[0]] : []
            let count = perChannel ? shape[0] : 1
            writer.integers("\(name).w.q", shape, weights.map { Int($0 * 64) }, type: 3)
            writer.floats("\(name).w.s", scales, [Float](repeating: 1 / 64, count: count))
            writer.integers("\(name).w.z", scales, [Int](repeating: 0, count: count), type: 3)
            writer.integers("\(name).b.q", [bias.count], bias.map { Int($0 * 4096) }, type: 6)
            writer.floats("\(name).b.s", scales, [Float](repeating: 1 / 4096, count: count))
        }
        return writer
    }

    private func step(
        _ type: String, _ inputs: [String], _ output: String, _ attributes: [Attribute] = [],
        _ domain: String = ""
    ) -> Node {
        Node(type: type, name: output, inputs: inputs, output: output, attributes: attributes, domain: domain)
    }

    /// Grids around every operator, weights and biases through `DequantizeLinear`; clips left out as quantisers do.
    private func qdq(_ writer: GraphWriter, keepsClips: Bool = false, grid: String = "grid.top") -> [UInt8] {
        writer.bytes { nodes in
            var names: [String: String] = [:]
            var result: [Node] = []
            func pair(_ tensor: String, _ name: String, zero: String) {
                let scale = zero == "zero.u8" ? grid : "grid"
                result.append(step("QuantizeLinear", [tensor, scale, zero], "\(name).q"))
                result.append(step("DequantizeLinear", ["\(name).q", scale, zero], "\(name).d"))
                names[name] = "\(name).d"
            }
            pair("image", "image", zero: "middle.u8")
            for node in nodes {
                var node = node
                node.inputs = node.inputs.map { names[$0] ?? $0 }
                if node.type == "Clip", !keepsClips {
                    names[node.output] = node.inputs[0]
                    continue
                }
                let isLayer = node.type == "Conv" || node.type == "Gemm"
                if isLayer {
                    for part in ["w", "b"] {
                        let name = "\(node.name).\(part)"
                        let zero = part == "w" ? ["\(name).z"] : []
                        result.append(
                            step(
                                "DequantizeLinear", ["\(name).q", "\(name).s"] + zero, "\(name).d",
                                [Attribute(name: "axis", integer: 0)]))
                    }
                    node.inputs = [node.inputs[0], "\(node.name).w.d", "\(node.name).b.d"]
                }
                result.append(node)
                guard node.type != "Gemm", node.type != "Dropout", node.type != "Flatten" else { continue }
                let isClipped = isLayer && !node.name.hasSuffix("project") || node.type == "Clip"
                pair(
                    node.output, node.output,
                    zero: isClipped && !(keepsClips && isLayer) ? "zero.u8" : "middle.u8")
            }
            nodes = result
        }
    }

    @Test(arguments: [true, false], [true, false])
    func pairsAroundEveryOperator(perChannel: Bool, keepsClips: Bool) throws {
        try expectNetwork(network, in: qdq(writer(perChannel: perChannel), keepsClips: keepsClips))
    }

    @Test func aRangeThatIsNoClipIsRefused() throws {
        // 255/25 is 10.2: this was a network without an upper bound.
        guard
            case .unexpectedNode(_, _, let expected)? = importError(qdq(writer(perChannel: true, top: 0.04)))
        else {
            Issue.record("not refused")
            return
        }
        #expect(expected.hasSuffix("not quantised to 0...10.2 without a Clip"))
        guard case .unexpectedNode? = importError(qdq(writer(perChannel: true), grid: "grid.absent")) else {
            Issue.record("not refused")
            return
        }
    }

    @Test func integersReadOnAnotherGridAreRefused() throws {
        var writer = writer(perChannel: true)
        writer.floats("grid.other", [], [1 / 32])
        var found = 0
        let bytes = try WireField.rewriting(qdq(writer), at: [7, 1]) { node in
            guard node.contains(Array("image.d".utf8)), node.contains(Array("DequantizeLinear".utf8)) else {
                return node
            }
            found += 1
            return try WireField.rewriting(node, at: [1]) {
                $0 == Array("grid".utf8) ? Array("grid.other".utf8) : $0
            }
        }
        #expect(found == 1)
        guard case .unexpectedNode(name: "image.d", "DequantizeLinear", _)? = importError(bytes) else {
            Issue.record("gave \(importError(bytes).debugDescription)")
            return
        }
    }

    /// `QLinearConv`, `QLinearAdd` and so on, as ONNX Runtime writes them.
    private func operators(_ writer: GraphWriter) -> [UInt8] {
        writer.bytes { nodes in
            var names = ["image": "image.q"]
            var zeros = ["image.q": "middle.u8"]
            var result = [step("QuantizeLinear", ["image", "grid", "middle.u8"], "image.q")]
            for node in nodes {
                let inputs = node.inputs.map { names[$0] ?? $0 }
                func data(_ place: Int) -> [String] {
                    [inputs[place], "grid", zeros[inputs[place]] ?? "zero.u8"]
                }
                let output = "\(node.name).q"
                names[node.output] = output
                zeros[output] = "middle.u8"
                switch node.type {
                case "Conv":
                    let name = node.name
                    if !name.hasSuffix("project") { zeros[output] = "zero.u8" }
                    result.append(
                        step(
                            "QLinearConv",
                            data(0) + [
                                "\(name).w.q", "\(name).w.s", "\(name).w.z", "grid", zeros[output] ?? "",
                            ]
                                + ["\(name).b.q"], output, node.attributes))
                case "Add":
                    result.append(
                        step(
                            "QLinearAdd", data(0) + data(1) + ["grid", "middle.u8"], output, [],
                            "com.microsoft"))
                case "GlobalAveragePool":
                    zeros[output] = "zero.u8"
                    result.append(
                        step(
                            "QLinearGlobalAveragePool", data(0) + ["grid", "zero.u8"], output, [],
                            "com.microsoft"))
                case "Gemm":
                    let name = node.name
                    result.append(
                        step(
                            "QGemm",
                            data(0) + ["\(name).w.q", "\(name).w.s", "\(name).w.z", "\(name).b.q"]
                                + ["grid", "middle.u8"], output, node.attributes, "com.microsoft"))
                    result.append(step("DequantizeLinear", [output, "grid", "middle.u8"], node.output))
                case "Clip", "Dropout": (names[node.output], zeros[output]) = (inputs[0], nil)
                default:
                    zeros[output] = zeros[inputs[0]]
                    result.append(step(node.type, inputs, output, node.attributes))
                }
            }
            nodes = result
        }
    }

    @Test(arguments: [true, false])
    func operatorsOnIntegers(perChannel: Bool) throws {
        try expectNetwork(network, in: operators(writer(perChannel: perChannel)))
    }
}

extension [UInt8] {
    /// Whether `other` stands anywhere in these bytes.
    fileprivate func contains(_ other: [UInt8]) -> Bool {
        indices.contains { self[$0...].starts(with: other) }
    }
}

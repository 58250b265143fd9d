import FloatNetwork
import NetworkExchange
import Testing
import TestSupport

/// Real numbers of fewer bits, also between casts.
@Suite struct PrecisionTests {
    typealias Node = GraphWriter.Node
    typealias Attribute = GraphWriter.Attribute

    private func network(_ seed: UInt64) throws -> FloatNetwork {
        var draws = SeededRandom(seed: seed)
        return try draws.network(widthPercent: 10, classes: 3)
    }

    @Test func halfPrecisionBetweenCasts() throws {
        let network = try network(7)
        var writer = GraphWriter()
        (writer.isHalf, writer.imageType) = (true, 1)
        writer.build(network)
        func cast(_ input: String, _ output: String, _ type: Int) -> Node {
            Node(
                type: "Cast", name: output, inputs: [input], output: output,
                attributes: [Attribute(name: "to", integer: type)])
        }
        writer.insert([cast("image", "image.half", 10)], before: "stem")
        writer.nodes.append(cast("classifier.out", "logits", 1))
        writer.output = "logits"
        try expectNetwork(network, in: writer.bytes())
    }

    @Test func bfloat16() throws {
        // Eight bits of precision hold these numbers, not every multiple of 1/256.
        var network = try network(8)
        network = try FloatNetwork(
            network: network.network,
            layers: network.layers.map { layer in
                .init(
                    weights: layer.weights.map { ($0 * 64).rounded() / 64 },
                    bias: layer.bias.map { ($0 * 64).rounded() / 64 })
            },
            classifier: network.classifier.map { head in
                .init(
                    weights: head.weights.map { ($0 * 64).rounded() / 64 },
                    bias: head.bias.map { ($0 * 64).rounded() / 64 })
            })
        var writer = GraphWriter()
        writer.isBrain = true
        writer.build(network)
        try expectNetwork(network, in: writer.bytes())
    }

    @Test func doublesAreRoundedOnce() throws {
        let network = try network(9)
        var writer = GraphWriter()
        writer.isDouble = true
        writer.build(network)
        try expectNetwork(network, in: writer.bytes())
    }
}

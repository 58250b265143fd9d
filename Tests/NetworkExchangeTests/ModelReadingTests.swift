import FloatNetwork
import NetworkExchange
import Testing
import TestSupport

/// What a reader of protobuf must do, and what ours does beyond: texts, unknown fields, parts, absent values.
@Suite struct ModelReadingTests {
    private let network: FloatNetwork
    private let writer: GraphWriter

    init() throws {
        var draws = SeededRandom(seed: 6)
        network = try draws.network(widthPercent: 10, classes: 2)
        var writer = GraphWriter()
        writer.metadata = [("mean", "0.5,0.25,0"), ("std", "1,2,3")]
        writer.build(network)
        self.writer = writer
    }

    private func expectNetwork(_ bytes: [UInt8]) throws {
        let imported = try NetworkImporter.network(decoding: bytes, fileName: "test.onnx").network
        for (index, layer) in network.layers.enumerated() {
            #expect(imported.layers[index].weights == layer.weights, "layer \(index)")
            #expect(imported.layers[index].bias == layer.bias, "layer \(index)")
        }
        #expect(imported.classifier?.weights == network.classifier?.weights)
        #expect(imported.normalization == .init(mean: [0.5, 0.25, 0], standardDeviation: [1, 2, 3]))
    }

    /// Every text that is read: the exporter, names of graph, nodes, inputs, outputs, attributes, tensors and
    /// dimensions, operators, domains, metadata.
    static let texts: [[UInt64]] = [
        [2], [3], [7, 2], [7, 1, 1], [7, 1, 2], [7, 1, 3], [7, 1, 4], [7, 1, 5, 1], [7, 5, 8], [7, 11, 1],
        [7, 12, 1], [7, 12, 2, 1, 2, 1, 2], [8, 1], [14, 1], [14, 2],
    ]

    @Test(arguments: texts)
    func aTextThatIsNotUTF8IsRefused(path: [UInt64]) throws {
        var sound = writer.bytes()
        for (field, text) in [(3, "1.0"), (8, "\u{A}\u{0}")] as [(UInt64, String)] {
            var more = ProtoWriter()
            more.text(field, text)
            sound += more.bytes
        }
        var places = 0
        let bytes = try WireField.rewriting(sound, at: path[...]) { text in
            places += 1
            // A byte that no text has, a surrogate, an overlong slash, a character cut short.
            let tails: [[UInt8]] = [[0xFF], [0xED, 0xA0, 0x80], [0xC0, 0xAF], [0xE2, 0x82]]
            return places == 1 ? text + tails[path.count % tails.count] : text
        }
        #expect(places > 0)
        #expect(importError(bytes) == .malformedModel(reason: "a name or another text is not UTF-8"))
        #expect(importError(sound) == nil)
    }

    @Test func aNameKeepsItsNULAndWhatFollows() throws {
        let bytes = writer.bytes()
            .replacing("stem.w", with: "x\0aaaa", everywhere: true)
            .replacing("stem.b", with: "x\0bbbb", everywhere: true)
            .replacing("stem.clip.out", with: "x\0cccccc\0dd\0\0", everywhere: true)
        #expect(bytes != writer.bytes())
        try expectNetwork(bytes)
        let broken = try WireField.rewriting(bytes, at: [7, 5, 9]) { $0.count == 864 ? [] : $0 }
        #expect(importError(broken) == .wrongByteCount(tensor: "x\0aaaa", found: 0, expected: 864))
    }

    @Test func fieldsThatAreNotKnownAreSkipped() throws {
        var unknown = ProtoWriter()
        unknown.varint(99, .max)
        unknown.real(98, 1)
        unknown.text(97, "\u{0}")
        unknown.data(96, [UInt8](repeating: 0xFF, count: 300))
        unknown.data(95, [])
        // The largest field number, with four bytes behind its tag.
        let largest: [UInt8] = [0xFD, 0xFF, 0xFF, 0xFF, 0x0F, 1, 2, 3, 4]
        let eight: [UInt8] = [0xF1, 0x07] + [UInt8](repeating: 0xFF, count: 8)
        var bytes = writer.bytes()
        for path in [[7, 1, 5], [7, 1], [7, 5], [7, 11, 2, 1], [7, 12], [7], [8], [14]] as [[UInt64]] {
            bytes = try WireField.rewriting(bytes, at: path[...]) { $0 + unknown.bytes + largest + eight }
        }
        var large = ProtoWriter()
        large.data(94, [UInt8](repeating: 0xFF, count: 5_000_000))
        try expectNetwork(large.bytes + bytes + large.bytes)
    }

    @Test func aGraphInPartsIsOneGraph() throws {
        let fields = try WireField.fields(of: writer.bytes())
        let graph = try WireField.fields(of: try #require(fields.first { $0.number == 7 }).payload)
        var parts = fields.filter { $0.number != 7 }
        for start in stride(from: 0, to: graph.count, by: 3) {
            let part = WireField.message(Array(graph[start..<min(start + 3, graph.count)]))
            parts.append(WireField(number: 7, type: 2, payload: part))
        }
        try expectNetwork(WireField.message(parts))
    }

    @Test func constantsOfEveryKindAreRead() throws {
        var writer = GraphWriter()
        writer.metadata = self.writer.metadata
        writer.meansByReduction = true
        writer.build(network)
        func bytes(high: Float, axes: [Int]) -> [UInt8] {
            writer.bytes { nodes in
                for index in nodes.indices where nodes[index].type == "Clip" {
                    nodes[index].inputs.replaceSubrange(1..., with: ["zero", "six"])
                }
                for index in nodes.indices where nodes[index].type == "ReduceMean" {
                    nodes[index].inputs.append("axes")
                    nodes[index].attributes.removeFirst()
                }
                // A writer of proto3 leaves the value 0 out.
                for (name, attribute) in [
                    ("zero", .init(name: "value_float")), ("six", .init(name: "value_floats", reals: [high])),
                    ("axes", .init(name: "value_ints", integers: axes)),
                    ("unused", .init(name: "value_int", integer: 1)),
                ] as [(String, GraphWriter.Attribute)] {
                    nodes.append(
                        .init(type: "Constant", name: "", inputs: [], output: name, attributes: [attribute]))
                }
            }
        }
        try expectNetwork(bytes(high: 6, axes: [2, 3]))
        for wrong in [bytes(high: 5, axes: [2, 3]), bytes(high: 6, axes: [1, 3])] {
            guard case .unexpectedNode? = importError(wrong) else {
                Issue.record("not refused")
                return
            }
        }
    }

    @Test func anAttributeWithoutValueIsZero() {
        let bytes = writer.bytes { nodes in
            for index in nodes.indices where nodes[index].type == "Flatten" {
                nodes[index].attributes[0].integer = nil
            }
        }
        let expected = NetworkImportError.unexpectedNode(
            name: "flat", operatorType: "Flatten", expected: "Flatten from axis 1")
        #expect(importError(bytes) == expected)
    }

    @Test func paddingThatTheEngineChoosesIsRefused() throws {
        func bytes(_ padding: String) -> [UInt8] {
            writer.bytes { $0[0].attributes.append(.init(name: "auto_pad", text: padding)) }
        }
        try expectNetwork(bytes("NOTSET"))
        // Which one is meant is known, but the other layers pad otherwise.
        #expect(importError(bytes("SAME_UPPER")) == .mixedPadding(layer: "b01.depthwise", other: "stem"))
        for padding in ["NOTSET\0", "NOT"] {
            guard case .unexpectedNode(name: "stem", _, _)? = importError(bytes(padding)) else {
                Issue.record("\(padding) is not refused")
                continue
            }
        }
    }

    @Test func whatCanBeReadInTwoWaysIsRefused() throws {
        let twice = writer.bytes { $0[0].attributes[2].integers = [1] }
        #expect(importError(twice) == .malformedModel(reason: "attribute \"group\" has several values"))
        let both = try WireField.rewriting(writer.bytes(), at: [7, 11, 2, 1, 2, 1]) { $0 + [0x12, 1, 65] }
        #expect(importError(both) == .malformedModel(reason: "a dimension has both a size and a name"))
    }
}

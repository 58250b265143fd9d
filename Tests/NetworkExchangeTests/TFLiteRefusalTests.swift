import NetworkExchange
import Testing
import TestSupport

/// Files of TensorFlow Lite that are not read: the error says what was found.
@Suite struct TFLiteRefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let words: String
        let numbers: TFLiteWriter.Numbers
        let change: @Sendable (inout TFLiteWriter) -> Void
        var testDescription: String { words }

        init(
            _ words: String, _ numbers: TFLiteWriter.Numbers = .float,
            change: @escaping @Sendable (inout TFLiteWriter) -> Void
        ) {
            (self.words, self.numbers, self.change) = (words, numbers, change)
        }
    }

    private static func tensor(
        _ name: String, _ change: @escaping @Sendable (inout TFLiteWriter.Tensor) -> Void
    ) -> @Sendable (inout TFLiteWriter) -> Void {
        { writer in
            guard let index = writer.tensors.firstIndex(where: { $0.name == name }) else { return }
            change(&writer.tensors[index])
        }
    }

    private static func operation(
        _ name: String, _ change: @escaping @Sendable (inout TFLiteWriter.Operation) -> Void
    ) -> @Sendable (inout TFLiteWriter) -> Void {
        { writer in
            guard
                let index = writer.operations.firstIndex(where: { operation in
                    operation.outputs.first.map { writer.tensors[$0].name == name } ?? false
                })
            else { return }
            change(&writer.operations[index])
        }
    }

    static let structure: [Case] = [
        Case(
            "\"stem\" (\"custom operator Magic\")",
            change: operation("stem") { ($0.code, $0.custom) = (32, "Magic") }),
        Case("(\"operator number 250\")", change: operation("stem") { $0.code = 250 }),
        Case("(\"TRANSPOSE\")", change: operation("stem") { $0.code = 39 }),
        Case("(\"CONV_2D with fused RELU\")", change: operation("stem") { $0.options[3] = .byte(1) }),
        Case(
            "(\"DEPTHWISE_CONV_2D with fused TANH\")",
            change: operation("b01.depthwise") { $0.options[4] = .byte(4) }),
        Case(
            "(\"ADD with fused RELU_N1_TO_1\")",
            change: operation("b02.project.add") { $0.options[0] = .byte(2) }),
        Case("CONV_2D has options of kind 5, expected 1", change: operation("stem") { $0.optionsKind = 5 }),
        Case("CONV_2D has padding 7", change: operation("stem") { $0.options[0] = .byte(7) }),
        Case("not pads [0, 0, 0, 0]", change: operation("b03.depthwise") { $0.options[0] = .byte(1) }),
        Case(
            "\"b03.depthwise\" (\"Conv\")", change: operation("b03.depthwise") { $0.options[1] = .int32(3) }),
        Case(
            "\"b03.depthwise\" (\"Conv\")", change: operation("b03.depthwise") { $0.options[5] = .int32(2) }),
        Case("\"b04.expand\" (\"Conv\")", change: operation("b04.expand") { $0.inputs[1] = $0.inputs[0] }),
        Case(
            "(\"MEAN over [1, 2, 3]\")",
            change: tensor("axes") {
                ($0.shape, $0.content) = ([3], [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0])
            }),
        Case(
            "(\"FULLY_CONNECTED with weights of format 1\")",
            change: operation("classifier") { $0.options[1] = .byte(1) }),
        Case("(\"LOGISTIC\")") { writer in
            writer.outputs = [writer.add(14, writer.outputs, "sigmoid", [1, 2])]
        },
        Case("(\"RESHAPE of [1, 2] to [2, 1]\")") { writer in
            writer.outputs = [writer.add(22, writer.outputs, "reshaped", [2, 1])]
        },
        Case("graph ends after") { $0.operations.removeLast(30) },
        Case("with 0 outputs", change: operation("mean") { $0.outputs = [] }),
        Case("it has 2 subgraphs, expected one") { $0.graphCount = 2 },
        Case("its schema has version 2, expected 3") { $0.version = 2 },
        Case("it refers to tensor 99999 of", change: operation("mean") { $0.inputs[0] = 99_999 }),
        Case("it refers to tensor -1 of", change: operation("mean") { $0.outputs[0] = -1 }),
        Case("nodes form a loop") { writer in
            let (first, second) = (writer.computed("p", [1]), writer.computed("q", [1]))
            writer.operations.append(.init(code: 6, inputs: [first], outputs: [second]))
            writer.operations.append(.init(code: 6, inputs: [second], outputs: [first]))
        },
        Case("is one of 2 inputs") { $0.inputs = [0, 0] },
        Case("of shape [1, 3, 32, 32]", change: tensor("image") { $0.shape = [1, 3, 32, 32] }),
        Case("of shape [1, 32, 64, 3]", change: tensor("image") { $0.shape = [1, 32, 64, 3] }),
        Case("is int16", change: tensor("image") { $0.type = 7 }),
        Case("is uint8 with 0 scales", change: tensor("image") { $0.type = 3 }),
    ]

    static let numbers: [Case] = [
        Case("holds 863 bytes", change: tensor("stem.w") { $0.content.removeLast() }),
        Case(
            "NaN or infinity at element 1", change: tensor("stem.b") { $0.content[4..<8] = [0, 0, 192, 127] }),
        Case("element type \"float64\"", change: tensor("stem.w") { $0.type = 10 }),
        Case("element type \"int4\"", change: tensor("stem.w") { $0.type = 17 }),
        Case("element type \"number 77\"", change: tensor("stem.w") { $0.type = 77 }),
        Case("float32 with most elements left out", change: tensor("stem.w") { $0.extra[6] = .table([:]) }),
        Case("is stored in another file", change: tensor("stem.w") { $0.extra[10] = .int32(1) }),
        Case("has shape [8, 3, 9, 1], expected", change: tensor("stem.w") { $0.shape = [8, 9, 1, 3] }),
        Case("dimensions from 0", change: tensor("stem.w") { $0.shape = [-8, 3, 3, 3] }),
        Case(
            "dimensions from 0",
            change: tensor("stem.w") { $0.shape = [Int(Int32.max), Int(Int32.max), 9, 9] }),
        Case(
            "element type \"int8 without a scale\"", .perChannel, change: tensor("stem.w") { $0.scales = [] }),
        Case("is scaled by -1.0", .perTensor, change: tensor("stem.w") { $0.scales = [-1] }),
        Case("is scaled by nan", .perTensor, change: tensor("stem.w") { $0.scales = [.nan] }),
        Case("is scaled by 0.0", .perChannel, change: tensor("stem.b") { $0.scales[1] = 0 }),
        Case("has 8 scales and 2 zero points", .perChannel, change: tensor("stem.w") { $0.zeros = [0, 0] }),
        Case("has 8 scales along dimension 1", .perChannel, change: tensor("stem.w") { $0.dimension = 1 }),
        Case("has 8 scales along dimension -1", .perChannel, change: tensor("stem.w") { $0.dimension = -1 }),
        Case(
            "int8 with scales of its own kind", .perChannel,
            change: tensor("stem.w") { tensor in
                tensor.extra[4] = .table([2: .reals(tensor.scales), 4: .byte(1), 5: .table([:])])
            }),
        Case("is used in two ways") { writer in
            // The same numbers as kernel of a convolution and of a depthwise one.
            let first = writer.operations[0].inputs[1]
            writer.operations[1].inputs[1] = first
        },
        Case(
            "constant weights for stem",
            change: tensor("stem.w") { $0.buffer = [1: .int64(8), 2: .int64(0)] }),
        Case(
            "a buffer of 4 bytes at",
            change: tensor("stem.w") { $0.buffer = [1: .int64(1 << 40), 2: .int64(4)] }),
        Case(
            "a buffer of 18446744073709551615 bytes at 9",
            change: tensor("stem.w") {
                $0.buffer = [1: .int64(9), 2: .int64(-1)]
            }),
    ]

    @Test(arguments: structure + numbers)
    func theRefusalSaysWhatWasFound(refusal: Case) throws {
        var draws = SeededRandom(seed: 3)
        var writer = TFLiteWriter()
        writer.numbers = refusal.numbers
        writer.build(try writer.held(draws.network(widthPercent: 10, classes: 2)))
        #expect(importError(writer.bytes()) == nil)
        let error = try #require(importError(writer.bytes(refusal.change)))
        #expect("\(error)".contains(refusal.words), "\(error)")
    }

    @Test func poolsAndPaddingThatDoNotFitAreRefused() throws {
        var draws = SeededRandom(seed: 4)
        let network = try draws.network(widthPercent: 10, inputSize: 64, classes: 2)
        var writer = TFLiteWriter()
        (writer.pool, writer.padding) = (.average, .around)
        writer.build(network)
        func refusal(_ change: (inout TFLiteWriter) -> Void) -> String {
            importError(writer.bytes(change)).map { "\($0)" } ?? "read"
        }
        #expect(refusal { _ in } == "read")
        let pool = try #require(writer.operations.firstIndex { $0.code == 1 })
        #expect(
            refusal { $0.operations[pool].options[4] = .int32(1) }
                .contains("AVERAGE_POOL_2D of 1x2, stride [1, 1], VALID"))
        #expect(
            refusal { $0.operations[pool].options[0] = .byte(0) }
                .contains("AVERAGE_POOL_2D of 2x2, stride [1, 1], SAME"))
        let pad = try #require(writer.operations.firstIndex { $0.code == 34 })
        #expect(refusal { $0.operations[pad].inputs[1] = 0 }.contains("PAD without constant sides"))
        // PADV2 states the value.
        func value(_ bits: [UInt8]) -> String {
            refusal {
                $0.tensors.append(.init(name: "value", shape: [], content: bits))
                $0.operations[pad].code = 60
                $0.operations[pad].inputs.append($0.tensors.count - 1)
            }
        }
        #expect(value([0, 0, 0, 0]) == "read")
        #expect(value([0, 0, 128, 63]).contains("not [0, 0, 1, 1, 0, 0, 1, 1] with 1.0"))
        #expect(value([]).contains("PADV2 without a constant value"))
        let sides = try #require(writer.tensors.firstIndex { $0.name == "b01.depthwise.sides" })
        #expect(
            refusal {
                $0.tensors[sides].content =
                    [UInt8](repeating: 0, count: 8) + [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]
                    + [UInt8](repeating: 0, count: 8)
            }
            .contains("pad on different sides"))
    }
}

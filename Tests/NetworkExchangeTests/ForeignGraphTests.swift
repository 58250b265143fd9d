import FloatNetwork
import HardenedBackbone
import NetworkExchange
import Testing
import TestSupport

/// Graphs that are not a MobileNetV2: the error names the first node that does not fit.
@Suite struct ForeignGraphTests {
    typealias Change = @Sendable (inout [GraphWriter.Node]) -> Void

    struct Case: Sendable, CustomTestStringConvertible {
        let node: String
        let type: String
        let change: Change
        var testDescription: String { "\(node) as \(type)" }
    }

    private static func edit(
        _ name: String, _ change: @escaping @Sendable (inout GraphWriter.Node) -> Void
    ) -> Change {
        { nodes in
            guard let index = nodes.firstIndex(where: { $0.name == name }) else { return }
            change(&nodes[index])
        }
    }

    static let cases: [Case] = [
        Case(node: "stem", type: "ConvTranspose", change: edit("stem") { $0.type = "ConvTranspose" }),
        Case(node: "stem", type: "Conv", change: edit("stem") { $0.attributes[0].integers = [1, 1] }),
        Case(node: "stem.clip", type: "Relu", change: edit("stem.clip") { $0.type = "Relu" }),
        Case(
            node: "b00.depthwise.clip", type: "Clip",
            change: edit("b00.depthwise.clip") { $0.inputs[2] = "low" }),
        Case(
            node: "b01.depthwise", type: "Conv",
            change: edit("b01.depthwise") { $0.attributes[1].integers = [0, 0, 2, 2] }),
        Case(
            node: "b01.depthwise", type: "Conv",
            change: edit("b01.depthwise") { $0.attributes[2].integer = 1 }),
        Case(
            node: "b03.expand", type: "Conv",
            change: edit("b03.expand") {
                $0.attributes.append(.init(name: "dilations", integers: [2, 2]))
            }),
        Case(node: "b02.project.add", type: "Mul", change: edit("b02.project.add") { $0.type = "Mul" }),
        Case(
            node: "b02.project.add", type: "Add",
            change: edit("b02.project.add") { $0.inputs[0] = "stem.clip.out" }),
        Case(
            node: "b05.expand", type: "Conv",
            change: edit("b05.expand") { $0.inputs[1] = "b05.expand.absent" }),
        Case(node: "mean", type: "GlobalMaxPool", change: edit("mean") { $0.type = "GlobalMaxPool" }),
        Case(node: "flat", type: "Flatten", change: edit("flat") { $0.attributes[0].integer = 2 }),
        Case(node: "classifier", type: "Conv", change: edit("classifier") { $0.type = "Conv" }),
        Case(
            node: "classifier", type: "Gemm",
            change: edit("classifier") { $0.attributes.append(.init(name: "transA", integer: 1)) }),
        Case(
            node: "argmax", type: "ArgMax",
            change: {
                $0.append(.init(type: "ArgMax", name: "argmax", inputs: ["classifier.out"], output: "p"))
            }
        ),
        Case(
            node: "squeeze-excite", type: "GlobalAveragePool",
            change: { nodes in
                let index = nodes.firstIndex { $0.name == "b04.project" } ?? 0
                nodes.insert(
                    .init(
                        type: "GlobalAveragePool", name: "squeeze-excite", inputs: ["b04.depthwise.clip.out"],
                        output: "squeezed"), at: index)
                nodes[index + 1].inputs[0] = "squeezed"
            }),
    ]

    @Test(arguments: cases)
    func theFirstNodeThatDoesNotFitIsNamed(sabotage: Case) throws {
        var draws = SeededRandom(seed: 1)
        var writer = GraphWriter()
        writer.build(try draws.network(widthPercent: 10, classes: 2))
        let error = importError(writer.bytes(sabotage.change))
        guard case .unexpectedNode(let name, let type, let expected)? = error else {
            Issue.record("gave \(error.debugDescription)")
            return
        }
        #expect(name == sabotage.node)
        #expect(type == sabotage.type)
        #expect(!expected.isEmpty)
    }

    @Test func aShortcutThatIsMissingIsMissed() throws {
        var draws = SeededRandom(seed: 2)
        var writer = GraphWriter()
        writer.build(try draws.network(widthPercent: 10, classes: 2))
        let error = importError(
            writer.bytes { nodes in
                nodes.removeAll { $0.name == "b02.project.add" }
                for index in nodes.indices {
                    nodes[index].inputs = nodes[index].inputs.map {
                        $0 == "b02.project.add.out" ? "b02.project.out" : $0
                    }
                }
            })
        guard case .unexpectedNode(let name, "Conv", _)? = error else {
            Issue.record("gave \(error.debugDescription)")
            return
        }
        #expect(name == "b03.expand")
    }

    @Test func aGraphThatStopsEarlySaysWhere() throws {
        var draws = SeededRandom(seed: 3)
        var writer = GraphWriter()
        writer.build(try draws.network(widthPercent: 10, classes: 2))
        let error = importError(writer.bytes { $0.removeLast(60) })
        guard case .graphEnds(let after, _)? = error else {
            Issue.record("gave \(error.debugDescription)")
            return
        }
        #expect(after.hasSuffix(".out"))
    }

    @Test(arguments: [
        [1, 1, 32, 32], [1, 3, 32, 64], [3, 32], [1, 3, 40, 40], [1, 3, Int.max / 2, 4],
    ])
    func inputsThatAreNoSquareImagesAreRefused(dims: [Int]) throws {
        var draws = SeededRandom(seed: 4)
        var writer = GraphWriter()
        writer.build(try draws.network(widthPercent: 10, classes: 2))
        writer.inputDims = dims
        switch importError(writer.bytes()) {
        case .unusableInput(let name, _)?: #expect(name == "image")
        case .illegalInputSize(let found)?: #expect(found == 40)
        case let other: Issue.record("gave \(other.debugDescription)")
        }
    }

    @Test func nodesThatPassThemselvesOnAreNoEndlessLoop() throws {
        var draws = SeededRandom(seed: 5)
        var writer = GraphWriter()
        writer.build(try draws.network(widthPercent: 10, classes: nil))
        let bytes = writer.bytes { nodes in
            nodes.append(.init(type: "Identity", name: "a", inputs: ["y"], output: "x"))
            nodes.append(.init(type: "Identity", name: "b", inputs: ["x"], output: "y"))
        }
        #expect(importError(bytes) == .malformedModel(reason: "nodes form a loop"))
    }
}

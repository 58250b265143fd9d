import FloatNetwork
import NetworkExchange
import Testing
import TestSupport

/// What gives a node another meaning than its operator's name says is refused, not passed over.
@Suite struct ForeignOperatorTests {
    private func writer() throws -> GraphWriter {
        var draws = SeededRandom(seed: 11)
        var writer = GraphWriter()
        writer.build(try draws.network(widthPercent: 10, classes: 2))
        return writer
    }

    @Test(arguments: ["my.ops", "com.microsoft", "ai.onnx.ml", "\0"])
    func anOperatorOfAnotherDomainIsRefused(domain: String) throws {
        let bytes = try writer().bytes { $0[1].domain = domain }
        let error = importError(bytes)
        #expect(error == .foreignOperator(name: "stem.clip", operatorType: "Clip", domain: domain))
        #expect(
            "\(try #require(error))".contains(
                domain == "com.microsoft" ? "optimiser" : "inline_local_functions"))
    }

    @Test func theStandardDomainHasTwoNames() throws {
        #expect(importError(try writer().bytes { $0[1].domain = "ai.onnx" }) == nil)
    }

    @Test func aFunctionOfAStandardOperatorsNameIsRefused() throws {
        var writer = try writer()
        writer.functions = [("Clip", "my.ops"), ("Gelu", "")]
        #expect(importError(writer.bytes()) == nil)
        writer.functions = [("Clip", "")]
        #expect(
            importError(writer.bytes())
                == .foreignOperator(name: "stem.clip", operatorType: "Clip", domain: ""))
    }

    @Test func anAttributeOfAFunctionsCallerIsRefused() throws {
        var found = 0
        let bytes = try WireField.rewriting(try writer().bytes(), at: [7, 1, 5]) { attribute in
            found += 1
            return found == 1 ? attribute + [0xAA, 0x01, 1, 65] : attribute
        }
        #expect(
            importError(bytes)
                == .malformedModel(reason: "attribute \"strides\" refers to one of a function"))
    }

    @Test func sparseWeightsAndSeveralStandardVersionsAreRefused() throws {
        let sound = try writer().bytes()
        let sparse = try WireField.rewriting(sound, at: [7]) { $0 + [0x7A, 0] }
        #expect(
            importError(sparse)
                == .malformedModel(reason: "it stores weights as sparse tensors, which are not read"))
        var operators = ProtoWriter()
        operators.varint(2, 13)
        var more = ProtoWriter()
        more.message(8, operators)
        #expect(
            importError(sound + more.bytes)
                == .malformedModel(reason: "it states several versions of the standard operators"))
    }
}

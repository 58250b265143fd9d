import Artifacts
import Foundation
import Testing

/// `export-onnx` at process level; what the graph computes is for `NetworkExchangeTests`.
@Suite struct ExportCommandTests {
    private let exported: ExportedNetwork
    private let (model, head, graph): (String, String, String)

    init() throws {
        exported = try ExportedNetwork()
        model = exported.folder.file("model.safetensors")
        head = exported.folder.file("model.head.safetensors")
        graph = exported.folder.file("graph.onnx")
        let outcome = try exported.harden(to: "model.safetensors")
        try #require(outcome.code == 0, "\(outcome.errors)")
    }

    private func export(_ more: [String]) throws -> [UInt8] {
        let outcome = try Program.run(["export-onnx", model, "-o", graph] + more)
        #expect(outcome.code == 0, "\(more): \(outcome.errors)")
        return try exported.bytes("graph.onnx")
    }

    @Test func theSameModelGivesTheSameGraphAndEveryOptionAnother() throws {
        let first = try export(["--head", head])
        #expect(try export(["--head", head]) == first)
        var graphs = [first]
        for more in [["--no-head"], ["--layout", "nchw"], ["--rounding", "engine"], ["--opset", "21"]] {
            let bytes = try export(more[0] == "--no-head" ? more : ["--head", head] + more)
            let isNew = !graphs.contains(bytes)
            #expect(isNew, "\(more)")
            graphs.append(bytes)
        }
        // Without --head a model of the user's has none: the built-in heads are not for it.
        #expect(try export([]) == graphs[1])
        #expect(!graphs[0].positions(of: Array("logits".utf8)).isEmpty)
        #expect(graphs[1].positions(of: Array("logits".utf8)).isEmpty)
    }

    @Test func theFactsAreThoseOfTheFile() throws {
        struct Facts: Decodable {
            let output: String, bytes: Int, backbone_digest: String, head_digest: String?, opset: Int
            let channels: Int, channels_proven_exact: Int
        }
        let outcome = try Program.run(["export-onnx", model, "--head", head, "-o", graph, "--json"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        let facts = try JSONDecoder().decode(Facts.self, from: Data(outcome.output.utf8))
        #expect(facts.output == graph && facts.opset == 19)
        #expect(facts.bytes == (try exported.bytes("graph.onnx").count))
        #expect(facts.head_digest != nil && facts.channels_proven_exact == facts.channels)
        let verified = try Program.run(["verify", model, "--limit", "1"])
        #expect(verified.output.contains(facts.backbone_digest), "\(verified.output)")
    }

    @Test func theBuiltInModelComesWithItsHead() throws {
        let outcome = try Program.run(["export-onnx", "-o", graph])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("10 classes"), "\(outcome.output)")
    }

    @Test func badInputIsRefusedWithACodeAndNoFile() throws {
        let foreign = exported.folder.file("foreign.safetensors")
        try ForeignHead.write(to: foreign, features: 1_280)
        let truncated = try exported.write(
            Array(try exported.bytes("model.safetensors").dropLast(100)), to: "truncated.safetensors")
        let out = ["-o", graph]
        let cases: [(arguments: [String], code: Int32, says: String)] = [
            ([model, "--head", foreign] + out, 65, "fitted on backbone"),
            ([model, "--head", model] + out, 65, "model.safetensors"),
            ([truncated] + out, 65, "truncated.safetensors"),
            ([ExportedNetwork.safetensors] + out, 65, "torchvision.safetensors"),
            ([head] + out, 65, "model.head.safetensors"),
            (["/no/such/model"] + out, 65, "/no/such/model"),
            ([model, "--opset", "12"] + out, 64, "--opset"),
            ([model, "--layout", "chwn"] + out, 64, "chwn"),
            ([model, "--rounding", "up"] + out, 64, "up"),
            ([model, "--head", head, "--no-head"] + out, 64, "--no-head"),
            ([model], 64, "--output"),
            ([model, "-o", exported.folder.file("missing/graph.onnx")], 74, "missing/graph.onnx"),
            ([model, "-o", exported.images], 74, exported.images),
            ([model, "-o", "/dev/full"], 74, "/dev/full"),
        ]
        for bad in cases {
            let outcome = try Program.run(["export-onnx"] + bad.arguments)
            let text = outcome.errors + outcome.output
            #expect(outcome.code == bad.code, "\(bad.arguments): \(text)")
            #expect(text.contains(bad.says), "\(bad.arguments): \(text)")
            #expect(!FileManager.default.fileExists(atPath: graph), "\(bad.arguments)")
        }
    }
}

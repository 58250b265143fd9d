import FloatNetwork
import HardenedBackbone
import NetworkExchange
import Testing

/// Real exports of tiny networks: our evaluation against ONNX Runtime's (see `Golden/make_golden.py`).
@Suite struct ImportedExportTests {
    private func expectAgreement(_ imported: ImportedNetwork, _ answers: [Float]) throws {
        let evaluator = FloatEvaluator(imported.network)
        let largest = answers.reduce(0) { max($0, abs($1)) }
        var found: [Float] = []
        for image in try Fixture.images() {
            let features = evaluator.features(ofImage: image)
            found += evaluator.logits(ofFeatures: features) ?? features
        }
        #expect(found.count == answers.count)
        let worst = zip(found, answers).map { abs($0 - $1) / largest }.max() ?? 1
        #expect(worst < 1e-4, "relative error \(worst)")
    }

    @Test(arguments: ["torchvision_folded", "torchvision_separate", "timm_dynamo"])
    func agreesWithONNXRuntime(name: String) throws {
        let imported = try NetworkImporter.network(decoding: Fixture.bytes("\(name).onnx"), fileName: name)
        #expect(imported.network.network.widthPercent == 10)
        #expect(imported.network.network.inputSize == 32)
        #expect((imported.network.classifier == nil) == (name != "torchvision_folded"))
        #expect(imported.opset == (name == "torchvision_separate" ? 10 : 20))
        #expect(imported.source.contains("pytorch"))
        #expect(imported.network.normalization == .imageNet)
        try expectAgreement(imported, Fixture.floats("\(name).answers"))
    }

    @Test func weightFilesAgreeWithPyTorch() throws {
        let imported = try NetworkImporter.network(
            decoding: Fixture.bytes("torchvision.safetensors"), fileName: "torchvision.safetensors")
        #expect(imported.classNames == ["eins", "zwei", "drei", "vier", "fünf"])
        #expect(imported.opset == nil)
        #expect(imported.network.classifier?.bias.count == 5)
        try expectAgreement(imported, Fixture.floats("torchvision.answers"))
    }

    @Test func theCallersNormalizationWins() throws {
        let half = FloatNetwork.Normalization(mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5])
        let imported = try NetworkImporter.network(
            decoding: Fixture.bytes("torchvision.safetensors"), fileName: "",
            options: .init(normalization: half))
        #expect(imported.network.normalization == half)
    }

    @Test func anotherInputSizeThanTheFilesIsRefused() throws {
        for name in ["torchvision.safetensors", "torchvision_folded.onnx"] {
            let bytes = try Fixture.bytes(name)
            #expect(importError(bytes, .init(inputSize: 64)) == .conflictingInputSize(found: 32, asked: 64))
            #expect(importError(bytes, .init(inputSize: 32)) == nil)
        }
    }
}

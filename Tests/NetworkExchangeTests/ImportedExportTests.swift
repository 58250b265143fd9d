import Artifacts
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

    @Test func oneNetworkOfTimmsInBothFormsIsTheSame() throws {
        let weights = try NetworkImporter.network(
            decoding: Fixture.unpacked("timm.safetensors.gz"), fileName: "", options: .init(inputSize: 32))
        let export = try NetworkImporter.network(
            decoding: Fixture.unpacked("timm_separate.onnx.gz"), fileName: "")
        #expect(weights.source == "safetensors, timm names")
        for imported in [weights, export] {
            #expect(imported.network.network.widthPercent == 10)
            #expect(imported.network.network.inputSize == 32)
            #expect(imported.network.classifier?.bias.count == 3)
            #expect(imported.classNames == nil)
        }
        try expectAgreement(weights, Fixture.floats("timm.answers"))
        try expectAgreement(export, Fixture.floats("timm_separate.answers"))
        // The same numbers go into the folding; only epsilon is a Float in one and a Double in the other.
        for (one, other) in zip(weights.network.layers, export.network.layers) {
            for (a, b) in [(one.weights, other.weights), (one.bias, other.bias)] {
                #expect(zip(a, b).allSatisfy { abs($0 - $1) <= 1e-6 * max(abs($0), 1) })
            }
        }
        #expect(weights.network.classifier?.weights == export.network.classifier?.weights)
    }

    @Test func timmsWeightFilesNameTheTensorThatDoesNotFit() throws {
        let sound = try SafetensorsFile(decoding: Fixture.unpacked("timm.safetensors.gz"))
        func error(_ change: (inout SafetensorsFile) -> Void) -> NetworkImportError? {
            var file = sound
            change(&file)
            return importError(file.encoded(), .init(inputSize: 32))
        }
        #expect(error { _ in } == nil)
        #expect(importError(sound.encoded()) == .unknownInputSize)
        for name in [
            "conv_head.weight", "blocks.3.2.conv_pwl.weight", "blocks.0.0.bn2.running_var", "bn2.bias",
        ] {
            #expect(error { $0.tensors[name] = nil } == .missingTensor(name: name))
        }
        #expect(
            error { $0.tensors["classifier.bias"] = nil } == .missingTensor(name: "classifier.bias"))
        // mobilenetv2_110d and 120d have more blocks.
        let more = "blocks.1.2.conv_pw.weight"
        #expect(
            error { $0.tensors[more] = .float32(name: more, shape: [1], values: [1]) }
                == .unexpectedTensor(name: more))
        // A checkpoint of nn.DataParallel.
        let wrapped = SafetensorsFile(
            metadata: sound.metadata,
            tensors: sound.tensors.values.sorted { $0.name < $1.name }.map {
                .init(
                    name: "module." + $0.name, elementType: $0.elementType, shape: $0.shape, bytes: $0.bytes)
            })
        #expect(importError(wrapped.encoded(), .init(inputSize: 32)) == nil)
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

import Artifacts
import ClassifierHead
import Foundation
import HardenedBackbone
import Testing

/// What `harden` takes as the preprocessing of a network, and what it refuses; nothing is stretched in silence.
@Suite struct HardenPreprocessingTests {
    private static let quick = ["--images", "2", "--steps", "none"]
    private static let choices = [
        "torchvision", "torchvision-v2", "timm", "hf", "keras", "tf-slim", "built-in",
    ]

    private let exported: ExportedNetwork
    private let out: String

    init() throws {
        exported = try ExportedNetwork()
        out = exported.folder.file("model.safetensors")
    }

    private func harden(_ network: String, _ more: [String] = []) throws -> Program.Outcome {
        try? FileManager.default.removeItem(atPath: out)
        return try exported.harden(network, to: "model.safetensors", Self.quick + more)
    }

    /// Hardens, which must succeed; the artefact.
    private func artifact(_ network: String, _ more: [String] = []) throws -> BackboneArtifact {
        let outcome = try harden(network, more)
        try #require(outcome.code == 0, "\(more): \(outcome.errors)")
        return try BackboneArtifact(decoding: try exported.bytes("model.safetensors"))
    }

    /// torchvision's export with the name of its first convolution changed wherever it stands.
    private func nameless() throws -> String {
        var bytes = try exported.bytes(ExportedNetwork.onnx)
        let places = bytes.positions(of: Array("features.0.0".utf8))
        try #require(!places.isEmpty)
        for place in places { bytes = bytes.overwritten(at: place, with: Array("stamm".utf8)) }
        return try exported.write(bytes, to: "nameless.onnx")
    }

    @Test func namesThatAreKnownChooseTheFrameworksPreset() throws {
        for (network, text, framework) in [
            (ExportedNetwork.onnx, Planted.torchvision, "torchvision"),
            (ExportedNetwork.safetensors, Planted.torchvision, "torchvision"),
            (ExportedNetwork.timm, Planted.timm, "timm"),
        ] {
            let outcome = try harden(network, ["--json"])
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(
                outcome.errors.contains(
                    "preprocessing \(text) (names are \(framework)'s; else give --preprocess)"),
                "\(outcome.errors)")
            #expect(outcome.output.contains(#""preprocessing":"\#(text)""#), "\(outcome.output)")
            let artifact = try BackboneArtifact(decoding: try exported.bytes("model.safetensors"))
            #expect(artifact.preprocessing == text && artifact.inputMean == [124, 116, 104])
        }
        // Its head states the same, and accuracy is told with it.
        let told = try harden(ExportedNetwork.onnx)
        let head = try ClassifierHead(decoding: try exported.bytes("model.head.safetensors"))
        #expect(head.preprocessing == Planted.torchvision)
        #expect(
            told.output.contains("calibrated on, preprocessing \(Planted.torchvision)"),
            "\(told.output)")
    }

    @Test func namesThatTellNothingAskForAChoice() throws {
        let network = try nameless()
        for more in [[], ["--fit", "crop", "--resize", "area"]] {
            let outcome = try harden(network, more)
            #expect(outcome.code == 64, "\(outcome.errors)")
            for word in ["nameless.onnx", "--preprocess", "config.json"] + Self.choices {
                #expect(outcome.errors.contains(word), "\(word): \(outcome.errors)")
            }
            #expect(!outcome.errors.contains("layer 1 of 52"))
            #expect(!FileManager.default.fileExists(atPath: out))
        }
        var texts: Set<String> = []
        for choice in Self.choices {
            let outcome = try harden(network, ["--preprocess", choice])
            #expect(outcome.code == 0, "\(outcome.errors)")
            let reason = ["keras", "tf-slim"].contains(choice) ? "\(choice) (nearest equivalent)" : choice
            #expect(outcome.errors.contains("(--preprocess \(reason))\n"), "\(outcome.errors)")
            let artifact = try BackboneArtifact(decoding: try exported.bytes("model.safetensors"))
            texts.insert(artifact.preprocessing)
            let isTensorFlows = ["hf", "keras", "tf-slim"].contains(choice)
            #expect(artifact.inputMean == (isTensorFlows ? [128, 128, 128] : [124, 116, 104]), "\(choice)")
        }
        #expect(texts.count == Self.choices.count && texts.contains(Planted.builtIn))
    }

    @Test func partsChangeThePresetAndCalibrationGoesThroughIt() throws {
        let usual = try artifact(ExportedNetwork.onnx)
        let area = try artifact(
            ExportedNetwork.onnx, ["--resize", "area", "--crop-pct", "1", "--exif", "apply"])
        #expect(
            area.preprocessing.contains(
                "hsf-resize-2/crop/shorter-32/offset-round-even/area-down-linear-up/w12 "))
        #expect(area.preprocessing.contains("exif-apply"))
        // The very same weights, calibrated on other pictures.
        let zoomed = try artifact(ExportedNetwork.onnx, ["--shorter", "128"])
        let differ = zoomed.layers != usual.layers
        #expect(differ && zoomed.preprocessing.contains("/shorter-128/"))
        // By name, by file and by text it is the same.
        let kept = try exported.write(usual.encoded(), to: "kept.safetensors")
        for way in ["torchvision", kept, usual.preprocessing] {
            #expect(
                try artifact(ExportedNetwork.onnx, ["--preprocess", way]).digest == usual.digest, "\(way)")
        }
        for (more, says) in [
            (["--shorter", "20"], "a crop of 32 does not fit"),
            (["--fit", "stretch", "--shorter", "40"], "stretch"),
            (["--preprocess", "pytorch"], "pytorch"), (["--turn", "90"], "--turn is 0 or 180"),
        ] {
            let outcome = try harden(ExportedNetwork.onnx, more)
            #expect(outcome.code == 64 && outcome.errors.contains(says), "\(more): \(outcome.errors)")
        }
    }

    /// Each of the four states another mean.
    @Test func coloursAreTheFlagsElseTheFilesElseTheConfigurationsElseThePresets() throws {
        let folder = exported.folder.file("network")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var file = try SafetensorsFile(decoding: try exported.bytes(ExportedNetwork.safetensors))
        (file.metadata["mean"], file.metadata["std"]) = (nil, nil)
        let silent = try exported.write(file.encoded(), to: "network/silent.safetensors")
        (file.metadata["mean"], file.metadata["std"]) = ("0.2,0.2,0.2", "0.5,0.25,0.5")
        let stating = try exported.write(file.encoded(), to: "network/stating.safetensors")
        let flags = ["--mean", "0.6,0.6,0.6", "--std", "1,1,0.5"]

        func expect(
            _ network: String, _ more: [String], _ mean: UInt8, _ text: String,
            at line: SourceLocation = #_sourceLocation
        ) throws {
            let artifact = try artifact(network, more)
            #expect(artifact.inputMean == [mean, mean, mean], sourceLocation: line)
            #expect(artifact.preprocessing.hasSuffix(text), "\(artifact.preprocessing)", sourceLocation: line)
        }
        try expect(silent, ["--preprocess", "hf"], 128, "/mean-0.5,0.5,0.5/std-0.5,0.5,0.5")
        _ = try exported.write(
            Array(try TrainingConfigurationTests.timm(["mean": [0.4, 0.4, 0.4], "std": [1, 1, 1]])),
            to: "network/config.json")
        try expect(silent, [], 102, "/mean-0.4,0.4,0.4/std-1,1,1")
        try expect(stating, [], 51, "/mean-0.2,0.2,0.2/std-0.5,0.25,0.5")
        try expect(stating, ["--preprocess", "hf"], 51, "/mean-0.2,0.2,0.2/std-0.5,0.25,0.5")
        try expect(stating, flags, 153, "/mean-0.6,0.6,0.6/std-1,1,0.5")
        try expect(silent, flags, 153, "/mean-0.6,0.6,0.6/std-1,1,0.5")
        // Spreads reach the weights: the same means, other spreads, other integers.
        let narrow = try artifact(silent, ["--mean", "0.4,0.4,0.4", "--std", "0.1,1,1"])
        let differ = narrow.layers != (try artifact(silent)).layers
        #expect(differ)
    }

    /// Integers that training found are of one preprocessing and can not be made for another.
    @Test func trainedIntegersKeepWhatTrainingStated() throws {
        for text in [Planted.timm, Planted.unknown, "none"] {
            let model = try StatedModel(text)
            let trained = try model.trainedIntegers()
            func seal(_ more: [String]) throws -> Program.Outcome {
                try? FileManager.default.removeItem(atPath: out)
                return try Program.run(["harden", trained, "-o", out] + more)
            }
            let plain = try seal([])
            #expect(plain.code == 0, "\(plain.errors)")
            #expect(plain.errors.contains("preprocessing \(text) (as training stated)"), "\(plain.errors)")
            #expect(try exported.bytes("model.safetensors") == model.artifact.encoded())
            for (choice, wanted) in [
                ("torchvision", Planted.torchvision), ("timm", Planted.timm), ("built-in", Planted.builtIn),
            ] {
                let outcome = try seal(["--preprocess", choice])
                if wanted == text || (text == "none" && choice == "built-in") {
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    #expect(try exported.bytes("model.safetensors") == model.artifact.encoded())
                    continue
                }
                #expect(outcome.code == 65, "\(text), \(choice): \(outcome.errors)")
                for word in [text, wanted, "the command line", trained] {
                    #expect(outcome.errors.contains(word), "\(outcome.errors)")
                }
                #expect(!FileManager.default.fileExists(atPath: out))
            }
        }
    }
}

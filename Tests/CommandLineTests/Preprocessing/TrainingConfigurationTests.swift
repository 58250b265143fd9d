import Foundation
import HardenedBackbone
import ImageDecoding
import Testing

/// timm's `config.json` and Hugging Face's `preprocessor_config.json`, by name and beside the weights.
@Suite struct TrainingConfigurationTests {
    private let folder: TemporaryFolder
    private let picture: String

    init() throws {
        folder = try TemporaryFolder()
        picture = folder.file("a.png")
        try Data(try ImageEncoder.png(Pictures.noise(50, 40))).write(to: URL(fileURLWithPath: picture))
    }

    /// A configuration as timm writes it, with entries changed; `NSNull` takes one out.
    static func timm(_ changes: [String: Any] = [:]) throws -> Data {
        let usual: [String: Any] = [
            "tag": "ra_in1k", "input_size": [3, 32, 32], "interpolation": "bicubic", "crop_pct": 0.875,
            "crop_mode": "center", "mean": [0.5, 0.25, 0.125], "std": [0.25, 0.5, 0.75], "num_classes": 1000,
        ]
        return try JSONSerialization.data(withJSONObject: [
            "architecture": "mobilenetv2_100", "num_classes": 1000, "pretrained_cfg": merged(usual, changes),
        ])
    }

    /// A configuration as Hugging Face writes it.
    static func huggingFace(_ changes: [String: Any] = [:]) throws -> Data {
        let usual: [String: Any] = [
            "crop_size": ["height": 32, "width": 32], "do_center_crop": true, "do_normalize": true,
            "do_rescale": true, "do_resize": true, "image_mean": [0.5, 0.5, 0.5],
            "image_processor_type": "MobileNetV2ImageProcessor", "image_std": [0.5, 0.5, 0.5], "resample": 2,
            "rescale_factor": 0.00392156862745098, "size": ["shortest_edge": 37],
        ]
        return try JSONSerialization.data(withJSONObject: merged(usual, changes))
    }

    private static func merged(_ usual: [String: Any], _ changes: [String: Any]) -> [String: Any] {
        usual.merging(changes) { $1 }.filter { !($0.value is NSNull) }
    }

    private func preprocess(_ configuration: Data) throws -> Program.Outcome {
        let path = folder.file("some.json")
        try configuration.write(to: URL(fileURLWithPath: path))
        return try Program.run(["preprocess", picture, "--preprocess", path, "-o", folder.file("x.npy")])
    }

    @Test func whatTheyStateIsTaken() throws {
        typealias Colours = Preprocessing.Colours
        let odd = Colours(mean: [0.5, 0.25, 0.125], standardDeviation: [0.25, 0.5, 0.75])
        func crop(
            _ shorter: Int, _ offset: ImageFit.OffsetRule, _ kernel: ResizeKernel, _ colours: Colours
        ) -> Preprocessing {
            Preprocessing(fit: .crop(shorter: shorter, offset: offset), kernel: kernel, colours: colours)
        }
        let cases: [(Data, Preprocessing, Int)] = [
            (try Self.timm(), crop(36, .roundEven, .pillowBicubic, odd), 32),
            (try Self.timm(["crop_pct": 0.95]), crop(33, .roundEven, .pillowBicubic, odd), 32),
            (
                try Self.timm(["crop_pct": 1, "crop_mode": NSNull()]),
                crop(32, .roundEven, .pillowBicubic, odd), 32
            ),
            (
                try Self.timm(["interpolation": "bilinear", "input_size": [3, 96, 96]]),
                crop(109, .roundEven, .pillowBilinear, odd), 96
            ),
            (try Self.huggingFace(), crop(37, .floor, .pillowBilinear, .plusMinusOne), 32),
            (
                try Self.huggingFace([
                    "resample": 3, "image_mean": [0, 0.25, 1], "image_processor_type": NSNull(),
                ]),
                crop(
                    37, .floor, .pillowBicubic,
                    Colours(mean: [0, 0.25, 1], standardDeviation: [0.5, 0.5, 0.5])),
                32
            ),
            (
                try Self.huggingFace(["do_center_crop": false, "size": ["height": 64, "width": 64]]),
                Preprocessing(fit: .stretch, kernel: .pillowBilinear, colours: .plusMinusOne), 64
            ),
        ]
        for (configuration, wanted, size) in cases {
            let outcome = try preprocess(configuration)
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("preprocessing \(wanted.identity)\n"), "\(outcome.output)")
            #expect(outcome.output.contains("1 tensors of \(size)x\(size)x3"), "\(outcome.output)")
        }
    }

    @Test func whatHasNoCounterpartIsRefusedByName() throws {
        let cases: [(Data, [String])] = [
            (
                try Self.timm(["interpolation": "lanczos"]),
                ["pretrained_cfg.interpolation", "lanczos", "bicubic"]
            ),
            (try Self.timm(["crop_mode": "squash"]), ["pretrained_cfg.crop_mode", "squash", "center"]),
            (try Self.timm(["input_size": [3, 224, 256]]), ["input_size", "256", "square"]),
            (try Self.timm(["input_size": [1, 32, 32]]), ["input_size", "3 channels"]),
            (try Self.timm(["input_size": [3, 8_192, 8_192]]), ["input_size", "1 to 4096"]),
            (try Self.timm(["crop_pct": 0]), ["crop_pct"]), (try Self.timm(["crop_pct": 1.1]), ["crop_pct"]),
            (try Self.timm(["crop_pct": 0.001]), ["crop_pct", "4096"]),
            (try Self.timm(["crop_pct": "all"]), ["crop_pct", "type"]),
            (try Self.timm(["interpolation": NSNull()]), ["interpolation is missing"]),
            (try Self.timm(["mean": [0.5]]), ["mean, std"]),
            (try Self.timm(["std": [0, 1, 1]]), ["mean, std"]),
            (try Self.huggingFace(["resample": 1]), ["resample is 1", "2 (bilinear) or 3 (bicubic)"]),
            (try Self.huggingFace(["resample": 0]), ["resample is 0"]),
            (try Self.huggingFace(["resample": NSNull()]), ["resample is missing"]),
            (try Self.huggingFace(["do_resize": false]), ["do_resize is false"]),
            (try Self.huggingFace(["do_rescale": false]), ["do_rescale is false"]),
            (try Self.huggingFace(["do_normalize": false]), ["do_normalize is false"]),
            (try Self.huggingFace(["do_flip_channel_order": true]), ["do_flip_channel_order is true"]),
            (try Self.huggingFace(["rescale_factor": 0.5]), ["rescale_factor", "1/255"]),
            (
                try Self.huggingFace(["crop_size": ["height": 32, "width": 30]]),
                ["crop_size", "32x30", "square"]
            ),
            (try Self.huggingFace(["do_center_crop": false]), ["size", "no square"]),
            (try Self.huggingFace(["size": ["height": 37, "width": 37]]), ["size"]),
            (try Self.huggingFace(["size": 37]), ["size", "type"]),
            (
                try Self.huggingFace(["size": ["shortest_edge": 31]]),
                ["size.shortest_edge", "at least the 32 pixels"]
            ),
            (try Self.huggingFace(["image_std": [1, 1, 0]]), ["image_mean, image_std"]),
            (Data(#"{"model_type":"mobilenet_v2"}"#.utf8), ["pretrained_cfg", "image_processor_type"]),
            (Data("{".utf8), ["not the JSON"]), (Data(), ["not the JSON"]),
            (Data(#"{"pretrained_cfg":[]}"#.utf8), ["pretrained_cfg"]),
        ]
        for (configuration, says) in cases {
            let outcome = try preprocess(configuration)
            #expect(outcome.code == 65, "\(says): \(outcome.errors)")
            for word in says + ["some.json"] { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
        }
    }

    // MARK: Beside the weights

    @Test func hardenReadsTheOneThatLiesBesideTheWeights() throws {
        let exported = try ExportedNetwork()
        let network = exported.folder.file("network")
        try FileManager.default.createDirectory(atPath: network, withIntermediateDirectories: true)
        let weights = try exported.write(try exported.bytes(ExportedNetwork.onnx), to: "network/weights.onnx")
        func place(_ name: String, _ content: Data?) throws {
            let path = "\(network)/\(name)"
            try? FileManager.default.removeItem(atPath: path)
            try content?.write(to: URL(fileURLWithPath: path))
        }
        func harden(_ more: [String] = []) throws -> Program.Outcome {
            try exported.harden(weights, to: "out.safetensors", ["--images", "2", "--steps", "none"] + more)
        }
        func expect(_ text: String, _ reason: String, at line: SourceLocation = #_sourceLocation) throws {
            let outcome = try harden()
            #expect(outcome.code == 0, "\(outcome.errors)", sourceLocation: line)
            #expect(
                outcome.errors.contains(text + " (") && outcome.errors.contains(reason), "\(outcome.errors)",
                sourceLocation: line)
            let artifact = try BackboneArtifact(decoding: try exported.bytes("out.safetensors"))
            #expect(artifact.preprocessing.contains(text), "\(artifact.preprocessing)", sourceLocation: line)
        }
        let (timm, face) = ("/mean-0.5,0.25,0.125/std-0.25,0.5,0.75", "/mean-0.5,0.5,0.5/std-0.5,0.5,0.5")
        try place("config.json", try Self.timm())
        try expect(timm, "config.json (timm)")
        try place("preprocessor_config.json", try Self.huggingFace())
        try expect(face, "preprocessor_config.json (Hugging Face)")
        // A model's own configuration says nothing of pictures.
        try place("config.json", Data(#"{"model_type":"mobilenet_v2"}"#.utf8))
        try expect(face, "preprocessor_config.json (Hugging Face)")
        try place("preprocessor_config.json", nil)
        try expect(Planted.torchvision, "names are torchvision's")

        for (content, says) in [
            (try Self.timm(["interpolation": "lanczos"]), ["config.json", "pretrained_cfg.interpolation"]),
            (try Self.timm(["input_size": [3, 224, 224]]), ["config.json", "224 pixels", "32"]),
            (Data("{".utf8), ["config.json", "not the JSON"]),
        ] {
            try place("config.json", content)
            let outcome = try harden()
            #expect(outcome.code == 65, "\(outcome.errors)")
            for word in says { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
            // Whoever asks for something need not hear of it.
            #expect(try harden(["--preprocess", "timm"]).code == 0)
        }
    }
}

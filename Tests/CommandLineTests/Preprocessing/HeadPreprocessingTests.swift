import Artifacts
import ClassifierHead
import Foundation
import HardenedBackbone
import HardenedModel
import Testing

/// Heads and the preprocessing that they were fitted on, wherever a head is taken from a file.
@Suite struct HeadPreprocessingTests {
    private func head(_ path: String) throws -> ClassifierHead {
        try ClassifierHead(decoding: Array(try Data(contentsOf: URL(fileURLWithPath: path))))
    }

    @Test func aFittedHeadStatesWhatItsBackboneStates() throws {
        let model = try StatedModel(Planted.timm)
        let path = model.folder.file("fitted.safetensors")
        let fit = try Program.run([
            "head", "fit", "--model", model.path, "--data", SampleTar.path, "--classes", "fashion-mnist",
            "--images", "300", "--name", "f@v1", "-o", path,
        ])
        #expect(fit.code == 0, "\(fit.errors)")
        #expect(fit.output.contains("preprocessing \(Planted.timm)"), "\(fit.output)")
        #expect(try head(path).preprocessing == Planted.timm)
        let evaluate = ["evaluate", model.path, "--head", path, "--data", SampleTar.path, "--limit", "50"]
        let told = try Program.run(evaluate)
        #expect(told.code == 0, "\(told.errors)")
        #expect(told.output.contains("preprocessing \(Planted.timm)\n"), "\(told.output)")
        let json = try Program.run(evaluate + ["--json"])
        #expect(json.output.contains(#""preprocessing":"\#(Planted.timm)""#), "\(json.output)")
    }

    /// The pictures of another preprocessing are other pictures: another fit of the same integers.
    @Test func otherPicturesGiveAnotherHead() throws {
        func weights(_ text: String) throws -> [Int8] {
            let model = try StatedModel(text)
            let path = model.folder.file("fitted.safetensors")
            let fit = try Program.run([
                "head", "fit", "--model", model.path, "--data", SampleTar.path, "--classes", "fashion-mnist",
                "--images", "200", "-o", path,
            ])
            try #require(fit.code == 0, "\(fit.errors)")
            return try head(path).weights
        }
        let differ = try weights(Planted.timm) != weights(Planted.builtIn)
        #expect(differ)
        // Two spellings of one preprocessing.
        let same = try weights("none") == weights(Planted.builtIn)
        #expect(same)
    }

    @Test func aHeadOfOtherPicturesIsRefusedEverywhere() throws {
        let model = try StatedModel(Planted.torchvision)
        let other = try model.head("other", states: Planted.timm)
        let output = model.folder.file("out")
        let data = ["--data", SampleTar.path]
        for arguments in [
            ["evaluate", model.path, "--head", other] + data,
            ["head", "freeze", other, "--model", model.path, "-o", output],
            ["export-onnx", model.path, "--head", other, "-o", output],
            [
                "report", "sensitivity", model.path, "--head", other, "--calibration", SampleTar.path,
                "--limit", "10", "-o", model.folder.file("report"),
            ] + data,
            ["chip", "report", model.path, "--head", other],
            ["chip", "simulate", model.path, "--head", other],
        ] {
            let outcome = try Program.run(arguments)
            #expect(outcome.code == 65, "\(arguments): \(outcome.output)\(outcome.errors)")
            #expect(outcome.errors.contains(Planted.torchvision), "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.contains(Planted.timm), "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.contains("fit it again"), "\(arguments): \(outcome.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: output))
    }

    @Test func aHeadThatStatesNothingOrTheSameIsTaken() throws {
        let model = try StatedModel(Planted.torchvision)
        let heads = [try model.head("old", states: nil), try model.head("new", states: Planted.torchvision)]
        var tables: [String] = []
        for head in heads {
            let matrix = model.folder.file("matrix.csv")
            let evaluate = try Program.run([
                "evaluate", model.path, "--head", head, "--data", SampleTar.path, "--limit", "100",
                "--classes",
                (0..<10).map { "class \($0)" }.joined(separator: ","), "--confusion", matrix,
            ])
            #expect(evaluate.code == 0, "\(evaluate.errors)")
            tables.append(try String(contentsOfFile: matrix, encoding: .utf8))
            let frozen = model.folder.file("frozen.safetensors")
            let freeze = try Program.run(["head", "freeze", head, "--model", model.path, "-o", frozen])
            #expect(freeze.code == 0, "\(freeze.errors)")
            let read = try HardenedModel(decoding: Array(try Data(contentsOf: URL(fileURLWithPath: frozen))))
            #expect(read.frozenHead == (try self.head(head)) && read.backbone == model.artifact)
            try FileManager.default.removeItem(atPath: frozen)
        }
        #expect(tables[0] == tables[1])
        // What a head states is part of what it is.
        #expect(try head(heads[0]).digest != head(heads[1]).digest)
    }

    /// The built-in model is of before: its heads state nothing, its backbone the text that every version wrote.
    @Test func theBuiltInModelIsAsItWas() throws {
        let folder = try TemporaryFolder()
        let digests = [
            "builtin:v1": "7bf8e8b07c27c8f284f4c403f24db92b6590d27ba38a773b1cff822da0f6ea27",
            "builtin:v2": "916c996dcda81a0581fb7fbd53bfc7d0b789501743e18703ae9df82056c21643",
        ]
        for (name, digest) in digests {
            let path = folder.file("head.safetensors")
            #expect(try Program.run(["head", "export", name, "-o", path]).code == 0)
            let head = try head(path)
            #expect(head.preprocessing == nil && head.digest.hex == digest)
        }
        let info = try Program.run(["model", "info"])
        #expect(
            info.output.contains(
                "preprocessing  hsf-decode-1/jpeg-islow-fancy/png-round16-over-white "
                    + "hsf-resize-1/area-down-linear-up/w12/stretch\n"), "\(info.output)")
        #expect(
            info.output.contains("b3c667d2d43e96ddfc973e148830dec253317ca127b2a94a4f86e326f81c46ec"),
            "\(info.output)")
    }

    /// A backbone of a text that this version does not know has no pictures: only tensors.
    @Test func anUnknownPreprocessingIsNamedWhereFilesWouldBeRead() throws {
        let model = try StatedModel(Planted.unknown)
        let head = try model.head(states: Planted.unknown)
        let output = model.folder.file("out")
        for arguments in [
            [
                "head", "fit", "--model", model.path, "--data", SampleTar.path, "--classes", "fashion-mnist",
                "-o", output,
            ],
            ["evaluate", model.path, "--head", head, "--data", SampleTar.path],
            ["verify", model.path, "--data", SampleTar.path],
            [
                "report", "sensitivity", model.path, "--head", head, "--data", SampleTar.path,
                "--calibration",
                SampleTar.path, "-o", output,
            ],
        ] {
            let outcome = try Program.run(arguments)
            #expect(outcome.code == 65, "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.contains("'\(Planted.unknown)' is unknown"), "\(outcome.errors)")
        }
        let info = try Program.run(["model", "info", "--model", model.path])
        #expect(info.code == 0 && info.output.contains(Planted.unknown))
        // Whether its integers are exact does not hang on pictures.
        let verify = try Program.run(["verify", model.path, "--limit", "2"])
        #expect(verify.code == 0 && verify.output.contains("reference and scalar"), "\(verify.errors)")
    }

    /// The export says what its bytes must be.
    @Test func theExportCarriesTheText() throws {
        let model = try StatedModel(Planted.torchvision)
        let output = model.folder.file("graph.onnx")
        #expect(try Program.run(["export-onnx", model.path, "-o", output]).code == 0)
        let graph = Array(try Data(contentsOf: URL(fileURLWithPath: output)))
        // An entry of metadata: field 14 of the model, its key field 1, its value field 2.
        let (key, value) = (Array("preprocessing".utf8), Array(Planted.torchvision.utf8))
        let length = value.count
        let entry =
            [0x0A, UInt8(key.count)] + key + [0x12, UInt8(length & 127 | 128), UInt8(length >> 7)] + value
        #expect(length > 127 && graph.positions(of: entry).count == 1)
    }
}

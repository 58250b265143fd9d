import Artifacts
import Foundation
import HardenedBackbone
import Testing

/// `verify`, `evaluate` and `report sensitivity`, on a small backbone made for the test.
@Suite struct EvaluationCommandTests {
    /// A backbone of a tenth of the usual width over 32x32 images, and its head.
    private struct Model {
        let folder: TemporaryFolder
        let backbone: String
        let head: String

        init() throws {
            folder = try TemporaryFolder()
            (backbone, head) = (folder.file("small.safetensors"), folder.file("head.safetensors"))
            try Self.succeed([
                "model", "initialise", "--calibration", SampleTar.path, "--images", "8", "--width", "10",
                "--size", "32", "-o", backbone,
            ])
            try Self.succeed([
                "head", "fit", "--model", backbone, "--data", SampleTar.path, "--classes", "fashion-mnist",
                "-o",
                head,
            ])
        }

        static func succeed(_ arguments: [String]) throws {
            let outcome = try Program.run(arguments)
            try #require(outcome.code == 0, "\(arguments): \(outcome.errors)")
        }

        /// The same backbone with the sign of one weight of its last layer turned.
        func flipped() throws -> String {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: backbone))
            let artifact = try BackboneArtifact(decoding: Array(bytes))
            var layers = artifact.layers
            let last = layers.removeLast()
            var weights = last.weights
            let index = try #require(weights.firstIndex { $0.magnitude == 64 })
            weights[index] = -weights[index]
            layers.append(LayerParameters(weights: weights, bias: last.bias, shift: last.shift))
            let other = try BackboneArtifact(
                network: artifact.network, inputMean: artifact.inputMean, poolShift: artifact.poolShift,
                layers: layers, activationExponents: artifact.activationExponents,
                preprocessing: artifact.preprocessing, description: artifact.description)
            let path = folder.file("flipped.safetensors")
            try Data(other.encoded()).write(to: URL(fileURLWithPath: path))
            return path
        }
    }

    @Test func theBuiltInModelIsVerifiedAgainstItsGoldenVectors() throws {
        let outcome = try Program.run(["verify", "--limit", "8"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("8 images, equal in every layer"), "\(outcome.output)")
    }

    @Test func aFlippedWeightIsFoundByGoldenVectors() throws {
        let model = try Model()
        let golden = model.folder.file("golden.jsonl")
        let images = ["--data", SampleTar.path, "--limit", "4"]
        let traced = try Program.run(["verify", model.backbone, "--trace", golden] + images)
        #expect(traced.code == 0, "\(traced.errors)")
        let same = try Program.run(["verify", model.backbone, "--golden", golden, "--data", SampleTar.path])
        #expect(same.code == 0, "\(same.errors)")
        // The altered file is sound in itself: only the golden vectors know.
        let other = try model.flipped()
        #expect(try Program.run(["verify", other] + images).code == 0)
        let found = try Program.run(["verify", other, "--golden", golden] + images)
        #expect(found.code == 1)
        #expect(found.errors.contains("image 0, layer last differs"), "\(found.errors)")
    }

    @Test func accuracyIsThatOfThePredictionsOneByOne() throws {
        let model = try Model()
        let evaluate = ["evaluate", model.backbone, "--head", model.head, "--data", SampleTar.path]
        struct Report: Decodable {
            struct Head: Decodable { let summary: Summary }
            struct Summary: Decodable { let top1: Share, foreign_images: Int }
            struct Share: Decodable { let correct: Int, images: Int }
            let heads: [Head]
        }
        let matrix = model.folder.file("confusion.csv")
        let outcome = try Program.run(evaluate + ["--json", "--confusion", matrix])
        #expect(outcome.code == 0, "\(outcome.errors)")
        let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
        let top1 = report.heads[0].summary.top1
        #expect(top1.images == 1_000 && (300..<1_000).contains(top1.correct))
        let rows = try String(contentsOfFile: matrix, encoding: .utf8).split(separator: "\n").dropFirst()
        let diagonal = rows.enumerated().reduce(0) { sum, row in
            sum + (Int(row.element.split(separator: ",")[row.offset + 1]) ?? 0)
        }
        #expect(diagonal == top1.correct && rows.count == 10)
        let share = Double(top1.correct) / 1_000
        #expect(try Program.run(evaluate + ["--at-least", "\(share - 0.001)"]).code == 0)
        let missed = try Program.run(evaluate + ["--at-least", "\(share + 0.001)"])
        #expect(missed.code == 1 && missed.errors.contains("below"))
    }

    /// The built-in eight-class head: two hundred images of the sample are of classes that it never saw.
    @Test func foreignClassesAreCountedApart() throws {
        let outcome = try Program.run(["evaluate", "--data", SampleTar.path])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("800") && outcome.output.contains("1,000"), "\(outcome.output)")
    }

    @Test func reportsAreTheSameBytesTwice() throws {
        let model = try Model()
        var files: [[Data]] = []
        for run in 0..<2 {
            let output = model.folder.file("report-\(run)")
            // Another tier must not show.
            let tier = run == 0 ? "scalar" : ISATier.supported[ISATier.supported.count - 1].rawValue
            let outcome = try Program.run([
                "report", "sensitivity", model.backbone, "--head", model.head, "--data", SampleTar.path,
                "--calibration", SampleTar.path, "--limit", "100", "--calibration-images", "4", "--isa", tier,
                "-o", output,
            ])
            #expect(outcome.code == 0, "\(outcome.errors)")
            files.append(
                try ["csv", "json", "html"].map {
                    try Data(contentsOf: URL(fileURLWithPath: "\(output)/sensitivity.\($0)"))
                })
        }
        #expect(files[0] == files[1])
        #expect(files[0].allSatisfy { !$0.isEmpty })
    }

    @Test func badInputIsRefusedWithACodeAndAdvice() throws {
        let model = try Model()
        let folder = model.folder
        let empty = folder.file("empty")
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
        let unlabelled = folder.file("unlabelled")
        try FileManager.default.createDirectory(atPath: unlabelled, withIntermediateDirectories: true)
        _ = try Program.run(
            ["-C", unlabelled, "--strip-components=1", "-xf", SampleTar.path, "t10k/000000.png"],
            executable: "/usr/bin/tar")
        let foreign = folder.file("foreign.safetensors")
        try ForeignHead.write(to: foreign, features: 1_280)
        let truncated = folder.file("truncated.safetensors")
        try Data(contentsOf: URL(fileURLWithPath: model.backbone)).dropLast(100).write(
            to: URL(fileURLWithPath: truncated))
        let golden = folder.file("bad.jsonl")
        try Data("{\"image\":0}\n".utf8).write(to: URL(fileURLWithPath: golden))
        let report = [
            "report", "sensitivity", model.backbone, "--head", model.head, "--calibration", SampleTar.path,
        ]
        let cases: [(arguments: [String], code: Int32, says: String)] = [
            (["evaluate", model.backbone, "--data", SampleTar.path], 64, "--head"),
            (["evaluate", "--data", unlabelled], 65, "has no label"),
            (["evaluate", "--data", empty], 65, "is not an image source"),
            (["evaluate", "--data", "/no/such/data"], 65, "/no/such/data"),
            (["evaluate", "--head", foreign, "--data", SampleTar.path], 65, "fitted on backbone"),
            (["evaluate", "--data", SampleTar.path, "--at-least", "94"], 64, "--at-least is 0 to 1"),
            (["evaluate", "--data", SampleTar.path, "--confusion", "x.csv"], 64, "exactly one --head"),
            (["evaluate", "--data", SampleTar.path, "--classes", "x,y"], 65, "no label is a class"),
            (["verify", truncated], 65, "truncated.safetensors"),
            (["verify", model.backbone, "--golden", golden], 65, "line 1"),
            (report + ["--data", empty, "-o", folder.file("out")], 65, "is not an image source"),
            (report + ["--data", SampleTar.path, "-o", "/proc/no"], 74, "/proc/no"),
            (report + ["--data", "-", "-o", folder.file("out")], 64, "standard input"),
        ]
        for bad in cases {
            let outcome = try Program.run(bad.arguments)
            #expect(outcome.code == bad.code, "\(bad.arguments): \(outcome.output)\(outcome.errors)")
            #expect(
                (outcome.errors + outcome.output).contains(bad.says), "\(bad.arguments): \(outcome.errors)")
        }
    }
}

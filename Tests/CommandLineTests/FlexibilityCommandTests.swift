import Foundation
import Testing

/// `report flexibility` with results of a small model made for the test.
@Suite struct FlexibilityCommandTests {
    private let folder: TemporaryFolder
    private let model: String

    init() throws {
        folder = try TemporaryFolder()
        model = folder.file("small.safetensors")
        try Self.make(model, calibrationImages: 8)
    }

    private static func make(_ path: String, calibrationImages: Int) throws {
        try succeed([
            "model", "initialise", "--calibration", SampleTar.path, "--images", "\(calibrationImages)",
            "--width", "10", "--size", "32", "-o", path,
        ])
    }

    @discardableResult
    private static func succeed(_ arguments: [String]) throws -> Program.Outcome {
        let outcome = try Program.run(arguments)
        try #require(outcome.code == 0, "\(arguments): \(outcome.errors)")
        return outcome
    }

    /// The result of a head that is fitted for `model` on so many images, over the first images of the sample.
    private func result(_ name: String, of model: String, fittedOn: Int, limit: Int = 200) throws -> String {
        let (head, path) = (folder.file("\(name).safetensors"), folder.file("\(name).json"))
        try Self.succeed([
            "head", "fit", "--model", model, "--data", SampleTar.path, "--classes", "fashion-mnist",
            "--images",
            "\(fittedOn)", "-o", head,
        ])
        let outcome = try Self.succeed([
            "evaluate", model, "--head", head, "--data", SampleTar.path, "--limit", "\(limit)", "--json",
        ])
        try Data(outcome.output.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test func cutsAreCountedModelledAndMeasured() throws {
        let other = folder.file("other.safetensors")
        try Self.make(other, calibrationImages: 9)
        let results = [
            "--frozen", try result("frozen", of: model, fittedOn: 100),
            "--head-only", try result("head", of: model, fittedOn: 900),
            "--all-layers", try result("all", of: other, fittedOn: 900),
        ]
        let (csv, html) = (folder.file("cuts.csv"), folder.file("page"))
        let shown = try Self.succeed(
            ["report", "flexibility", model, "--csv", csv, "--html", html] + results)
        #expect(shown.output.contains("Measured: a new head changes top-1 by"), "\(shown.output)")
        #expect(
            shown.lines.filter { !$0.hasPrefix("-") && !$0.hasPrefix("written") }.allSatisfy {
                $0.count <= 110
            })
        #expect(try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\n").count == 1 + 54)
        let page = try Data(contentsOf: URL(fileURLWithPath: html + "/flexibility.html"))
        try Self.succeed(["report", "flexibility", model, "--html", html] + results)
        #expect(try Data(contentsOf: URL(fileURLWithPath: html + "/flexibility.html")) == page)

        struct Report: Decodable {
            struct Result: Decodable { let correct: Int, images: Int }
            struct Measured: Decodable { let frozen: Result?, head_only: Result, all_layers: Result }
            struct Cut: Decodable { let layers: Int }
            let cuts: [Cut]
            let measured: Measured?
        }
        let record = try Self.succeed(["report", "flexibility", model, "--json"] + results)
        let report = try JSONDecoder().decode(Report.self, from: Data(record.output.utf8))
        #expect(report.cuts.map(\.layers) == [0] + Array(0...52))
        #expect(report.measured?.head_only.images == 200 && report.measured?.frozen != nil)
        let plain = try Self.succeed(["report", "flexibility", model, "--json"])
        #expect(try JSONDecoder().decode(Report.self, from: Data(plain.output.utf8)).measured == nil)
    }

    @Test func resultsThatCanNotBeComparedAreRefused() throws {
        let head = try result("head", of: model, fittedOn: 300)
        let other = folder.file("other.safetensors")
        try Self.make(other, calibrationImages: 9)
        let all = try result("all", of: other, fittedOn: 300)
        let fewer = try result("fewer", of: other, fittedOn: 300, limit: 100)
        let broken = folder.file("broken.json")
        try Data("{\"backbone\":1}".utf8).write(to: URL(fileURLWithPath: broken))
        let forged = folder.file("forged.json")
        let text = try String(contentsOfFile: all, encoding: .utf8)
        try Data(text.replacingOccurrences(of: "\"images\":200", with: "\"images\":201").utf8)
            .write(to: URL(fileURLWithPath: forged))
        for (headOnly, allLayers, says) in [
            (head, fewer, "200 and 100 images"), (head, head, "of this very backbone"),
            (all, all, "evaluate this model"), (broken, all, "evaluate --json"),
            (head, forged, "do not add up"), (head, folder.file("none"), "none"),
        ] {
            let outcome = try Program.run([
                "report", "flexibility", model, "--head-only", headOnly, "--all-layers", allLayers,
            ])
            #expect(outcome.code == 65 && outcome.errors.contains(says), "\(says): \(outcome.errors)")
        }
        let alone = try Program.run(["report", "flexibility", model, "--head-only", head])
        #expect(alone.code == 64 && alone.errors.contains("go together"), "\(alone.errors)")
    }
}

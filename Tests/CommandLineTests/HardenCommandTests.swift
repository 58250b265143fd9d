import Artifacts
import ClassifierHead
import Foundation
import HardenedBackbone
import Testing

/// `harden` of a real export, and `verify`, `evaluate` and `export-onnx` of what it wrote.
@Suite struct HardenCommandTests {
    /// What `harden --json` prints, as far as it is looked at.
    private struct Facts: Decodable {
        let backbone: String, backbone_digest: String, head: String?, head_digest: String?
        let agreement_on_calibration: Double?, zero_share: Double
        let held_out: HeldOut?, layers_of_sums: [String], search: [Row]?
        struct HeldOut: Decodable { let images: Int, agreement: Double?, agreement_low: Double? }
        struct Row: Decodable { let full_adders_counted: Int, is_chosen: Bool, layers_of_sums: [String] }
    }

    private func facts(_ outcome: Program.Outcome) throws -> Facts {
        try #require(outcome.code == 0, "\(outcome.errors)")
        return try JSONDecoder().decode(Facts.self, from: Data(outcome.output.utf8))
    }

    @Test func theSameImagesGiveTheSameBytesOnAnyNumberOfThreads() throws {
        let exported = try ExportedNetwork()
        var files: [[[UInt8]]] = []
        for threads in ["1", "3"] {
            let report = exported.folder.file("report-\(threads)")
            let outcome = try exported.harden(
                to: "model-\(threads).safetensors", ["--threads", threads, "--report", report])
            #expect(outcome.code == 0, "\(outcome.errors)")
            files.append(
                try [
                    "model-\(threads).safetensors", "model-\(threads).head.safetensors",
                    "\(report)/report.json", "\(report)/layers.csv", "\(report)/report.md",
                ].map { try exported.bytes($0) })
        }
        for (one, other) in zip(files[0], files[1]) {
            #expect(ContentDigest(of: one) == ContentDigest(of: other))
        }
        // Other images, other bytes: the calibration is not left out.
        try FileManager.default.removeItem(atPath: exported.images + "/000000.png")
        #expect(try exported.harden(to: "other.safetensors").code == 0)
        #expect(
            ContentDigest(of: try exported.bytes("other.safetensors")) != ContentDigest(of: files[0][0]))
    }

    @Test func everyWeightIsZeroOrAPowerOfTwoAndTheFactsAreTheFiles() throws {
        let exported = try ExportedNetwork()
        let outcome = try exported.harden(to: "model.safetensors", ["--json", "--name", "tiny@v7"])
        let facts = try facts(outcome)
        let artifact = try BackboneArtifact(decoding: try exported.bytes("model.safetensors"))
        let head = try ClassifierHead(decoding: try exported.bytes("model.head.safetensors"))
        #expect(artifact.network.widthPercent == 10 && artifact.network.inputSize == 32)
        let weights = artifact.layers.flatMap(\.weights)
        #expect(weights.allSatisfy { [0, 1, 2, 4, 8, 16, 32, 64].contains($0.magnitude) })
        let zeros = Double(weights.count { $0 == 0 }) / Double(weights.count)
        #expect(abs(facts.zero_share - zeros) < 1e-9)
        #expect(facts.backbone == exported.folder.file("model.safetensors"))
        #expect(facts.head == exported.folder.file("model.head.safetensors"))
        #expect(facts.backbone_digest == artifact.digest.hex && facts.head_digest == head.digest.hex)
        #expect(head.backboneDigest == artifact.digest)
        #expect(head.name == "tiny" && head.version == "v7" && head.classCount == 4)
        // Four classes: chance is a quarter.
        #expect(try #require(facts.agreement_on_calibration) >= 0.6)
        // A quarter of the sixteen images took no part.
        let heldOut = try #require(facts.held_out)
        #expect(heldOut.images == 4)
        #expect(try #require(heldOut.agreement_low) < (try #require(heldOut.agreement)) + 1e-9)
        #expect(facts.layers_of_sums.isEmpty && facts.search == nil)
        #expect(outcome.errors.contains("4 of 16 images are held out"), "\(outcome.errors)")
        #expect(outcome.errors.contains("only 4 held-out images"), "\(outcome.errors)")
        #expect(outcome.errors.contains("layer 52 of 52, last"), "\(outcome.errors)")
        #expect(outcome.errors.contains("executor equals reference"), "\(outcome.errors)")
    }

    @Test func theReportTellsOfEveryLayer() throws {
        let exported = try ExportedNetwork()
        let report = exported.folder.file("new/report")
        #expect(try exported.harden(to: "model.safetensors", ["--report", report]).code == 0)
        let digest = try BackboneArtifact(decoding: try exported.bytes("model.safetensors")).digest.hex
        struct Report: Decodable {
            struct Layer: Decodable { let name: String, weights: Int }
            struct HeldOut: Decodable { let images: Int }
            let digest: String, calibration_images: Int, held_out: HeldOut, layers: [Layer]
        }
        let json = try JSONDecoder().decode(
            Report.self, from: Data(try exported.bytes("\(report)/report.json")))
        #expect(json.digest == digest && json.calibration_images == 12 && json.held_out.images == 4)
        #expect(
            json.layers.count == 52 && json.layers.first?.name == "stem" && json.layers.last?.name == "last")
        #expect(json.layers.reduce(0) { $0 + $1.weights } == 78_848)
        let table = try String(contentsOfFile: "\(report)/layers.csv", encoding: .utf8).split(separator: "\n")
        #expect(table.count == 53 && Set(table.map { $0.count { $0 == "," } }).count == 1)
        let page = try String(contentsOfFile: "\(report)/report.md", encoding: .utf8)
        #expect(page.contains(digest) && page.contains("| b16.project |"))
    }

    @Test func weightsAsSafetensorsBringTheirClassNamesAlong() throws {
        let exported = try ExportedNetwork()
        let outcome = try exported.harden(
            ExportedNetwork.safetensors, to: "model.safetensors",
            ["--head-output", exported.folder.file("apart.safetensors")])
        #expect(outcome.code == 0, "\(outcome.errors)")
        let head = try ClassifierHead(decoding: try exported.bytes("apart.safetensors"))
        #expect(head.classNames == ["eins", "zwei", "drei", "vier", "fünf"])
        let renamed = try exported.harden(
            ExportedNetwork.safetensors, to: "other.safetensors", ["--classes", "a,b,c,d,e"])
        #expect(renamed.code == 0, "\(renamed.errors)")
        let other = try ClassifierHead(decoding: try exported.bytes("other.head.safetensors"))
        #expect(other.classNames == ["a", "b", "c", "d", "e"] && other.weights == head.weights)
    }

    @Test func exponentsAndPruningReachTheArtefact() throws {
        let exported = try ExportedNetwork()
        let facts = try facts(
            try exported.harden(to: "model.safetensors", ["--exponents", "3", "--prune", "0.5", "--json"]))
        let layers = try BackboneArtifact(decoding: try exported.bytes("model.safetensors")).layers
        #expect(Set(layers.flatMap(\.weights).map(\.magnitude)) == [0, 16, 32, 64])
        #expect(facts.zero_share > 0.45 && facts.zero_share < 0.65, "\(facts.zero_share)")
        // Fewer images are other images.
        var files: [[UInt8]] = []
        for (name, more) in [("eight", ["--images", "8"]), ("none", ["--images", "8", "--steps", "none"])] {
            #expect(try exported.harden(to: name, more).code == 0)
            files.append(try exported.bytes(name))
        }
        let stepsCount = files[0] != files[1]
        #expect(stepsCount)
        let artifact = try BackboneArtifact(decoding: files[0])
        #expect(artifact.description.contains("6 calibration images"), "\(artifact.description)")
    }

    @Test func whatWasWrittenIsVerifiedAndEvaluated() throws {
        let exported = try ExportedNetwork()
        let facts = try facts(try exported.harden(to: "model.safetensors", ["--json"]))
        let verified = try Program.run(["verify", facts.backbone, "--data", exported.images, "--limit", "4"])
        #expect(verified.code == 0, "\(verified.errors)")
        #expect(verified.output.contains(facts.backbone_digest), "\(verified.output)")
        #expect(verified.output.contains("0 illegal"), "\(verified.output)")
        // The head belongs to it: it answers labelled images.
        let evaluated = try Program.run([
            "evaluate", facts.backbone, "--head", try #require(facts.head), "--data", SampleTar.path,
            "--classes", "class 0,class 1,class 2,class 3,x4,x5,x6,x7,x8,x9", "--json",
        ])
        #expect(evaluated.code == 0, "\(evaluated.errors)")
        #expect(evaluated.output.contains("\"foreign_images\":600"), "\(evaluated.output)")
        // One bit of the file turned, and it is refused.
        var bytes = try exported.bytes("model.safetensors")
        bytes[bytes.count - 1_000] ^= 1
        let flipped = try exported.write(bytes, to: "flipped.safetensors")
        #expect(try Program.run(["verify", flipped]).code == 65)
    }

    @Test func aBadImageAmongGoodOnesIsPassedOverAndTold() throws {
        let exported = try ExportedNetwork()
        #expect(try exported.harden(to: "clean").code == 0)
        try Data("no picture".utf8).write(to: URL(fileURLWithPath: exported.images + "/000003b.png"))
        let outcome = try exported.harden(to: "dirty")
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("passed over 1 unreadable"), "\(outcome.errors)")
        #expect(outcome.errors.contains("000003b.png"), "\(outcome.errors)")
        #expect(
            ContentDigest(of: try exported.bytes("clean")) == ContentDigest(of: try exported.bytes("dirty")))
    }

    @Test func sumsOfTwoPowersGoThroughEveryCommand() throws {
        let exported = try ExportedNetwork()
        let facts = try facts(try exported.harden(to: "model.safetensors", ["--terms", "2", "--json"]))
        let artifact = try BackboneArtifact(decoding: try exported.bytes("model.safetensors"))
        #expect(facts.layers_of_sums == artifact.network.layers.map(\.name))
        #expect(artifact.layers.allSatisfy { $0.terms == 2 })
        let verified = try Program.run(["verify", facts.backbone, "--data", exported.images, "--limit", "4"])
        #expect(verified.code == 0, "\(verified.errors)")
        #expect(verified.output.contains("sums of two powers of two"), "\(verified.output)")
        for command in [
            ["model", "info", "--model", facts.backbone], ["chip", "report", facts.backbone, "--json"],
            ["export-onnx", facts.backbone, "-o", exported.folder.file("model.onnx")],
            [
                "head", "freeze", try #require(facts.head), "--model", facts.backbone, "-o",
                exported.folder.file("frozen"),
            ],
            ["verify", exported.folder.file("frozen")],
        ] {
            let outcome = try Program.run(command)
            #expect(outcome.code == 0, "\(command): \(outcome.errors)")
        }
    }

    @Test func aSearchPrintsWhatEverySetOfLayersCosts() throws {
        let exported = try ExportedNetwork()
        let report = exported.folder.file("report")
        let outcome = try exported.harden(
            to: "model.safetensors", ["--drop", "0", "--hold-out", "0.5", "--report", report, "--json"])
        let found = try facts(outcome)
        let rows = try #require(found.search)
        #expect(rows.count >= 2 && rows.count { $0.is_chosen } == 1)
        let adders = rows.map(\.full_adders_counted)
        #expect(adders == adders.sorted() && adders[0] < adders[adders.count - 1])
        let chosen = try #require(rows.first { $0.is_chosen })
        #expect(Set(found.layers_of_sums).isSubset(of: chosen.layers_of_sums))
        let table = try String(contentsOfFile: "\(report)/terms.csv", encoding: .utf8).split(separator: "\n")
        #expect(table.count == rows.count + 1)
        #expect(
            outcome.errors.contains("one of 8 held-out images is more than 0.0 points"), "\(outcome.errors)")
        let plain = try exported.harden(to: "plain.safetensors", ["--drop", "100", "--hold-out", "0.5"])
        #expect(plain.code == 0 && plain.output.contains("FULL ADDERS (COUNTED)"), "\(plain.output)")
        #expect(plain.output.contains("chosen"), "\(plain.output)")
    }

    @Test(arguments: [
        (["--terms", "3"], "--terms is 1 or 2, not 3"),
        (["--terms", "2", "--drop", "1"], "leave --terms out"),
        (["--drop", "101"], "--drop is 0 to 100"), (["--hold-out", "0.95"], "--hold-out is 0 to 0.9"),
        (["--drop", "1", "--hold-out", "0"], "give a --hold-out above 0"),
    ])
    func optionsThatMakeNoSenseAreRefusedBeforeTheWork(_ options: [String], _ message: String) throws {
        let outcome = try ExportedNetwork().harden(to: "model.safetensors", options)
        #expect(outcome.code == 64, "\(outcome.code)")
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }
}

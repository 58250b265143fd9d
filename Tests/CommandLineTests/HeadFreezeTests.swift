import Artifacts
import ClassifierHead
import Foundation
import HardenedBackbone
import HardenedModel
import Testing

/// `head freeze`, and every command that takes a model, with a frozen one.
@Suite struct HeadFreezeTests {
    private let quick: QuickModel
    private let folder: TemporaryFolder
    private let frozen: String
    private var headPath: String { quick.heads[0] }

    init() throws {
        quick = try QuickModel(tenClassesOnly: true)
        folder = try TemporaryFolder()
        frozen = folder.file("frozen.safetensors")
        let outcome = try Program.run(["head", "freeze", quick.heads[0], "--model", quick.path, "-o", frozen])
        try #require(outcome.code == 0, "\(outcome.errors)")
    }

    private func read(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// Runs a command that must succeed; its JSON object.
    private func json(_ arguments: [String]) throws -> [String: Any] {
        let outcome = try Program.run(arguments + ["--json"])
        try #require(outcome.code == 0, "\(arguments): \(outcome.errors)")
        return try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    @Test func theFileHoldsBothPartsAndTheSameCommandGivesTheSameBytes() throws {
        let model = try HardenedModel(decoding: try read(frozen))
        let head = try ClassifierHead(decoding: try read(headPath))
        #expect(model.frozenHead == head)
        #expect(model.backbone.encoded() == (try read(quick.path)))
        let again = folder.file("again.safetensors")
        let facts = try json(["head", "freeze", headPath, "--model", quick.path, "-o", again])
        #expect(try read(again) == (try read(frozen)))
        #expect(facts["digest"] as? String == model.digest.hex)
        #expect(facts["open_digest"] as? String == model.backbone.digest.hex)
        #expect(facts["head"] as? String == "quick@v2" && facts["classes"] as? Int == 10)
        #expect(facts["shifted_adds"] as? Int == head.signedDigitCount)
        let renamed = folder.file("renamed.safetensors")
        let other = try json([
            "head", "freeze", headPath, "--as", "line@7", "--model", quick.path, "-o", renamed,
        ])
        #expect(other["head"] as? String == "line@7" && other["digest"] as? String != model.digest.hex)
        #expect(other["head_digest"] as? String == head.digest.hex)
    }

    @Test func infoAndVerifyNameTheHead() throws {
        let model = try HardenedModel(decoding: try read(frozen))
        let info = try json(["model", "info", "--model", frozen])
        #expect(info["digest"] as? String == model.digest.hex)
        #expect(info["open_digest"] as? String == model.backbone.digest.hex)
        #expect(info["frozen_head"] as? String == "quick@v2")
        #expect(try json(["model", "info", "--model", quick.path])["frozen_head"] == nil)
        let verify = try Program.run(["verify", frozen, "--limit", "4"])
        #expect(verify.code == 0, "\(verify.errors)")
        #expect(
            verify.output.contains("frozen head   quick@v2: reference and all tiers give the same logits"))
        let doctor = try Program.run(["doctor", "--model", frozen])
        #expect(doctor.output.contains("head quick@v2 frozen"), "\(doctor.output)")
    }

    @Test func evaluateSaysWhatTheOpenBackboneAndTheHeadSay() throws {
        struct Report: Decodable {
            struct Head: Decodable { let head: String, digest: String, summary: Summary }
            struct Summary: Decodable { let top1: Share, top5: Share }
            struct Share: Decodable, Equatable { let correct: Int, images: Int }
            let backbone: String
            let heads: [Head]
        }
        func report(_ arguments: [String]) throws -> Report {
            let outcome = try Program.run(["evaluate"] + arguments + ["--data", SampleTar.path, "--json"])
            #expect(outcome.code == 0, "\(outcome.errors)")
            return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
        }
        let matrices = ["frozen.csv", "open.csv"].map { folder.file($0) }
        let mine = try report([frozen, "--confusion", matrices[0]])
        let open = try report([quick.path, "--head", headPath, "--confusion", matrices[1]])
        #expect(mine.heads.count == 1 && mine.heads[0].digest == open.heads[0].digest)
        #expect(mine.heads[0].summary.top1 == open.heads[0].summary.top1)
        #expect(mine.heads[0].summary.top5 == open.heads[0].summary.top5)
        #expect(mine.backbone != open.backbone)
        #expect(try read(matrices[0]) == (try read(matrices[1])))
        // Its own head may be named; it is the same one.
        #expect(try report([frozen, "--head", headPath]).heads[0].digest == mine.heads[0].digest)
    }

    @Test func exportsAreThoseOfTheOpenBackboneWithTheHead() throws {
        let files = ["frozen.onnx", "open.onnx"].map { folder.file($0) }
        for arguments in [
            ["export-onnx", frozen, "-o", files[0]],
            ["export-onnx", quick.path, "--head", headPath, "-o", files[1]],
        ] {
            let outcome = try Program.run(arguments)
            #expect(outcome.code == 0, "\(outcome.errors)")
        }
        #expect(try read(files[0]) == (try read(files[1])))
    }

    @Test func whatWouldChangeTheHeadIsRefusedWithThatReason() throws {
        let output = folder.file("out.safetensors")
        let data = ["--data", SampleTar.path]
        let other = folder.file("other.safetensors")
        try ForeignHead.write(to: other)
        for arguments in [
            ["head", "fit", "--model", frozen, "--classes", "fashion-mnist", "-o", output] + data,
            ["head", "freeze", other, "--model", frozen, "-o", output],
            ["evaluate", frozen, "--head", other] + data,
            ["export-onnx", frozen, "--head", other, "-o", output],
            ["demo", "--model", frozen],
        ] {
            let outcome = try Program.run(arguments)
            #expect(outcome.code == 76, "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.contains("head quick@v2 ("), "\(arguments): \(outcome.errors)")
            #expect(
                outcome.errors.contains("is frozen into backbone")
                    && outcome.errors.contains("only an open backbone takes another head"))
        }
        #expect(!FileManager.default.fileExists(atPath: output))
    }

    @Test func badInputIsRefusedAndNothingIsWritten() throws {
        let output = folder.file("out.safetensors")
        let foreign = folder.file("foreign.safetensors")
        try ForeignHead.write(to: foreign, features: 640)
        let other = folder.file("other.safetensors")
        try ForeignHead.write(to: other)
        let damaged = folder.file("damaged.safetensors")
        var bytes = try read(frozen)
        bytes[bytes.count - 1] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: damaged))
        let cut = folder.file("cut.safetensors")
        try Data(try read(frozen).dropLast(100)).write(to: URL(fileURLWithPath: cut))
        let freeze = ["head", "freeze", "-o", output]
        for (arguments, code, says) in [
            (freeze + [foreign, "--model", quick.path], 65, "takes 640 features"),
            (freeze + [other], 65, "fitted on backbone"),
            (freeze + [headPath], 65, "fitted on images of preprocessing \"none\""),
            (freeze + ["/no/such/head", "--model", quick.path], 65, "/no/such/head"),
            (freeze + [quick.path, "--model", quick.path], 65, "head file: schema"),
            (freeze + [headPath, "--model", quick.path, "--as", "a b"], 64, "--as is name@version"),
            (["head", "freeze", headPath, "--model", quick.path, "-o", quick.path], 64, "is an input"),
            (
                ["head", "freeze", headPath, "--model", quick.path, "-o", headPath], 64,
                "is an input"
            ),
            (["head", "freeze", headPath, "--model", quick.path, "-o", "/proc/no"], 74, "/proc/no"),
            (["verify", damaged], 65, "damaged"),
            (["model", "info", "--model", cut], 65, "cut.safetensors"),
        ] as [([String], Int32, String)] {
            let outcome = try Program.run(arguments)
            #expect(outcome.code == code, "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.contains(says), "\(arguments): \(outcome.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: output))
        #expect(try ClassifierHead(decoding: try read(headPath)).name == "quick")
    }

    @Test func theBuiltInHeadFreezesIntoTheBuiltInBackbone() throws {
        let output = folder.file("builtin.safetensors")
        let outcome = try Program.run(["head", "freeze", "builtin:v2", "--as", "fashion@v2", "-o", output])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try HardenedModel(decoding: try read(output)).frozenHead?.classCount == 10)
    }
}

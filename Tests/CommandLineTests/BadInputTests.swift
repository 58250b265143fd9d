import Foundation
import Testing

/// Bad flags, files and brokers: each ends with the documented code and a line that says what to do.
@Suite(.serialized) struct BadInputTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let arguments: [String]
        let code: Int32
        let says: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    private static let nowhere = ["--brokers", "127.0.0.1:1"]

    static let cases: [Case] = [
        Case(
            arguments: ["ingest", "--shard-images", "0"] + nowhere, code: 64, says: "--shard-images is 1 to"),
        Case(arguments: ["worker", "--replicas", "0"] + nowhere, code: 64, says: "--replicas is 1 to"),
        Case(arguments: ["worker", "--isa", "mmx"] + nowhere, code: 64, says: "mmx"),
        Case(arguments: ["worker", "--model", "/no/such/file"] + nowhere, code: 65, says: "/no/such/file"),
        Case(arguments: ["worker", "--delivery", "twice"] + nowhere, code: 64, says: "delivery"),
        Case(arguments: ["fleet", "up", "--workers", "0"] + nowhere, code: 64, says: "--workers is 1 to"),
        Case(arguments: ["head", "push", "/no/such/head"] + nowhere, code: 65, says: "/no/such/head"),
        Case(arguments: ["replay", "nonsense"] + nowhere, code: 64, says: "TOPIC/PARTITION@OFFSET#INDEX"),
        Case(arguments: ["predictions"] + nowhere, code: 69, says: "127.0.0.1:1"),
        Case(
            arguments: ["topics", "list", "-X", "no.such.property=1"] + nowhere, code: 64,
            says: "no.such.property"),
        Case(arguments: ["topics", "list", "-X", "novalue"] + nowhere, code: 64, says: "novalue"),
        Case(
            arguments: ["topics", "list", "--topic-prefix", "a b"] + nowhere, code: 64, says: "--topic-prefix"
        ),
        Case(
            arguments: ["topics", "list", "--kafka-config", "/no/such/config"] + nowhere, code: 66,
            says: "/no/such/config"),
        Case(
            arguments: ["doctor", "--kafka-config", "/no/such/config"] + nowhere, code: 66,
            says: "/no/such/config"),
        Case(arguments: ["doctor", "--topic-prefix", "a b"] + nowhere, code: 64, says: "--topic-prefix"),
        Case(
            arguments: ["doctor", "-X", "no.such.property=1"] + nowhere, code: 64, says: "no.such.property"),
        Case(
            arguments: ["ingest", "a/today.tar", "b/today.tar"] + nowhere, code: 64,
            says: "two sources are stream today.tar: name them, NAME=SOURCE each"),
        Case(
            arguments: ["ingest", "--stream", "line-a\r", SampleTar.path] + nowhere, code: 64,
            says: "a stream name has 1 to 256 bytes without control characters, not 'line-a"),
        Case(
            arguments: ["fleet", "drain", "--worker", "w", "--name", "n"] + nowhere, code: 64,
            says: "--worker and --name exclude each other"),
        Case(arguments: ["frobnicate"], code: 64, says: "frobnicate"),
        Case(arguments: ["head", "export", "builtin:v1", "-o", "/dev/full"], code: 74, says: "/dev/full"),
    ]

    @Test(arguments: cases)
    func isRefusedWithACodeAndAdvice(_ bad: Case) throws {
        let outcome = try Program.run(bad.arguments, seconds: 40)
        #expect(outcome.code == bad.code, "\(outcome.output)\(outcome.errors)")
        #expect((outcome.errors + outcome.output).contains(bad.says), "\(outcome.errors)")
    }

    @Test func artefactsAndHeadsWithAFlippedBitAreRefused() throws {
        let folder = try TemporaryFolder()
        let data = URL(fileURLWithPath: SampleTar.path).deletingLastPathComponent()
        for (file, command) in [
            ("backbone.safetensors", ["model", "info", "--model"]),
            ("head-v1.safetensors", ["head", "push"]),
        ] {
            var bytes = try Data(contentsOf: data.appendingPathComponent(file))
            bytes[bytes.count / 2] ^= 4
            let path = folder.file(file)
            try bytes.write(to: URL(fileURLWithPath: path))
            let outcome = try Program.run(command + [path] + (command[0] == "head" ? Self.nowhere : []))
            #expect(outcome.code == 65, "\(file): \(outcome.errors)")
            #expect(outcome.errors.contains("digest"), "\(outcome.errors)")
        }
    }

    @Test func fullDiskEndsWithTheOutputCode() throws {
        let outcome = try Program.run(
            ["-c", "\(Program.path) model info > /dev/full"], executable: "/bin/sh")
        #expect(outcome.code == 74)
        #expect(outcome.errors.contains("can not write output"))
    }

    @Test func missingTopicsAreNamedWithTheCommandThatMakesThem() throws {
        let deployment = try Deployment(workers: 0)
        for command in [["worker"], ["coordinator"], ["ingest"], ["predictions"]] {
            let outcome = try Program.run(
                command + ["--brokers", deployment.brokers, "--topic-prefix", "other"], seconds: 40)
            #expect(outcome.code == 69, "\(command): \(outcome.errors)")
            #expect(outcome.errors.contains("other."), "\(outcome.errors)")
            #expect(outcome.errors.contains("start hashiflex broker with --topic-prefix other"))
        }
    }

    @Test func transactionsOfTheEmbeddedBrokerAreRefused() throws {
        let deployment = try Deployment(workers: 0)
        let once = ["--delivery", "exactly-once"]
        let link = ["--brokers", deployment.brokers]
        for words in [["worker"] + link, ["fleet", "up"] + link, ["demo"], ["bench", "pipeline"]] {
            let outcome = try Program.run(words + once)
            #expect(
                outcome.code == 64 && outcome.errors.contains("needs transactions"),
                "\(words): \(outcome.errors)")
        }
    }

    @Test func aMeasurementOnTopicsThatAreInUseIsRefused() throws {
        let deployment = try Deployment(workers: 0)
        try deployment.succeed("ingest", "--images", "8")
        let outcome = try deployment.run("bench", "pipeline")
        #expect(
            outcome.code == 76 && outcome.errors.contains("hashiflex.shards is in use"), "\(outcome.errors)")
    }

    @Test func corruptImagesAndShardsAreReportedAndTheStreamGoesOn() throws {
        let deployment = try Deployment(workers: 1)
        try deployment.push("builtin:v2")
        let folder = try TemporaryFolder()
        // Bytes that begin like a PNG and end nowhere: sent, and answered by an error record.
        let images = folder.file("images")
        try FileManager.default.createDirectory(atPath: images, withIntermediateDirectories: true)
        try Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3]).write(
            to: URL(fileURLWithPath: images + "/broken.png"))
        _ = try Program.run(
            ["-C", images, "--strip-components=1", "-xf", SampleTar.path, "t10k/000000.png"],
            executable: "/usr/bin/tar")
        try deployment.succeed("ingest", "mixed=\(images)")
        // Records that are no shards at all, written by another program.
        for bad in ["hello", "HSFSHARD", ""] {
            let path = folder.file("bad")
            try Data(bad.utf8).write(to: URL(fileURLWithPath: path))
            let sent = try Program.run(
                ["-P", "-b", deployment.brokers, "-t", "hashiflex.shards", "-p", "3", "-k", "evil", path],
                executable: "/usr/bin/kcat")
            #expect(sent.code == 0, "\(sent.errors)")
        }
        // One that is larger than the worker itself may write: its reason goes, the worker stays.
        let huge = folder.file("huge")
        try Data(repeating: 7, count: 1_200_000).write(to: URL(fileURLWithPath: huge))
        let sent = try Program.run(
            [
                "-P", "-b", deployment.brokers, "-t", "hashiflex.shards", "-p", "3", "-k", "evil", "-X",
                "message.max.bytes=5000000", huge,
            ], executable: "/usr/bin/kcat")
        #expect(sent.code == 0, "\(sent.errors)")
        try deployment.succeed("ingest", "after=\(SampleTar.path)", "--images", "20")
        let count = try deployment.waitForPredictions(22)
        #expect(count.images == 22)
        let lines = try deployment.succeed("predictions", "--stream", "mixed").lines
        #expect(lines.contains { $0.contains("\"error\":") && $0.contains("broken.png") }, "\(lines)")
        let letters = try Program.run(
            [
                "-C", "-b", deployment.brokers, "-t", "hashiflex.dead-letters", "-o", "beginning", "-e", "-q",
                "-f", "%h\n",
            ], executable: "/usr/bin/kcat")
        #expect(
            letters.lines.count { $0.contains("not-a-shard") || $0.contains("truncated") } >= 2,
            "\(letters.output)")
    }
}

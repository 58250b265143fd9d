import Foundation
import Testing

/// examples/python: a gateway and a reader that know the schemas only, on a client library that is not ours.
@Suite(
    .serialized,
    .enabled(if: PythonClient.isInstalled, "apt-get install python3-confluent-kafka python3-xxhash"))
struct PythonExampleTests {
    private func run(_ script: String, _ arguments: [String]) throws -> Program.Outcome {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("examples/python/\(script)").path
        return try Program.run(["-B", path] + arguments, executable: PythonClient.path)
    }

    @Test(.timeLimit(.minutes(3))) func writtenShardsBecomePredictionsThatAreReadOnce() throws {
        let deployment = try Deployment(workers: 1)
        try deployment.push("builtin:v2")
        let folder = try TemporaryFolder()
        _ = try Program.run(
            ["-C", folder.path, "--strip-components=1", "-xf", SampleTar.path], executable: "/usr/bin/tar")
        let names = Array(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".png") }
                .sorted().prefix(40))
        try #require(names.count == 40)
        let written = try run(
            "write_shards.py",
            [deployment.brokers, "gateway", "--shard-images", "7"] + names.map { folder.file($0) })
        #expect(written.code == 0, "\(written.errors)")
        #expect(written.output == "40 images in 6 shards, 6 acknowledged\n")
        #expect(try deployment.waitForPredictions(40).images == 40)
        #expect(try deployment.run("audit", "--images", "40").code == 0)

        let read = try run("read_predictions.py", [deployment.brokers])
        #expect(read.code == 0, "\(read.errors)")
        let records = try read.lines.map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(records.compactMap { $0["id"] as? String }.sorted() == names)
        #expect(records.allSatisfy { $0["stream"] as? String == "gateway" && $0["error"] == nil })
        let first = try #require(records.first)
        let replay = try deployment.run(
            "replay",
            "\(first["topic"] ?? "")/\(first["partition"] ?? "")@\(first["offset"] ?? "")#\(first["index"] ?? "")"
        )
        #expect(replay.output.hasPrefix("MATCH"), "\(replay.output)\(replay.errors)")

        let later = try Program.run(
            ["-P", "-b", deployment.brokers, "-t", "hashiflex.predictions", "-p", "0", "-k", "later"],
            input: Data(#"{"schema":"prediction/2"}"#.utf8), executable: "/usr/bin/kcat")
        try #require(later.code == 0, "\(later.errors)")
        let refused = try run("read_predictions.py", [deployment.brokers])
        #expect(refused.code == 1)
        #expect(refused.errors.contains("later is a prediction/2, not prediction/1"), "\(refused.errors)")
    }

    @Test(.timeLimit(.minutes(1))) func whatIsNotAcknowledgedIsSaid() throws {
        let folder = try TemporaryFolder()
        try Data(repeating: 7, count: 1_000).write(to: URL(fileURLWithPath: folder.file("small.png")))
        try Data(repeating: 7, count: 1_000_000).write(to: URL(fileURLWithPath: folder.file("large.png")))
        let written = try run(
            "write_shards.py",
            ["127.0.0.1:9", "gateway", folder.file("small.png"), folder.file("large.png")]
                + ["-X", "delivery.timeout.ms=1500"])
        #expect(written.code == 1)
        #expect(written.output == "2 images in 2 shards, 0 acknowledged\n")
        #expect(written.errors.contains("Message size too large"), "\(written.errors)")
        #expect(written.errors.contains("Message timed out"), "\(written.errors)")
    }
}

/// Debian's Python with the client library that the examples use.
enum PythonClient {
    static let path = "/usr/bin/python3"
    static let isInstalled =
        (try? Program.run(["-c", "import confluent_kafka, xxhash"], executable: path).code) == 0
}

import Foundation
import Testing

/// A script below Tests.
private func run(_ script: String, _ arguments: [String] = []) throws -> Program.Outcome {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent(script).path
    return try Program.run(["-B", path] + arguments, executable: PythonClient.path)
}

/// What judges the chaos runs (Tests/Kafka/chaos) and those on silent networks (Tests/Network/run): faults are planted in
/// topics that are made up. Needs neither a broker nor the client library.
struct PlantedFaultTests {
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            "Reader/head_rule_test.py", "Reader/judgement_test.py", "Reader/reader_test.py",
            "Network/verdict_test.py",
        ])
    func everyPlantedFaultIsFound(_ script: String) throws {
        let outcome = try run(script)
        #expect(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
        // A file without tests ends with 0, too.
        #expect(!outcome.errors.contains("Ran 0 tests"), "\(outcome.errors)")
    }
}

/// Tests/Reader/reader.py, the reader that is not ours and on which those runs rest, beside a deployment.
@Suite(
    .enabled(if: PythonClient.isInstalled, "apt-get install python3-confluent-kafka python3-xxhash"))
struct KafkaReaderTests {
    @Test(.timeLimit(.minutes(3))) func itCountsWhatADeploymentDid() throws {
        let deployment = try Deployment(workers: 1)
        try deployment.push("builtin:v2")
        try deployment.succeed("ingest", "--images", "40", "--shard-images", "7")
        let folder = try TemporaryFolder()
        let summary = folder.file("summary")
        let right = try run(
            "Reader/reader.py",
            [deployment.brokers, "--images", "40", "--wait", "30", "--sent-once", "--summary-json", summary])
        #expect(right.code == 0, "\(right.output)\(right.errors)")
        #expect(
            right.lines.contains { $0.hasPrefix("pushes_in_force") && $0.hasSuffix(" 1") }, "\(right.output)")
        let facts = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(fileURLWithPath: summary)))
        #expect((facts as? [String: Any])?["predictions"] as? Int == 40, "\(facts)")
        let wrong = try run("Reader/reader.py", [deployment.brokers, "--images", "41"])
        #expect(wrong.code == 1)
        #expect(
            wrong.output.contains("WRONG 40 images are in the shards, 41 were sent"), "\(wrong.output)")
    }
}

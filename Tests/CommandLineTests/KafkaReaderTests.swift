import Foundation
import Testing

/// Tests/Kafka/reader.py, the reader that is not ours and on which the chaos runs rest.
@Suite(
    .enabled(if: PythonClient.isInstalled, "apt-get install python3-confluent-kafka python3-xxhash"))
struct KafkaReaderTests {
    private func run(_ script: String, _ arguments: [String] = []) throws -> Program.Outcome {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Kafka/\(script)").path
        return try Program.run(["-B", path] + arguments, executable: PythonClient.path)
    }

    @Test(.timeLimit(.minutes(1))) func everyPlantedFaultIsFound() throws {
        let outcome = try run("check_reader.py")
        #expect(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
    }

    @Test(.timeLimit(.minutes(3))) func itCountsWhatADeploymentDid() throws {
        let deployment = try Deployment(workers: 1)
        try deployment.push("builtin:v2")
        try deployment.succeed("ingest", "--images", "40", "--shard-images", "7")
        let right = try run("reader.py", [deployment.brokers, "--images", "40", "--wait", "30"])
        #expect(right.code == 0, "\(right.output)\(right.errors)")
        #expect(
            right.lines.contains { $0.hasPrefix("pushes_in_force") && $0.hasSuffix(" 1") }, "\(right.output)")
        let wrong = try run("reader.py", [deployment.brokers, "--images", "41"])
        #expect(wrong.code == 1)
        #expect(
            wrong.output.contains("WRONG 40 images are in the shards, 41 were sent"), "\(wrong.output)")
    }
}

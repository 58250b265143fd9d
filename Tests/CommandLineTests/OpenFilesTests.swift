import Testing

/// A process that may not open enough files says so at its start; it would run and do nothing.
@Suite(.serialized) struct OpenFilesTests {
    private static func limited(_ limit: String, _ command: String, _ brokers: String) -> [String] {
        ["-c", "ulimit \(limit); exec \"$0\" \(command) --brokers \(brokers)", Program.path]
    }

    @Test func tooFewAreNamedByEveryServer() throws {
        let deployment = try Deployment(workers: 0)
        for command in ["worker", "coordinator", "ingest"] {
            let outcome = try Program.run(
                Self.limited("-n 48", command, deployment.brokers), executable: "/bin/sh", seconds: 20)
            #expect(outcome.code == 69, "\(command): \(outcome.errors)")
            #expect(
                outcome.errors.contains("may open 48 files") && outcome.errors.contains("ulimit -n"),
                "\(command): \(outcome.errors)")
        }
    }

    @Test func aSoftLimitIsRaised() throws {
        let deployment = try Deployment(workers: 0)
        let worker = try Background(
            Self.limited("-S -n 48", "worker --replicas 1", deployment.brokers), executable: "/bin/sh")
        #expect(eventually(seconds: 30) { worker.text.contains("is ready") }, "\(worker.text)")
        #expect(worker.finish() == 0)
    }
}

import Foundation
import PipelineMessages
import Testing

/// What `topics acls` prints, run by a shell against a real Kafka. Besides the broker it needs Kafka's own command on PATH,
/// which Tests/Kafka/run puts there.
@Suite(
    .serialized,
    .enabled(
        if: SecuredBroker.isOffered && SecuredBroker.hasTool,
        "HASHIFLEX_TEST_BOOTSTRAP and HASHIFLEX_TEST_SASL name no real broker, or kafka-acls.sh is not on PATH"
    )
)
struct PrintedAccessTests {
    private static let roles = ["worker", "coordinator", "camera", "operator", "reader"]

    private func shell(_ text: String) throws {
        let outcome = try Program.run(["-e", "-c", text], executable: "/bin/sh", seconds: 180)
        try #require(outcome.code == 0, "\(text)\n\(outcome.output)\(outcome.errors)")
    }

    @Test(.timeLimit(.minutes(6))) func thePrintedCommandsAreEnoughForExactlyOnceAndNeeded() throws {
        let topics = try #require(
            TopicNames(prefix: "hashiflex-acls-\(UUID().uuidString.prefix(8).lowercased())"))
        let open = ["--brokers", try #require(SecuredBroker.open), "--topic-prefix", topics.prefix]
        let created = try Program.run(["topics", "create", "--partitions", "4"] + open)
        try #require(created.code == 0, "\(created.errors)")
        let printed = try Program.run(
            ["topics", "acls", "--exactly-once"] + open
                + Self.roles.flatMap { ["--principal", "\($0)=User:\($0)"] })
        try #require(printed.code == 0, "\(printed.errors)")
        try shell(printed.output)

        let worker = ["worker", "--replicas", "1", "--name", "w", "--delivery", "exactly-once"]
        let coordinator = try SecuredBroker.start("coordinator", ["coordinator"], topics)
        let running = try SecuredBroker.start("worker", worker, topics)
        #expect(eventually(seconds: 60) { running.text.contains("is ready") }, "\(running.text)")
        let push = try SecuredBroker.run("operator", ["head", "push", "builtin:v2"], topics)
        #expect(push.code == 0, "\(push.errors)\n\(coordinator.text)\n\(running.text)")
        let ingest = try SecuredBroker.run("camera", ["ingest", "--images", "64"], topics)
        #expect(ingest.code == 0, "\(ingest.errors)")
        let done = try eventually(seconds: 60) {
            try SecuredBroker.run("reader", ["audit", "--images", "64"], topics).code == 0
        }
        #expect(done, "\(running.text)")
        #expect(running.finish() == 0)
        #expect(coordinator.finish() == 0)

        let line = try #require(printed.lines.first { $0.contains(" --transactional-id ") })
        try shell(line.replacingOccurrences(of: " --add ", with: " --remove --force "))
        let refused = try SecuredBroker.run("worker", worker, topics)
        #expect(refused.code == 69, "\(refused.errors)")
        #expect(
            refused.errors.contains(
                "User:worker has no right to Write on transactional-id \(topics.transactionPrefix)w"),
            "\(refused.errors)")
    }
}

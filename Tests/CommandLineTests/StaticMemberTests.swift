import Foundation
import Kafka
import PipelineMessages
import Testing

/// Workers that their group remembers by name. The embedded broker remembers nobody: what it takes runs on a real one.
@Suite(.serialized) struct StaticMemberTests {
    @Test func aNameIsNeededAndABrokerThatKeepsIt() throws {
        let nameless = try Program.run(["worker", "--static-member"])
        #expect(nameless.code == 64 && nameless.errors.contains("needs --name"), "\(nameless.errors)")
        let topics = TopicPlan.all(.standard, partitions: 2).map { ($0.name, $0.partitions) }
        let broker = try EmbeddedBroker(topics: topics + [(TopicNames.embeddedBrokerSign, 1)])
        defer { broker.close() }
        for command in [["worker", "--name", "w"], ["fleet", "up", "--workers", "1"]] {
            let outcome = try Program.run(
                command + ["--static-member", "--brokers", broker.bootstrap], seconds: 60)
            #expect(outcome.code == 64, "\(outcome.errors)")
            #expect(
                outcome.errors.contains("the embedded broker does not remember members"), "\(outcome.errors)")
        }
    }

    /// The dead one's membership would last for a minute.
    @Test(
        .enabled(if: SecuredBroker.open != nil, "HASHIFLEX_TEST_BOOTSTRAP names no real broker"),
        .timeLimit(.minutes(4)))
    func aWorkerThatIsStartedAgainUnderItsNameGoesOnAtOnce() throws {
        let prefix = "hashiflex-test-\(UUID().uuidString.prefix(8).lowercased())"
        let link = ["--brokers", try #require(SecuredBroker.open), "--topic-prefix", prefix]
        func succeed(_ arguments: String...) throws {
            let outcome = try Program.run(arguments + link, seconds: 60)
            try #require(outcome.code == 0, "\(arguments): \(outcome.output)\(outcome.errors)")
        }
        func start() throws -> Background {
            try Background(
                [
                    "worker", "--name", "w", "--static-member", "--replicas", "1", "--delivery",
                    "exactly-once", "--session-timeout-ms", "60000",
                ] + link)
        }
        func isScored(_ images: Int) -> Bool {
            eventually(seconds: 30) {
                (try? Program.run(["audit", "--images", "\(images)"] + link).code) == 0
            }
        }
        func ingest(_ stream: String) throws {
            try succeed(
                "ingest", "\(stream)=\(SampleTar.path)", "--images", "40", "--shard-images", "4", "--size",
                "32")
        }
        try succeed("topics", "create", "--partitions", "2")
        let coordinator = try Background(["coordinator"] + link)
        let first = try start()
        #expect(eventually(seconds: 30) { first.text.contains("is ready") }, "\(first.text)")
        try succeed("head", "push", "builtin:v2", "--deadline", "60")
        try ingest("a")
        #expect(isScored(40), "\(first.text)")
        first.crash()
        try ingest("b")

        let second = try start()
        #expect(eventually(seconds: 30) { second.text.contains("is ready") }, "\(second.text)")
        #expect(isScored(80), "\(second.text)")

        let third = try start()
        // Each of them joins once more; the one that was there first is the first to be fenced twice.
        #expect(eventually(seconds: 60) { !second.isRunning }, "\(second.text)")
        #expect(second.text.contains("joins once more in"), "\(second.text)")
        #expect(second.exitCode == 69, "\(second.text)")
        #expect(
            second.text.contains("another worker has started under this one's name")
                || second.text.contains("fenced"), "\(second.text)")
        #expect(eventually(seconds: 30) { third.text.contains("is ready") }, "\(third.text)")
        try ingest("c")
        #expect(isScored(120), "\(third.text)")
        #expect(third.finish() == 0 && coordinator.finish() == 0, "\(third.text)")
    }
}

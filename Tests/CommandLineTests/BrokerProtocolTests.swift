import Foundation
import Kafka
import Testing

/// Workers that share their partitions by the protocol of Kafka 4; with a client library that is too old for it, the refusal.
@Suite(
    .serialized,
    .enabled(if: SecuredBroker.open != nil, "HASHIFLEX_TEST_BOOTSTRAP names no real broker"))
struct BrokerProtocolTests {
    private static let isOffered = KafkaConfiguration.canUse(
        groupProtocol: "consumer", library: LibraryVersion.rdkafkaNumber)

    @Test(.timeLimit(.minutes(6))) func workersComeAndGoAndNothingIsScoredTwice() throws {
        let prefix = "hashiflex-test-\(UUID().uuidString.prefix(8).lowercased())"
        let link = [
            "--brokers", try #require(SecuredBroker.open), "--topic-prefix", prefix, "-X",
            "group.protocol=consumer",
        ]
        let made = try Program.run(["topics", "create", "--partitions", "8"] + link)
        guard Self.isOffered else {
            #expect(made.code == 64 && made.errors.contains("needs librdkafka 2.12"), "\(made.errors)")
            return
        }
        try #require(made.code == 0, "\(made.errors)")
        let timed = try Program.run(["worker", "--session-timeout-ms", "6000"] + link)
        #expect(timed.code == 64 && timed.errors.contains("group.consumer.session.timeout.ms"))

        let coordinator = try Background(["coordinator"] + link)
        func start(_ name: String) throws -> Background {
            let worker = try Background(
                ["worker", "--name", name, "--replicas", "1", "--delivery", "exactly-once"] + link)
            #expect(eventually(seconds: 60) { worker.text.contains("is ready") }, "\(worker.text)")
            return worker
        }
        let first = try start("first")
        let push = try Program.run(["head", "push", "builtin:v2", "--deadline", "60"] + link)
        try #require(push.code == 0, "\(push.errors)")
        let ingest = try Background(
            ["ingest", "--repeat", "3", "--fps", "120", "--shard-images", "4"] + link)
        let second = try start("second")
        let third = try start("third")
        usleep(8_000_000)
        #expect(first.finish(seconds: 30) == 0, "\(first.text)")
        #expect(eventually(seconds: 60) { !ingest.isRunning }, "\(ingest.text)")
        let done = eventually(seconds: 120) {
            (try? Program.run(["audit", "--images", "3000"] + link).code) == 0
        }
        let audit = try Program.run(["audit", "--json"] + link)
        #expect(
            done && audit.output.contains("\"identical_duplicates\":0"),
            "\(audit.output)\(audit.errors)\(second.text)\(third.text)")
        for worker in [second, third] {
            #expect(worker.finish(seconds: 30) == 0, "\(worker.text)")
        }
        #expect(coordinator.finish(seconds: 30) == 0, "\(coordinator.text)")
    }
}

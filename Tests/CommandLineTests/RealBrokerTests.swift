import Foundation
import Kafka
import Testing

/// What only a real Kafka can show; skipped unless HASHIFLEX_TEST_BOOTSTRAP names one.
///
/// The embedded broker drops offsets that are committed in transactions and shows aborted records.
@Suite(.serialized) struct RealBrokerTests {
    static let bootstrap = ProcessInfo.processInfo.environment["HASHIFLEX_TEST_BOOTSTRAP"]

    @Test(
        .enabled(if: bootstrap != nil, "HASHIFLEX_TEST_BOOTSTRAP names no real broker"),
        .timeLimit(.minutes(3)))
    func doctorReadsTheSettingsOfTopicsAndSaysWhatTheyCost() throws {
        let prefix = "hashiflex-test-\(UUID().uuidString.prefix(8).lowercased())"
        let link = ["--brokers", try #require(Self.bootstrap), "--topic-prefix", prefix]
        let configuration = KafkaConfiguration(brokers: try #require(Self.bootstrap))
        // Somebody made this one by hand.
        let outcome = try KafkaAdmin(configuration).createTopics(
            [
                TopicSpecification(
                    name: "\(prefix).shards", partitions: 2,
                    configs: ["cleanup.policy": "compact", "message.timestamp.type": "CreateTime"])
            ], timeoutMs: 30_000)
        try #require(outcome["\(prefix).shards"] == .created)
        let made = try Program.run(["topics", "create", "--partitions", "2"] + link)
        #expect(made.code == 0, "\(made.output)\(made.errors)")
        let doctor = try Program.run(["doctor"] + link)
        #expect(doctor.code == 1)
        let lines = doctor.lines
        let bad = try #require(lines.first { $0.hasPrefix("BAD  settings of \(prefix).shards") })
        #expect(bad.contains("cleanup.policy=compact") && bad.contains("message.timestamp.type=CreateTime"))
        for topic in ["predictions", "receipts", "control", "status", "dead-letters"] {
            #expect(lines.contains { $0.hasPrefix("ok   settings of \(prefix).\(topic): ") }, "\(topic)")
        }
        #expect(lines.contains { $0.contains("committed offsets: kept for") })
    }

    /// On one node it shows little, on three that nobody has to wait after `topics create`.
    @Test(
        .enabled(if: bootstrap != nil, "HASHIFLEX_TEST_BOOTSTRAP names no real broker"),
        .timeLimit(.minutes(3)))
    func everyNodeKnowsATopicWhenItIsSaidToBeCreated() throws {
        let bootstrap = try #require(Self.bootstrap)
        for _ in 0..<5 {
            let prefix = "hashiflex-test-\(UUID().uuidString.prefix(8).lowercased())"
            let made = try Program.run(
                [
                    "topics", "create", "--partitions", "8", "--brokers", bootstrap, "--topic-prefix", prefix,
                ])
            #expect(made.code == 0, "\(made.output)\(made.errors)")
            let known = TopicSpread(
                KafkaConfiguration(brokers: bootstrap),
                topics: ["\(prefix).shards": 8, "\(prefix).predictions": 8, "\(prefix).control": 1])
            #expect(try known.settle(Patience(seconds: 0)).isEmpty)
        }
    }

    /// The dead one's membership would last for a minute.
    @Test(
        .enabled(if: bootstrap != nil, "HASHIFLEX_TEST_BOOTSTRAP names no real broker"),
        .timeLimit(.minutes(3)))
    func aCoordinatorThatIsStartedAgainUnderItsNameLeadsAtOnce() throws {
        let prefix = "hashiflex-test-\(UUID().uuidString.prefix(8).lowercased())"
        let link = ["--brokers", try #require(Self.bootstrap), "--topic-prefix", prefix]
        let made = try Program.run(["topics", "create", "--partitions", "2"] + link)
        try #require(made.code == 0, "\(made.errors)")
        func start() throws -> Background {
            try Background(["coordinator", "--name", "c", "-X", "session.timeout.ms=60000"] + link)
        }
        let first = try start()
        #expect(eventually(seconds: 30) { first.text.contains("this coordinator leads") }, "\(first.text)")
        first.crash()
        let second = try start()
        #expect(eventually(seconds: 30) { second.text.contains("this coordinator leads") }, "\(second.text)")
        let third = try start()
        // Each of them joins once more; the one that was there first is the first to be fenced twice.
        #expect(eventually(seconds: 60) { !second.isRunning }, "\(second.text)")
        #expect(second.text.contains("joins once more in"), "\(second.text)")
        #expect(second.text.contains("another coordinator has started under the name c"), "\(second.text)")
        #expect(eventually(seconds: 30) { third.text.contains("this coordinator leads") }, "\(third.text)")
        #expect(third.finish() == 0)
    }

    /// The broker throttles the worker until its transactions outlive their time, and may then say that it was fenced.
    @Test(
        .enabled(
            if: bootstrap != nil && SecuredBroker.configTool != nil,
            "HASHIFLEX_TEST_BOOTSTRAP names no real broker, or kafka-configs.sh is not on PATH"),
        .timeLimit(.minutes(6)))
    func aThrottledWorkerLosesItsTransactionsAndNotItsLife() throws {
        let bootstrap = try #require(Self.bootstrap)
        let name = "w-\(UUID().uuidString.prefix(8).lowercased())"
        let link = ["--brokers", bootstrap, "--topic-prefix", "hashiflex-test-\(name)"]
        func throttle(_ change: String...) throws {
            let changed = try Program.run(
                [
                    "--bootstrap-server", bootstrap, "--alter", "--entity-type", "clients", "--entity-name",
                    "hashiflex-worker-\(name)",
                ] + change, executable: try #require(SecuredBroker.configTool), seconds: 60)
            try #require(changed.code == 0, "\(changed.output)\(changed.errors)")
        }
        let made = try Program.run(["topics", "create", "--partitions", "4"] + link)
        try #require(made.code == 0, "\(made.errors)")
        let coordinator = try Background(["coordinator"] + link)
        let worker = try Background(
            [
                "worker", "--name", name, "--replicas", "1", "--delivery", "exactly-once",
                "--session-timeout-ms", "60000", "-X", "transaction.timeout.ms=1500",
            ] + link)
        #expect(eventually(seconds: 60) { worker.text.contains("is ready") }, "\(worker.text)")
        let push = try Program.run(["head", "push", "builtin:v2", "--deadline", "60"] + link)
        try #require(push.code == 0, "\(push.errors)")
        try throttle("--add-config", "producer_byte_rate=3000")
        let ingest = try Program.run(["ingest", "--images", "400", "--shard-images", "4"] + link)
        #expect(ingest.code == 0, "\(ingest.errors)")
        let done = eventually(seconds: 240) {
            (try? Program.run(["audit", "--images", "400"] + link).code) == 0
        }
        #expect(
            worker.text.contains("publishing was interrupted"), "nothing was throttled: \(worker.text)")
        try throttle("--delete-config", "producer_byte_rate")
        let audit = try Program.run(["audit", "--json"] + link)
        #expect(done && audit.output.contains("\"identical_duplicates\":0"), "\(audit.output)\(worker.text)")
        #expect(worker.isRunning && worker.finish() == 0 && coordinator.finish() == 0, "\(worker.text)")
    }

    @Test(
        .enabled(if: bootstrap != nil, "HASHIFLEX_TEST_BOOTSTRAP names no real broker"),
        .timeLimit(.minutes(12)))
    func exactlyOnceSurvivesKilledWorkersWithoutASingleRepeatedRecord() throws {
        let prefix = "hashiflex-test-\(UUID().uuidString.prefix(8).lowercased())"
        let link = ["--brokers", try #require(Self.bootstrap), "--topic-prefix", prefix]
        func succeed(_ arguments: String...) throws -> Program.Outcome {
            let outcome = try Program.run(arguments + link, seconds: 180)
            try #require(outcome.code == 0, "\(arguments): \(outcome.output)\(outcome.errors)")
            return outcome
        }
        _ = try succeed("topics", "create", "--partitions", "16")
        let coordinator = try Background(["coordinator"] + link)
        let fleet = try Background(
            ["fleet", "up", "--workers", "2", "--delivery", "exactly-once", "--session-timeout-ms", "6000"]
                + link)
        _ = eventually(seconds: 60) {
            ((try? Program.run(["fleet", "status", "--json"] + link).lines.count) ?? 0) >= 3
        }
        _ = try succeed("head", "push", "builtin:v2", "--deadline", "60")
        let ingest = try Background(
            ["ingest", "--repeat", "5", "--fps", "250", "--shard-images", "8"] + link)
        while ingest.isRunning {
            usleep(4_000_000)
            let status = try Program.run(["fleet", "status", "--json"] + link)
            let pids = status.lines.compactMap { line -> Int32? in
                let record = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                return record?["incarnation"] == nil ? nil : (record?["pid"] as? Int).map(Int32.init)
            }
            if let victim = pids.filter({ kill($0, 0) == 0 }).randomElement() { kill(victim, SIGKILL) }
        }
        let done = eventually(seconds: 180) {
            (try? Program.run(["audit", "--images", "5000"] + link).code) == 0
        }
        let audit = try Program.run(["audit", "--json"] + link)
        #expect(done, "\(audit.output)\(audit.errors)")
        #expect(audit.output.contains("\"identical_duplicates\":0"), "\(audit.output)")
        withExtendedLifetime((coordinator, fleet)) {}
    }
}

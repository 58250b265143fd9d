import Foundation
import Kafka
import PipelineMessages
import Testing

/// What `topics acls` lists for a role is enough at a real Kafka, and every right of it is needed. Skipped unless both
/// listeners are named: HASHIFLEX_TEST_BOOTSTRAP, on which everything is allowed, and HASHIFLEX_TEST_SASL, on which SASL
/// PLAIN users with their names as passwords have the rights that they are given.
@Suite(
    .serialized,
    .enabled(
        if: SecuredBroker.isOffered, "HASHIFLEX_TEST_BOOTSTRAP and HASHIFLEX_TEST_SASL name no real broker")
)
struct RightsTests {
    private let topics: TopicNames
    private let access: AccessLists

    init() throws {
        topics = try #require(
            TopicNames(prefix: "hashiflex-rights-\(UUID().uuidString.prefix(8).lowercased())"))
        access = try AccessLists(try #require(SecuredBroker.open))
        let created = try Program.run(
            [
                "topics", "create", "--partitions", "4", "--brokers", try #require(SecuredBroker.open),
                "--topic-prefix", topics.prefix,
            ])
        try #require(created.code == 0, "\(created.errors)")
        for (role, _) in Self.commands { try access.give(ListedRights.of(role, topics), to: role) }
    }

    /// Roles, and commands that need all their rights.
    private static let commands = [
        ("worker", [["worker", "--replicas", "1"], ["fleet", "up", "--workers", "1"]]),
        ("coordinator", [["coordinator"]]), ("camera", [["ingest", "--images", "8"]]),
        ("operator", [["head", "push", "builtin:v2", "--no-wait"]]), ("reader", [["audit"]]),
    ]

    private func run(_ role: String, _ command: [String], seconds: Double = 60) throws -> Program.Outcome {
        try SecuredBroker.run(role, command, topics, seconds: seconds)
    }

    private func start(_ role: String, _ command: [String]) throws -> Background {
        try SecuredBroker.start(role, command, topics)
    }

    @Test(.timeLimit(.minutes(3))) func everyRoleWorksWithExactlyItsRights() throws {
        let coordinator = try start("coordinator", ["coordinator"])
        let fleet = try start("worker", ["fleet", "up", "--workers", "1", "--replicas", "1"])
        #expect(eventually(seconds: 40) { fleet.text.contains("is ready") }, "\(fleet.text)")
        let push = try run("operator", ["head", "push", "builtin:v2"])
        #expect(push.code == 0, "\(push.errors)\n\(coordinator.text)\n\(fleet.text)")
        let ingest = try run("camera", ["ingest", "--images", "200"])
        #expect(ingest.code == 0, "\(ingest.errors)")
        #expect(
            try eventually(seconds: 40) { try run("reader", ["audit", "--images", "200"]).code == 0 },
            "\(fleet.text)")
        #expect(try run("reader", ["predictions", "--limit", "5"]).lines.count == 5)
        #expect(try run("operator", ["head", "rollback", "--to", "nothing@v1"]).code == 65)
        #expect(fleet.finish() == 0)
        #expect(coordinator.finish() == 0)
        #expect(!fleet.text.contains("uthorization"), "\(fleet.text)")
        #expect(!coordinator.text.contains("uthorization"), "\(coordinator.text)")
    }

    @Test(.timeLimit(.minutes(8))) func anyRightThatIsMissingIsNamed() throws {
        for (role, commands) in Self.commands {
            for right in try ListedRights.of(role, topics) {
                try access.take(right, from: role)
                for command in commands {
                    let outcome = try run(role, command, seconds: 30)
                    #expect(outcome.code == 69, "\(command) without \(right): \(outcome.errors)")
                    #expect(
                        outcome.errors.contains("User:\(role) has no right to"),
                        "\(command) without \(right): \(outcome.errors)")
                    #expect(
                        outcome.errors.contains("\(right.resource)"),
                        "\(command) without \(right): \(outcome.errors)")
                }
                try access.give([right], to: role)
            }
        }
    }

    @Test(.timeLimit(.minutes(4))) func aRightThatIsTakenAwayEndsWhoUsesIt() throws {
        // Without a head nothing is predicted.
        let coordinator = try start("coordinator", ["coordinator"])
        let worker = try start("worker", ["worker", "--replicas", "1"])
        #expect(eventually(seconds: 40) { worker.text.contains("is ready") }, "\(worker.text)")
        let push = try run("operator", ["head", "push", "builtin:v2"])
        #expect(push.code == 0, "\(push.errors)")
        #expect(worker.finish() == 0)
        #expect(coordinator.finish() == 0)
        let taken: [(String, [String], AccessRight)] = [
            ("worker", ["worker", "--replicas", "1"], AccessRight(.write, .topic(topics.status))),
            ("worker", ["worker", "--replicas", "1"], AccessRight(.write, .topic(topics.predictions))),
            ("worker", ["worker", "--replicas", "1"], AccessRight(.read, .group(topics.workerGroup))),
            ("worker", ["worker", "--replicas", "1"], AccessRight(.read, .topic(topics.shards))),
            ("coordinator", ["coordinator"], AccessRight(.write, .topic(topics.status))),
            ("coordinator", ["coordinator"], AccessRight(.read, .topic(topics.control))),
        ]
        for (role, command, right) in taken {
            let process = try start(role, command)
            #expect(
                eventually(seconds: 40) {
                    process.text.contains("is ready") || process.text.contains("leads")
                }, "\(process.text)")
            try access.take(right, from: role)
            _ = try run("camera", ["ingest", "--images", "64", "--shard-images", "4"])
            #expect(
                eventually(seconds: 30) { process.exitCode == 69 }, "without \(right): \(process.text)")
            #expect(process.text.contains("\(right.resource)"), "without \(right): \(process.text)")
            try access.give([right], to: role)
        }
    }

    @Test(.timeLimit(.minutes(2))) func doctorTriesTheRightsAndWritesNothing() throws {
        let before = try ends()
        for (role, _) in Self.commands {
            let outcome = try run(role, ["doctor", "--role", role])
            #expect(
                outcome.output.contains("ok   rights of a \(role): all there"),
                "\(outcome.output)\(outcome.errors)")
        }
        let right = AccessRight(.write, .topic(topics.receipts))
        try access.take(right, from: "worker")
        let outcome = try run("worker", ["doctor", "--role", "worker"])
        #expect(outcome.code == 1)
        #expect(
            outcome.output.contains("BAD  rights of a worker: missing: \(right)"),
            "\(outcome.output)\(outcome.errors)")
        try access.give([right], to: "worker")
        let stranger = try run("stranger", ["doctor"])
        #expect(stranger.output.contains("rights of a camera: missing: "), "\(stranger.output)")
        #expect(try ends() == before)
    }

    /// Where every partition of every topic ends.
    private func ends() throws -> [TopicPartition: Int64] {
        let configuration = KafkaConfiguration(brokers: try #require(SecuredBroker.open))
        let reader = try KafkaConsumer(configuration, groupID: nil)
        defer { reader.close() }
        var ends: [TopicPartition: Int64] = [:]
        for plan in TopicPlan.all(topics, partitions: 4) {
            for partition in 0..<Int32(plan.partitions) {
                let place = TopicPartition(topic: plan.name, partition: partition)
                ends[place] = try reader.watermarks(place).high
            }
        }
        return ends
    }
}

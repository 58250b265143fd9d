import Kafka
import PipelineMessages
import Testing

/// A missing topic ends every command at once with 69, and is named.
@Suite(.serialized) struct MissingTopicTests {
    /// A broker with the topics of a deployment, but for what is changed.
    private static func broker(_ change: (inout [String: Int]) -> Void) throws -> EmbeddedBroker {
        let plans = TopicPlan.all(.standard, partitions: 4).map { ($0.name, $0.partitions) }
        var topics = Dictionary(uniqueKeysWithValues: plans + [(TopicNames.embeddedBrokerSign, 1)])
        change(&topics)
        return try EmbeddedBroker(topics: topics.sorted { $0.key < $1.key })
    }

    /// Commands, and a topic without which they have nothing to do.
    static let commands = [
        ("worker", "shards"), ("worker", "predictions"), ("worker", "receipts"), ("worker", "control"),
        ("worker", "status"), ("worker", "dead-letters"), ("fleet up", "receipts"),
        ("fleet scale 2", "control"),
        ("fleet drain", "control"), ("fleet status", "status"), ("coordinator", "shards"),
        ("coordinator", "receipts"), ("coordinator", "control"), ("ingest", "shards"),
        ("head push builtin:v2", "control"), ("head push builtin:v2 --partitions 0", "shards"),
        ("head rollback", "control"), ("head list", "control"), ("head status", "control"),
        ("head abandon", "control"), ("head export a@b -o x", "control"), ("predictions", "predictions"),
        ("audit", "predictions"), ("audit", "control"), ("audit --shards", "shards"),
        ("audit --shards", "receipts"), ("ledger show", "status"), ("ledger reset --reason x", "control"),
        ("ledger reset --reason x", "status"), ("positions show", "shards"), ("positions show", "control"),
        ("positions show", "status"), ("positions show --json", "control"),
        ("positions move --gaps --reason x", "shards"), ("positions move --gaps --reason x", "control"),
        ("positions move --gaps --reason x", "status"), ("positions move --gaps --reason x", "receipts"),
        ("replay hashiflex.shards/0@0#0", "shards"),
        ("replay hashiflex.shards/0@0#0", "predictions"), ("top", "status"), ("chip twin --once", "status"),
        ("chip trace -o x", "shards"),
    ]

    @Test func isNamedByEveryCommand() throws {
        for (command, topic) in Self.commands {
            let name = "hashiflex.\(topic)"
            let broker = try Self.broker { $0[name] = nil }
            defer { broker.close() }
            let words = command.split(separator: " ").map(String.init)
            let outcome = try Program.run(words + ["--brokers", broker.bootstrap], seconds: 20)
            #expect(outcome.code == 69, "\(command) without \(name): \(outcome.output)\(outcome.errors)")
            #expect(
                outcome.errors.contains("topic \(name) does not exist"), "\(command): \(outcome.errors)")
        }
    }

    @Test func aReplayOfAPartitionThatIsNotThereSaysSoAtOnce() throws {
        let broker = try Self.broker { _ in }
        defer { broker.close() }
        let outcome = try Program.run(
            ["replay", "hashiflex.shards/999@0#0", "--brokers", broker.bootstrap], seconds: 20)
        #expect(outcome.code == 65, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.errors.contains("there is no 999"), "\(outcome.errors)")
    }

    @Test func allMissingTopicsOfAWorkerAreNamedTogether() throws {
        let broker = try Self.broker { topics in
            topics["hashiflex.status"] = nil
            topics["hashiflex.receipts"] = nil
        }
        defer { broker.close() }
        let outcome = try Program.run(["worker", "--brokers", broker.bootstrap], seconds: 20)
        #expect(outcome.code == 69)
        #expect(
            outcome.errors.contains("topics hashiflex.status, hashiflex.receipts do not exist"),
            "\(outcome.errors)")
    }

    @Test(arguments: ["predictions", "receipts"])
    func aPartitionWithoutAPlaceForItsAnswersStopsAlone(_ topic: String) throws {
        let broker = try Self.broker { $0["hashiflex.\(topic)"] = 3 }
        defer { broker.close() }
        let says = "topic hashiflex.\(topic) has 3 partitions"
        let worker = try Background(["worker", "--brokers", broker.bootstrap, "--replicas", "1"])
        defer { _ = worker.finish(seconds: 20) }
        var lines: [String] = []
        let isStopped = try eventually(seconds: 40) {
            let status = try Program.run(["fleet", "status", "--brokers", broker.bootstrap], seconds: 20)
            lines = status.lines.filter { $0.contains(" waits: ") }
            return !lines.isEmpty
        }
        #expect(isStopped && worker.text.contains("\(says) and hashiflex.shards has 4"), "\(worker.text)")
        #expect(lines.count == 1 && lines[0].contains("partition 3 waits: \(says)"), "\(lines)")
    }

    @Test func anAuditOfTooFewPartitionsSaysSoAndEnds() throws {
        let broker = try Self.broker { $0["hashiflex.predictions"] = 3 }
        defer { broker.close() }
        let outcome = try Program.run(["audit", "--brokers", broker.bootstrap], seconds: 20)
        #expect(outcome.code == 1, "\(outcome.errors)")
        #expect(
            outcome.errors.contains("topic hashiflex.predictions has 3 partitions, hashiflex.shards has 4"),
            "\(outcome.errors)")
    }
}

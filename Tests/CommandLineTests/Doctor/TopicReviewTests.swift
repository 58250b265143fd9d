import PipelineMessages
import Testing
import hashiflex

/// What doctor says about a topic's settings, setting by setting.
@Suite struct TopicReviewTests {
    private static let right = [
        "cleanup.policy": "delete", "message.timestamp.type": "LogAppendTime", "min.insync.replicas": "2",
        "unclean.leader.election.enable": "false", "max.message.bytes": "1048588",
    ]

    private func review(
        _ topic: String, copies: Int = 3, _ changed: [String: String] = [:]
    ) throws -> TopicReview {
        let plan = try #require(TopicPlan.all(.standard, partitions: 4).first { $0.name.hasSuffix(topic) })
        return TopicReview(plan: plan, copies: copies, settings: Self.right.merging(changed) { $1 })
    }

    @Test func whatTopicsCreateMakesIsRight() throws {
        for plan in TopicPlan.all(.standard, partitions: 4, minInsync: 2) {
            #expect(TopicReview(plan: plan, copies: 3, settings: plan.settings).findings.isEmpty)
        }
    }

    @Test(
        "Each of these costs something, and the remedy is named",
        arguments: [
            ("shards", "cleanup.policy", "compact", "cleanup.policy=delete"),
            ("shards", "cleanup.policy", "compact,delete", "cleanup.policy=delete"),
            ("control", "cleanup.policy", "delete", "cleanup.policy=compact"),
            ("status", "cleanup.policy", "delete", "cleanup.policy=compact,delete"),
            ("shards", "message.timestamp.type", "CreateTime", "message.timestamp.type=LogAppendTime"),
            ("receipts", "min.insync.replicas", "1", "min.insync.replicas=2"),
            ("receipts", "min.insync.replicas", "3", "min.insync.replicas=2"),
            ("control", "unclean.leader.election.enable", "true", "unclean.leader.election.enable=false"),
            ("shards", "max.message.bytes", "100000", "max.message.bytes=1000000"),
            ("control", "max.message.bytes", "600000", "max.message.bytes=1000000"),
            ("status", "max.message.bytes", "600000", "max.message.bytes=1000000"),
        ])
    func costs(_ topic: String, _ setting: String, _ value: String, _ remedy: String) throws {
        let changed = ["cleanup.policy": topic == "control" ? "compact" : "delete"].merging([setting: value])
        { $1 }
        let findings = try review(topic, changed).findings.filter { $0.found.hasPrefix(setting) }
        #expect(findings.count == 1 && findings.first?.remedy.hasPrefix(remedy) == true)
    }

    /// Kafka 4.1.1 takes the smaller of the two: with one copy a record counts at once, whatever the setting asks for.
    @Test func noMoreCopiesAreAskedForThanThereAre() throws {
        let single = try review("shards", copies: 1)
        #expect(single.copiesAcknowledged == 1 && single.findings.isEmpty)
        #expect(try review("shards", copies: 2).findings.first?.cost.contains("stops all writing") == true)
    }

    @Test func howLongShardsAreKeptIsSaid() throws {
        let kept = ["retention.ms": "604800000", "retention.bytes": "1000000"]
        #expect(
            try review("shards", kept).summary
                == "3 copies, 2 when acknowledged, kept for 168 h, at most 1,000,000 bytes of a partition")
        #expect(
            try review("shards", ["retention.ms": "-1", "retention.bytes": "-1"]).summary.hasSuffix(
                "kept for ever"))
        #expect(
            try review("control", kept.merging(["cleanup.policy": "compact"]) { $1 }).summary.hasSuffix(
                "acknowledged"))
    }

    @Test func theOrderOfPoliciesSaysNothing() throws {
        #expect(try review("status", ["cleanup.policy": "delete, compact"]).findings.isEmpty)
    }
}

import Kafka
import PipelineMessages

extension DoctorCommand {
    /// What the settings of topics and node would cost; an embedded broker has none.
    func settings(_ link: Connection) throws -> [Check] {
        guard !link.isEmbedded else { return [] }
        let plans = TopicPlan.all(link.topics, partitions: 1)
        let node = link.cluster.brokers.first?.id
        let admin = try KafkaAdmin(link.kafka)
        let found = try link.patience.wait(for: "the settings of the topics", callMs: 10_000) {
            timeoutMs throws(KafkaError) in
            try admin.settings(topics: plans.map(\.name), node: node, timeoutMs: timeoutMs)
        }
        var checks = plans.compactMap { plan -> Check? in
            guard let settings = found.topics[plan.name] else { return nil }
            let partitions = (try? link.topic(plan.name).partitions) ?? []
            return check(
                TopicReview(
                    plan: plan, copies: partitions.map(\.replicaCount).min() ?? 0, settings: settings))
        }
        if let settings = found.node { checks += nodeChecks(settings) }
        if let refusal = found.refusals.first {
            checks.append(
                Check(
                    what: "settings", ok: true,
                    found:
                        "\(found.refusals.count) of \(plans.count + (node == nil ? 0 : 1)) not read: \(refusal)",
                    advice: "a user with the right DescribeConfigs on topics and cluster can check them"))
        }
        return checks
    }

    private func check(_ review: TopicReview) -> Check {
        let findings = review.findings
        let single = "one disk holds it all; topics create --replication 3 on three nodes keeps it"
        return Check(
            what: "settings of \(review.plan.name)", ok: findings.isEmpty,
            found: ([review.summary] + findings.map { "\($0.found): \($0.cost)" }).joined(separator: "; "),
            advice: findings.isEmpty
                ? review.copies == 1 ? single : nil
                : "set " + findings.map(\.remedy).joined(separator: ", ")
                    + " with Kafka's kafka-configs --alter --entity-type topics")
    }

    /// What a node's settings do to groups and transactions.
    private func nodeChecks(_ settings: [String: String]) -> [Check] {
        let minutes = settings["offsets.retention.minutes"].flatMap { Int($0) }
        let transactionMs = settings["transaction.max.timeout.ms"].flatMap { Int($0) }
        var checks: [Check] = []
        if let minutes {
            let isShort = minutes < 7 * 24 * 60
            checks.append(
                Check(
                    what: "committed offsets", ok: !isShort,
                    found:
                        "kept for \(Format.count(minutes)) minutes without a worker (offsets.retention.minutes)",
                    advice: isShort
                        ? "when they are gone, every shard that is kept is scored again: set at least 10080"
                        : nil))
        }
        if let transactionMs, transactionMs < 20_000 {
            checks.append(
                Check(
                    what: "transactions", ok: false,
                    found: "at most \(transactionMs) ms (transaction.max.timeout.ms)",
                    advice: "workers with --delivery exactly-once ask for 20000 ms and are refused"))
        }
        return checks
    }
}

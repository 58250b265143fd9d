import Kafka
import PipelineMessages

extension DoctorCommand {
    /// How long the settings may be asked for, milliseconds.
    private static let settingsMs: Int64 = 10_000

    /// What the settings of topics and nodes would cost; an embedded broker has none.
    func settings(_ link: Connection, _ nodes: NodeReview) throws -> [DoctorCheck] {
        guard !link.isEmbedded else { return [] }
        let plans = TopicPlan.all(link.topics, partitions: 1)
        let admin = try KafkaAdmin(link.kafka)
        let found = try link.patience.atMost(milliseconds: Self.settingsMs).wait(
            for: "the settings of the topics", callMs: Int32(Self.settingsMs)
        ) { timeoutMs throws(KafkaError) in
            try admin.settings(topics: plans.map(\.name), node: nil, timeoutMs: timeoutMs)
        }
        var checks = plans.compactMap { plan -> DoctorCheck? in
            guard let settings = found.topics[plan.name] else { return nil }
            let partitions = (try? link.topic(plan.name).partitions) ?? []
            return check(
                TopicReview(
                    plan: plan, copies: partitions.map(\.replicaCount).min() ?? 0, settings: settings))
        }
        checks += NodeSettingsReview(nodes.settings).checks
        let advice = "a user with the right DescribeConfigs on topics and cluster can check them"
        if let refusal = found.refusals.first {
            checks.append(
                .unknown(
                    "settings of topics", "\(found.refusals.count) of \(plans.count) not read: \(refusal)",
                    advice: advice))
        }
        if nodes.settings.isEmpty {
            checks.append(.unknown("settings of nodes", "no node tells them to this user", advice: advice))
        }
        return checks
    }

    private func check(_ review: TopicReview) -> DoctorCheck {
        let findings = review.findings
        let single = "one disk holds it all; topics create --replication 3 on three nodes keeps it"
        return DoctorCheck(
            what: "settings of \(review.plan.name)", ok: findings.isEmpty,
            found: ([review.summary] + findings.map { "\($0.found): \($0.cost)" }).joined(separator: "; "),
            advice: findings.isEmpty
                ? review.copies == 1 ? single : nil
                : "set " + findings.map(\.remedy).joined(separator: ", ")
                    + " with Kafka's kafka-configs --alter --entity-type topics")
    }
}

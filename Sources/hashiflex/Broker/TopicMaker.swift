import Kafka
import PipelineMessages

/// Creates topics on a Kafka, and asks again while it has no controller.
struct TopicMaker {
    let link: Connection
    /// Copies of every partition; -1 takes the broker's default.
    let replication: Int

    /// What became of each topic.
    ///
    /// - Throws: `KafkaError` when nobody answered, or when this user may not create one.
    func make(_ plans: [TopicPlan]) throws -> [String: TopicCreation] {
        let admin = try KafkaAdmin(link.kafka)
        var results: [String: TopicCreation] = [:]
        do throws(KafkaError) {
            try link.patience.wait(for: "the controller of the cluster", callMs: 30_000) {
                timeoutMs throws(KafkaError) in
                let open = plans.filter { Self.isOpen(results[$0.name]) }
                let answers = try admin.createTopics(open.map(specification), timeoutMs: timeoutMs)
                results.merge(answers) { $1 }
                for case .failed(let error) in answers.values where error.isRetriable { throw error }
            }
        } catch {
            // Where each topic has its own answer, that is said of each.
            guard results.count == plans.count else { throw link.explained(error) }
        }
        for case .failed(let error) in results.values where error.isRefusedAccess { throw error }
        return results
    }

    /// Whether a topic has still to be asked for.
    private static func isOpen(_ result: TopicCreation?) -> Bool {
        guard case .failed(let error) = result else { return result == nil }
        return error.isRetriable
    }

    private func specification(_ plan: TopicPlan) -> TopicSpecification {
        TopicSpecification(
            name: plan.name, partitions: plan.partitions, replication: replication, configs: plan.settings)
    }
}

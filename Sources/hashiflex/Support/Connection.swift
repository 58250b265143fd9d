import ArgumentParser
import Foundation
import Kafka
import PipelineMessages

/// A broker that answered.
struct Connection {
    let kafka: KafkaConfiguration
    let topics: TopicNames
    /// What it lists: nothing that this user may not see.
    let cluster: ClusterDescription
    /// Whether it is the embedded broker, whose partitions silently drop what exceeds 5 MB.
    let isEmbedded: Bool
    private let admin: KafkaAdmin

    /// Asks the broker what there is.
    ///
    /// - Parameter adapted: The configuration for an embedded broker.
    init(
        _ plain: KafkaConfiguration, topics: TopicNames,
        adapted: (KafkaConfiguration) throws -> KafkaConfiguration
    ) throws {
        admin = try KafkaAdmin(plain)
        cluster = try admin.metadata(timeoutMs: 10_000)
        isEmbedded = cluster.topics[TopicNames.embeddedBrokerSign] != nil
        kafka = isEmbedded ? try adapted(plain) : plain
        self.topics = topics
    }

    /// Partitions of the shard topic.
    var partitions: Int { get throws { try topic(topics.shards).partitions.count } }

    /// One topic, asked for by its name.
    ///
    /// - Throws: `CommandError` 69 if it does not exist, `KafkaError` if this user may not see it.
    func topic(_ name: String) throws -> ClusterDescription.Topic {
        guard let found = try find(name) else { throw missing([name]) }
        return found
    }

    /// Checks that topics are there.
    ///
    /// - Throws: as ``topic(_:)``, naming all that are missing.
    func require(_ names: [String]) throws {
        let absent = try names.filter { try find($0) == nil }
        if !absent.isEmpty { throw missing(absent) }
    }

    /// Checks every topic that a worker uses; says where it can not answer a shard where the shard lies.
    func requireWorkerTopics() throws {
        let answers = [topics.predictions, topics.receipts]
        try require([topics.shards, topics.control, topics.status, topics.deadLetters] + answers)
        let shards = try partitions
        for name in answers {
            let count = try topic(name).partitions.count
            guard count < shards else { continue }
            Terminal.complain(
                "topic \(name) has \(count) partitions and \(topics.shards) has \(shards): a prediction lies in the "
                    + "partition of its shard, and partitions \(count) to \(shards - 1) wait; add partitions to \(name)"
            )
        }
    }

    /// Whether a topic is there, and not hidden from this user.
    func isVisible(_ name: String) -> Bool { (try? find(name)) != nil }

    /// The topic; `nil` if there is none. Waits a little for one that has no leader yet.
    private func find(_ name: String) throws -> ClusterDescription.Topic? {
        if let listed = cluster.topics[name], listed.error == nil, !listed.partitions.isEmpty {
            return listed
        }
        // The embedded broker hides nothing, and would create what it is asked for by name.
        if isEmbedded { return nil }
        for _ in 0..<20 {
            let found = try admin.topic(name, timeoutMs: 10_000)
            guard found.partitions.isEmpty else { return found }
            guard let error = found.error, error.code != KafkaError.Code.unknownTopicOrPartition else {
                return nil
            }
            guard error.isRetriable else { throw error }
            usleep(250_000)
        }
        throw CommandError(Exit.late, "topic \(name) has no leader")
    }

    private func missing(_ names: [String]) -> CommandError {
        let subject =
            names.count == 1
            ? "topic \(names[0]) does" : "topics \(names.joined(separator: ", ")) do"
        let advice =
            isEmbedded
            ? "start hashiflex broker with --topic-prefix \(topics.prefix)" : "run hashiflex topics create"
        return CommandError(
            Exit.unavailable, "\(subject) not exist at \(kafka.brokers); \(advice)")
    }
}

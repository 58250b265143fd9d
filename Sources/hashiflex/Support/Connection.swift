import ArgumentParser
import Kafka
import PipelineMessages
import Threads

/// A broker that answered.
struct Connection {
    let kafka: KafkaConfiguration
    let topics: TopicNames
    /// What it lists: nothing that this user may not see.
    let cluster: ClusterDescription
    /// Whether it is the embedded broker, whose partitions silently drop what exceeds 5 MB.
    let isEmbedded: Bool
    /// How long the command asks again while nodes go and come: one deadline for all that it asks at its start.
    let patience: Patience
    /// As ``answerMs`` unless time is short, milliseconds.
    private let usualAnswerMs: Int64
    /// When all that is asked has to be done, steady milliseconds, where that is limited.
    private let limitAtMs: Int64?
    private let admin: KafkaAdmin

    /// How long a broker of which nobody has answered yet is waited for unless somebody says otherwise, milliseconds: a
    /// wrong address looks like nodes that are all away.
    private static let firstAnswerMs: Int64 = 10_000
    /// How long a leader may be silent unless somebody says otherwise, and at least: a first record takes its time, seconds.
    private static let (answerSeconds, answerSecondsLeast) = (30, 3)
    /// What asking after a silent leader takes, where time is short, milliseconds.
    private static let askingMs: Int64 = 6_000

    /// Asks the broker what there is.
    ///
    /// - Parameters:
    ///   - wait: How long to ask again, seconds; `nil` for the default.
    ///   - stop: Ends the asking when it is set.
    ///   - limitMs: How long all that is asked may take, milliseconds, where `wait` is longer.
    ///   - adapted: The configuration for an embedded broker.
    init(
        _ plain: KafkaConfiguration, topics: TopicNames, wait: Int? = nil, until stop: Signal = Signal(),
        withinMs limitMs: Int64? = nil, adapted: (KafkaConfiguration) throws -> KafkaConfiguration
    ) throws {
        let limitAtMs = limitMs.map { Clock.steadyMs + $0 }
        var patience = Patience(seconds: wait ?? Patience.secondsDefault) {
            Terminal.complain("\($0) (see --wait)")
        }
        .until(stop)
        if let limitMs { patience = patience.atMost(milliseconds: limitMs) }
        let admin = try KafkaAdmin(plain)
        let first = wait == nil ? patience.atMost(milliseconds: Self.firstAnswerMs) : patience
        cluster = try first.wait(for: "a node of the broker") { timeoutMs throws(KafkaError) in
            try admin.metadata(timeoutMs: timeoutMs)
        }
        try Self.requireReachable(cluster, at: plain.brokers)
        self.patience = patience
        usualAnswerMs = Int64(max(Self.answerSecondsLeast, wait ?? Self.answerSeconds)) * 1_000
        self.limitAtMs = limitAtMs
        self.admin = admin
        isEmbedded = cluster.topics[TopicNames.embeddedBrokerSign] != nil
        kafka = isEmbedded ? try adapted(plain) : plain
        self.topics = topics
    }

    /// How long a partition that is read may give no sign before its leader is asked, milliseconds.
    var answerMs: Int64 {
        guard let limitAtMs else { return usualAnswerMs }
        let least = Int64(Self.answerSecondsLeast) * 1_000
        return max(least, min(usualAnswerMs, limitAtMs - Clock.steadyMs - Self.askingMs))
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

    /// The topic; `nil` if there is none. Waits for one that has no leader, and a little for one that not every node has
    /// heard of.
    private func find(_ name: String) throws -> ClusterDescription.Topic? {
        if let listed = cluster.topics[name], listed.error == nil, !listed.partitions.isEmpty {
            return listed
        }
        // The embedded broker hides nothing, and would create what it is asked for by name.
        if isEmbedded { return nil }
        do throws(KafkaError) {
            return try patience.wait(
                for: "the leaders of topic \(name)", mayBeUnheard: cluster.brokers.count > 1
            ) { timeoutMs throws(KafkaError) in
                let found = try admin.topic(name, timeoutMs: timeoutMs)
                guard found.partitions.isEmpty else { return found }
                throw found.error
                    ?? KafkaError(code: KafkaError.Code.unknownTopicOrPartition, doing: "topic \(name)")
            }
        } catch {
            guard error.code != KafkaError.Code.unknownTopicOrPartition else { return nil }
            guard error.code == KafkaError.Code.leaderNotAvailable else { throw explained(error) }
            throw CommandError(Exit.late, "topic \(name) has no leader: \(error); see doctor")
        }
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

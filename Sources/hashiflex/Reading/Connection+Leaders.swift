import Kafka

extension Connection {
    /// How long one leader may take to say where a partition ends, milliseconds.
    private static let leaderMs: Int32 = 3_000

    /// Asks the leaders of partitions that gave no sign.
    ///
    /// - Returns: those that do not answer, with all partitions among these that they lead.
    func silentLeaders(_ topic: String, _ partitions: [Int32]) -> [SilentLeader] {
        let described = (try? KafkaAdmin(kafka).metadata(timeoutMs: Self.leaderMs)) ?? cluster
        let leaders = SilentLeader.leaders(
            of: partitions, in: described.topics[topic] ?? cluster.topics[topic], described.brokers)
        return leaders.filter { leader in
            guard leader.node != nil, let first = leader.partitions.first else { return true }
            let place = TopicPartition(topic: topic, partition: first)
            // A client of its own: the reader's may be stuck behind what it waits for.
            guard let asking = try? KafkaConsumer(kafka, groupID: nil) else { return true }
            defer { asking.close(timeoutMs: 1_000) }
            return (try? asking.extents([place], timeoutMs: Self.leaderMs))?[place] == nil
        }
    }

    /// Why a topic can not be read on.
    ///
    /// - Parameter silentMs: How long nothing came, milliseconds.
    /// - Returns: 69 that names partitions and addresses when a leader is out of reach, else 75.
    func unread(_ topic: String, _ partitions: [Int32], silentMs: Int64) -> CommandError {
        let silent = silentLeaders(topic, partitions)
        guard silent.isEmpty else { return Self.unreachable(topic, silent, silentMs: silentMs) }
        return CommandError(
            Exit.late,
            "topic \(topic): nothing came for \(silentMs / 1_000) s, though the leaders answer; see doctor")
    }

    /// That leaders are out of reach.
    static func unreachable(_ topic: String, _ silent: [SilentLeader], silentMs: Int64) -> CommandError {
        CommandError(
            Exit.unavailable,
            "topic \(topic): \(silent.map(\.text).joined(separator: "; ")), and nothing came for "
                + "\(silentMs / 1_000) s; see doctor, and --wait to wait longer")
    }
}

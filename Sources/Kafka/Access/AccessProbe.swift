/// Tries whether this user has rights, and leaves nothing behind.
///
/// | right | how it is tried |
/// |---|---|
/// | Read on a topic | partition 0 is read from its end |
/// | Write on a topic | a record with a number of acknowledgements that Kafka refuses after it has looked at the rights |
/// | Describe on a topic or group | it is asked for |
/// | Read on a group | a commit for a topic that does not exist, refused likewise |
/// | Write on a transactional id | it is taken over, without a transaction |
///
/// Apache Kafka answers like that in every version since 2.5. An ``EmbeddedBroker`` knows no rights and takes what is
/// written: do not ask it.
public struct AccessProbe {
    private let configuration: KafkaConfiguration
    private let admin: KafkaAdmin
    private let timeoutMs: Int32

    /// A probe that waits at most `timeoutMs` for each kind of right.
    public init(_ configuration: KafkaConfiguration, timeoutMs: Int32 = 10_000) throws(KafkaError) {
        self.configuration = configuration
        self.timeoutMs = timeoutMs
        admin = try KafkaAdmin(configuration)
    }

    /// Tries rights, those of a kind together.
    ///
    /// - Returns: for every right that is missing or could not be tried, why.
    public func refused(_ rights: [AccessRight]) -> [AccessRight: KafkaError] {
        var refused: [AccessRight: KafkaError] = [:]
        var toRead: [String] = []
        var toWrite: [String] = []
        for right in rights {
            do throws(KafkaError) {
                switch (right.operation, right.resource) {
                case (.read, .topic(let name)): toRead.append(name)
                case (.write, .topic(let name)): toWrite.append(name)
                case (_, .topic(let name)):
                    if let error = try admin.topic(name, timeoutMs: timeoutMs).error { throw error }
                case (.read, .group(let name)): try join(name)
                case (_, .group(let name)): try find(name).close()
                case (_, .transactionalID(let name)):
                    try KafkaProducer(configuration, options: ProducerOptions(transactionalID: name))
                        .initTransactions(timeoutMs: timeoutMs)
                case (_, .cluster): break
                }
            } catch {
                refused[right] = error
            }
        }
        for (topic, error) in read(toRead) { refused[AccessRight(.read, .topic(topic))] = error }
        for (topic, error) in write(toWrite) { refused[AccessRight(.write, .topic(topic))] = error }
        return refused
    }

    private var unanswered: KafkaError {
        KafkaError(code: KafkaError.Code.timedOut, doing: "no answer in \(timeoutMs) ms")
    }

    /// Finds a group's coordinator, which needs Describe; without it a commit would only wait.
    private func find(_ group: String) throws(KafkaError) -> KafkaConsumer {
        let consumer = try KafkaConsumer(configuration, groupID: group)
        do throws(KafkaError) {
            try consumer.findGroup(group, timeoutMs: timeoutMs)
        } catch {
            consumer.close()
            throw error
        }
        return consumer
    }

    private func join(_ group: String) throws(KafkaError) {
        let consumer = try find(group)
        defer { consumer.close() }
        do {
            try consumer.commit(
                [OffsetCommit(TopicPartition(topic: "\(group).no-topic", partition: 0), offset: 0)],
                synchronously: true, timeoutMs: timeoutMs)
        } catch {
            // That the topic is unknown, or not to be seen, is said of those who may read the group only.
            guard case .group = error.missingRight?.resource else { return }
            throw error
        }
    }

    private func read(_ topics: [String]) -> [String: KafkaError] {
        guard !topics.isEmpty else { return [:] }
        var open = Set(topics)
        var refused: [String: KafkaError] = [:]
        do throws(KafkaError) {
            let consumer = try KafkaConsumer(
                configuration, groupID: nil,
                options: ConsumerOptions(offsetReset: .latest, reportsPartitionEnd: true))
            defer { consumer.close() }
            try consumer.assign(open.sorted().map { (TopicPartition(topic: $0, partition: 0), .end) })
            let deadline = ContinuousClock.now + .milliseconds(timeoutMs)
            while !open.isEmpty, ContinuousClock.now < deadline {
                switch consumer.poll(timeoutMs: 100) {
                case .partitionEnd(let partition, _): open.remove(partition.topic)
                case .message(let message): open.remove(message.topic)
                case .error(let error):
                    guard case .topic(let name) = error.missingRight?.resource else { continue }
                    open.remove(name)
                    refused[name] = error
                case .assigned, .revoked, nil: break
                }
            }
            for topic in open { refused[topic] = unanswered }
        } catch {
            for topic in open { refused[topic] = error }
        }
        return refused
    }

    private func write(_ topics: [String]) -> [String: KafkaError] {
        var asking = configuration
        // Kafka knows -1, 0 and 1.
        asking.set("acks", "2")
        asking.set("enable.idempotence", "false")
        asking.set("message.timeout.ms", "\(timeoutMs)")
        var open = Dictionary(uniqueKeysWithValues: Set(topics).enumerated().map { (UInt64($0), $1) })
        var refused: [String: KafkaError] = [:]
        do throws(KafkaError) {
            let producer = try KafkaProducer(asking)
            for (tag, topic) in open {
                do throws(KafkaError) {
                    // Without a key and a value: where it were taken all the same, it would say nothing.
                    try producer.produce(topic: topic, partition: 0, value: nil, tag: tag)
                } catch {
                    open[tag] = nil
                    refused[topic] = error
                }
            }
            let deadline = ContinuousClock.now + .milliseconds(timeoutMs + 1_000)
            while !open.isEmpty, ContinuousClock.now < deadline {
                for delivery in producer.poll(timeoutMs: 50) {
                    guard let topic = open.removeValue(forKey: delivery.tag),
                        let error = delivery.error, error.code != KafkaError.Code.invalidRequiredAcks
                    else { continue }
                    refused[topic] = error
                }
            }
            for topic in open.values { refused[topic] = unanswered }
        } catch {
            for topic in open.values { refused[topic] = error }
        }
        return refused
    }
}

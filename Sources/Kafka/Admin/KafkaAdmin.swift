internal import CRDKafka

/// Looks at a cluster and creates topics in it; every call is bounded by its timeout.
public final class KafkaAdmin: Sendable {
    let client: ClientHandle

    /// Creates a client for administration; nothing is connected before something is asked.
    ///
    /// - Throws: ``KafkaError`` naming the property that is refused.
    public init(_ configuration: KafkaConfiguration) throws(KafkaError) {
        var properties: [(name: String, value: String)]
        do {
            properties = try configuration.resolved(roleDefaults: [], options: [], required: [])
        } catch {
            throw KafkaError(error)
        }
        PatienceWithNodes.fit(&properties, of: configuration)
        // A producer's questions about a topic may create it.
        client = try ClientHandle(RD_KAFKA_CONSUMER, properties: properties) { _ in }
    }

    /// Asks for the brokers and all topics. Creates nothing.
    ///
    /// - Throws: ``KafkaError`` that names the brokers and the last reason when none can be reached in time.
    public func metadata(timeoutMs: Int32) throws(KafkaError) -> ClusterDescription {
        client.serveEvents()
        var answer: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(client.pointer, 1, nil, &answer, timeoutMs)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else {
            throw client.unreachable(code, doing: "cannot describe the cluster", timeoutMs: timeoutMs)
        }
        defer { rd_kafka_metadata_destroy(answer) }
        return ClusterDescription(answer.pointee)
    }

    /// Creates topics, each on its own account.
    ///
    /// - Parameter timeoutMs: Covers finding the controller, creating, and waiting until the topics are known.
    /// - Returns: for every topic what became of it.
    /// - Throws: ``KafkaError`` when there was no answer; then nothing is known about any topic. An
    ///   ``EmbeddedBroker`` never answers: it is given its topics when it is made.
    public func createTopics(
        _ topics: [TopicSpecification],
        timeoutMs: Int32
    ) throws(KafkaError) -> [String: TopicCreation] {
        guard !topics.isEmpty else { return [:] }
        let wishes = try NewTopics(topics)
        let request = try AdminRequest(
            client, RD_KAFKA_ADMIN_OP_CREATETOPICS, doing: "cannot create topics", timeoutMs: timeoutMs)
        try request.set(rd_kafka_AdminOptions_set_operation_timeout)
        var pointers = wishes.pointers
        rd_kafka_CreateTopics(
            client.pointer, &pointers, pointers.count, request.options, request.queue)
        let event = request.answer()
        defer { rd_kafka_event_destroy(event) }
        return try results(of: event, timeoutMs: timeoutMs)
    }

    private func results(
        of event: OpaquePointer?,
        timeoutMs: Int32
    ) throws(KafkaError) -> [String: TopicCreation] {
        guard let event else {
            throw client.unreachable(
                RD_KAFKA_RESP_ERR__TIMED_OUT,
                doing: "cannot create topics",
                timeoutMs: timeoutMs
            )
        }
        let code = rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let result = rd_kafka_event_CreateTopics_result(event)
        else {
            let said = rd_kafka_event_error_string(event).map { String(cString: $0) } ?? ""
            throw KafkaError(
                code: code.rawValue,
                doing: "cannot create topics",
                detail: "\(said), brokers \(client.value(of: "bootstrap.servers") ?? "?")"
            )
        }
        var count = 0
        var outcome: [String: TopicCreation] = [:]
        let entries = rd_kafka_CreateTopics_result_topics(result, &count)
        for entry in UnsafeBufferPointer(start: entries, count: count) {
            guard let entry, let name = rd_kafka_topic_result_name(entry) else { continue }
            outcome[String(cString: name)] = Self.outcome(
                rd_kafka_topic_result_error(entry),
                rd_kafka_topic_result_error_string(entry).map { String(cString: $0) },
                topic: String(cString: name),
                client.pointer
            )
        }
        return outcome
    }

    private static func outcome(
        _ code: rd_kafka_resp_err_t,
        _ text: String?,
        topic: String,
        _ client: OpaquePointer
    ) -> TopicCreation {
        switch code {
        case RD_KAFKA_RESP_ERR_NO_ERROR: .created
        case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: .alreadyExists
        default:
            .failed(
                KafkaError(code: code.rawValue, doing: "cannot create topic \(topic)", detail: text)
                    .naming(.create, topic: topic, of: client))
        }
    }
}

/// Owned requests for topics.
private struct NewTopics: ~Copyable {
    private(set) var pointers: [OpaquePointer?] = []

    init(_ topics: [TopicSpecification]) throws(KafkaError) {
        for topic in topics {
            guard !topic.name.isEmpty else {
                throw KafkaError(
                    code: KafkaError.Code.invalidArgument,
                    doing: "cannot create a topic",
                    detail: "it has no name"
                )
            }
            var text = [CChar](repeating: 0, count: 256)
            guard
                let made = rd_kafka_NewTopic_new(
                    topic.name,
                    Int32(topic.partitions),
                    Int32(topic.replication),
                    &text,
                    text.count
                )
            else {
                throw KafkaError(
                    code: KafkaError.Code.invalidArgument,
                    doing: "cannot create topic \(topic.name)",
                    detail: String(cText: text)
                )
            }
            pointers.append(made)
            for (name, value) in topic.configs.sorted(by: { $0.key < $1.key }) {
                let code = rd_kafka_NewTopic_set_config(made, name, value)
                try KafkaError.check(code, doing: "cannot create topic \(topic.name) with \(name)")
            }
        }
    }

    deinit {
        for pointer in pointers { rd_kafka_NewTopic_destroy(pointer) }
    }
}

extension ClusterDescription {
    /// Copies the library's answer.
    init(_ answer: rd_kafka_metadata) {
        answeredBy = answer.orig_broker_id
        brokers = UnsafeBufferPointer(start: answer.brokers, count: Int(answer.broker_cnt))
            .map { Broker(id: $0.id, host: $0.host.map { String(cString: $0) } ?? "", port: $0.port) }
            .sorted { $0.id < $1.id }
        var topics: [String: Topic] = [:]
        for entry in UnsafeBufferPointer(start: answer.topics, count: Int(answer.topic_cnt)) {
            let name = entry.topic.map { String(cString: $0) } ?? ""
            let partitions = UnsafeBufferPointer(start: entry.partitions, count: Int(entry.partition_cnt))
                .map { partition in
                    Partition(
                        id: partition.id,
                        leader: partition.leader,
                        replicas: Array(
                            UnsafeBufferPointer(
                                start: partition.replicas, count: Int(partition.replica_cnt))),
                        inSyncCount: Int(partition.isr_cnt),
                        error: Self.error(partition.err, "partition \(name)/\(partition.id)")
                    )
                }
                .sorted { $0.id < $1.id }
            topics[name] = Topic(
                name: name,
                partitions: partitions,
                error: Self.error(entry.err, "topic \(name)")
            )
        }
        self.topics = topics
    }

    private static func error(_ code: rd_kafka_resp_err_t, _ what: String) -> KafkaError? {
        code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaError(code: code.rawValue, doing: what)
    }
}

internal import CRDKafka

extension KafkaAdmin {
    /// Asks for one topic by its name, and creates nothing in a Kafka (an ``EmbeddedBroker`` creates it). A listing leaves
    /// out what this user may not see.
    ///
    /// - Returns: the topic; its ``ClusterDescription/Topic/error`` says that it does not exist, that this user may not
    ///   see it, or that no leader is known yet.
    public func topic(_ name: String, timeoutMs: Int32) throws(KafkaError) -> ClusterDescription.Topic {
        guard let handle = rd_kafka_topic_new(client.pointer, name, nil) else {
            throw KafkaError(
                code: KafkaError.Code.invalidArgument, doing: "cannot ask about topic \"\(name)\"")
        }
        defer { rd_kafka_topic_destroy(handle) }
        var answer: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(client.pointer, 0, handle, &answer, timeoutMs)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else {
            throw client.unreachable(code, doing: "cannot ask about topic \(name)", timeoutMs: timeoutMs)
        }
        defer { rd_kafka_metadata_destroy(answer) }
        let found = ClusterDescription(answer.pointee).topics[name]
        return ClusterDescription.Topic(
            name: name, partitions: found?.partitions ?? [],
            error: found == nil
                ? KafkaError(code: KafkaError.Code.unknownTopicOrPartition, doing: "topic \(name)")
                : found?.error?.naming(.describe, topic: name, of: client.pointer))
    }

    /// How many partitions a topic has.
    ///
    /// - Throws: ``KafkaError`` that says that it does not exist, or which right is missing to see it.
    public func partitionCount(of name: String, timeoutMs: Int32) throws(KafkaError) -> Int {
        // Listed first: an ``EmbeddedBroker`` creates what it is asked for by name.
        if let count = try metadata(timeoutMs: timeoutMs).topics[name]?.partitions.count, count > 0 {
            return count
        }
        let topic = try topic(name, timeoutMs: timeoutMs)
        guard topic.partitions.isEmpty else { return topic.partitions.count }
        guard let error = topic.error, error.code != KafkaError.Code.unknownTopicOrPartition else {
            throw KafkaError(
                code: KafkaError.Code.unknownTopicOrPartition, doing: "topic \(name)",
                detail: "it does not exist at \(client.value(of: "bootstrap.servers") ?? "?")")
        }
        throw error
    }

    /// Asks for a group, to learn whether this user may.
    ///
    /// - Throws: ``KafkaError`` when the right is missing, or there was no answer.
    public func describe(group: String, timeoutMs: Int32) throws(KafkaError) {
        let action = "cannot ask about group \(group)"
        guard
            let options = rd_kafka_AdminOptions_new(client.pointer, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS),
            let queue = rd_kafka_queue_new(client.pointer)
        else { preconditionFailure("the library gave no admin request: out of memory") }
        defer {
            rd_kafka_queue_destroy(queue)
            rd_kafka_AdminOptions_destroy(options)
        }
        var text = [CChar](repeating: 0, count: 256)
        let code = rd_kafka_AdminOptions_set_request_timeout(options, timeoutMs, &text, text.count)
        try KafkaError.check(code, doing: action)
        group.withCString { name in
            var names: [UnsafePointer<CChar>?] = [name]
            rd_kafka_DescribeConsumerGroups(client.pointer, &names, 1, options, queue)
        }
        let event = rd_kafka_queue_poll(queue, timeoutMs + 1_000)
        defer { rd_kafka_event_destroy(event) }
        guard let event, let result = rd_kafka_event_DescribeConsumerGroups_result(event) else {
            throw client.unreachable(RD_KAFKA_RESP_ERR__TIMED_OUT, doing: action, timeoutMs: timeoutMs)
        }
        var count = 0
        let groups = rd_kafka_DescribeConsumerGroups_result_groups(result, &count)
        let refusals = UnsafeBufferPointer(start: groups, count: count).compactMap { entry in
            entry.flatMap { rd_kafka_ConsumerGroupDescription_error($0) }.map { rd_kafka_error_code($0) }
        }
        for refusal in refusals + [rd_kafka_event_error(event)]
        where refusal != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw KafkaError(code: refusal.rawValue, doing: action)
                .naming(.describe, group: group, of: client.pointer)
        }
    }
}

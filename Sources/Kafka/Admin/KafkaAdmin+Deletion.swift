internal import CRDKafka

extension KafkaAdmin {
    /// Deletes topics with all that is in them, each on its own account. Of one that is not there nothing is said.
    ///
    /// - Parameter timeoutMs: Covers finding the controller and deleting; nodes may list the topics for a while longer.
    /// - Returns: why a topic could not be deleted, by name; empty when all were.
    /// - Throws: ``KafkaError`` when there was no answer; then nothing is known about any topic.
    public func deleteTopics(
        _ names: [String], timeoutMs: Int32
    ) throws(KafkaError) -> [String: KafkaError] {
        guard !names.isEmpty else { return [:] }
        let words = "cannot delete topics"
        let request = try AdminRequest(
            client, RD_KAFKA_ADMIN_OP_DELETETOPICS, doing: words, timeoutMs: timeoutMs)
        try request.set(rd_kafka_AdminOptions_set_operation_timeout)
        var topics = names.map { rd_kafka_DeleteTopic_new($0) }
        defer { for topic in topics { rd_kafka_DeleteTopic_destroy(topic) } }
        rd_kafka_DeleteTopics(client.pointer, &topics, topics.count, request.options, request.queue)
        guard let event = request.answer() else {
            throw client.unreachable(RD_KAFKA_RESP_ERR__TIMED_OUT, doing: words, timeoutMs: timeoutMs)
        }
        defer { rd_kafka_event_destroy(event) }
        let code = rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let result = rd_kafka_event_DeleteTopics_result(event)
        else {
            throw KafkaError(
                code: code.rawValue, doing: words,
                detail: rd_kafka_event_error_string(event).map { String(cString: $0) })
        }
        return failures(in: result)
    }

    private func failures(in result: OpaquePointer) -> [String: KafkaError] {
        var count = 0
        var failures: [String: KafkaError] = [:]
        let entries = rd_kafka_DeleteTopics_result_topics(result, &count)
        for entry in UnsafeBufferPointer(start: entries, count: count) {
            let code = rd_kafka_topic_result_error(entry)
            guard let entry, let name = rd_kafka_topic_result_name(entry), code != RD_KAFKA_RESP_ERR_NO_ERROR,
                code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
            else { continue }
            let topic = String(cString: name)
            failures[topic] = KafkaError(
                code: code.rawValue, doing: "cannot delete topic \(topic)",
                detail: rd_kafka_topic_result_error_string(entry).map { String(cString: $0) }
            )
            .naming(.delete, topic: topic, of: client.pointer)
        }
        return failures
    }
}

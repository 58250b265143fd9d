internal import CRDKafka

extension KafkaProducer {
    /// Asks how many partitions a topic has, and connects on the way.
    ///
    /// Worth asking before the first message: a topic the producer has not heard of costs that message up to a
    /// second. Brokers that create topics by themselves may create this one.
    ///
    /// - Throws: ``KafkaError`` when the topic is not known, or nobody answers in time.
    public func partitionCount(of topic: String, timeoutMs: Int32) throws(KafkaError) -> Int {
        guard let handle = rd_kafka_topic_new(client.pointer, topic, nil) else {
            throw KafkaError(
                code: KafkaError.Code.invalidArgument,
                doing: "cannot ask about topic \"\(topic)\""
            )
        }
        defer { rd_kafka_topic_destroy(handle) }
        var answer: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(client.pointer, 0, handle, &answer, timeoutMs)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else {
            throw client.unreachable(code, doing: "cannot ask about topic \(topic)", timeoutMs: timeoutMs)
        }
        defer { rd_kafka_metadata_destroy(answer) }
        guard answer.pointee.topic_cnt == 1, let found = answer.pointee.topics?.pointee else {
            throw KafkaError(
                code: KafkaError.Code.unknownTopicOrPartition,
                doing: "cannot ask about topic \(topic)"
            )
        }
        if found.err != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw KafkaError(code: found.err.rawValue, doing: "cannot ask about topic \(topic)")
                .naming(.write, topic: topic, of: client.pointer)
        }
        return Int(found.partition_cnt)
    }
}

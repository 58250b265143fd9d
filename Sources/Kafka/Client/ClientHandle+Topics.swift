internal import CRDKafka

extension ClientHandle {
    /// Asks any node for one topic by its name. The library takes over who leads its partitions.
    ///
    /// - Returns: The topic as that node knows it; `nil` where it tells nothing about it.
    /// - Throws: ``KafkaError`` when nobody answers in time.
    func topic(_ name: String, timeoutMs: Int32) throws(KafkaError) -> ClusterDescription.Topic? {
        guard let handle = rd_kafka_topic_new(pointer, name, nil) else {
            throw KafkaError(
                code: KafkaError.Code.invalidArgument, doing: "cannot ask about topic \"\(name)\"")
        }
        defer { rd_kafka_topic_destroy(handle) }
        var answer: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(pointer, 0, handle, &answer, timeoutMs)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else {
            throw unreachable(code, doing: "cannot ask about topic \(name)", timeoutMs: timeoutMs)
        }
        defer { rd_kafka_metadata_destroy(answer) }
        return ClusterDescription(answer.pointee).topics[name]
    }
}

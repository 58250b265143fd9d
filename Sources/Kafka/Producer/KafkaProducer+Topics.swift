extension KafkaProducer {
    /// Asks how many partitions a topic has, and connects on the way.
    ///
    /// Worth asking before the first message: a topic the producer has not heard of costs that message up to a
    /// second. Brokers that create topics by themselves may create this one.
    ///
    /// - Throws: ``KafkaError`` when the topic is not known, or nobody answers in time.
    public func partitionCount(of topic: String, timeoutMs: Int32) throws(KafkaError) -> Int {
        let words = "cannot ask about topic \(topic)"
        guard let found = try client.topic(topic, timeoutMs: timeoutMs) else {
            throw KafkaError(code: KafkaError.Code.unknownTopicOrPartition, doing: words)
        }
        if let error = found.error {
            throw KafkaError(code: error.code, doing: words).naming(.write, topic: topic, of: client.pointer)
        }
        return found.partitions.count
    }
}

extension KafkaAdmin {
    /// Asks for one topic by its name, and creates nothing in a Kafka (an ``EmbeddedBroker`` creates it). A listing leaves
    /// out what this user may not see.
    ///
    /// - Returns: the topic; its ``ClusterDescription/Topic/error`` says that it does not exist, that this user may not
    ///   see it, or that no leader is known yet.
    public func topic(_ name: String, timeoutMs: Int32) throws(KafkaError) -> ClusterDescription.Topic {
        client.serveEvents()
        let found = try client.topic(name, timeoutMs: timeoutMs)
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
}

/// What a poll of a consumer brings.
public enum ConsumerEvent: Sendable {
    /// A message.
    case message(KafkaMessage)

    /// The end of a partition was reached; the offset is the one the next message will have.
    ///
    /// Comes once each time the end is reached, and only with ``ConsumerOptions/reportsPartitionEnd``.
    case partitionEnd(TopicPartition, Int64)

    /// The group gives these partitions, and no others, to this consumer: answer with ``KafkaConsumer/assign(_:)``.
    ///
    /// Nothing is read before the answer. The list may be empty; it is answered all the same.
    case assigned([TopicPartition])

    /// The group takes these partitions back, which are all that are read: finish or drop their work, commit, then answer with
    /// ``KafkaConsumer/unassign()``.
    ///
    /// A poll before the answer may still bring messages of these partitions.
    /// When `lost`, others may own them already: drop the work, commits will fail.
    case revoked([TopicPartition], lost: Bool)

    /// Something went wrong; unless it is fatal the consumer goes on by itself.
    case error(KafkaError)
}

/// One partition of one topic.
public struct TopicPartition: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The name of the topic.
    public let topic: String

    /// The number of the partition.
    ///
    /// - Range: `0 ..< partition count of the topic`.
    public let partition: Int32

    /// Partition `partition` of `topic`.
    public init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    /// `topic/partition`.
    public var description: String { "\(topic)/\(partition)" }

    /// Orders by topic, then by partition number.
    public static func < (left: TopicPartition, right: TopicPartition) -> Bool {
        left.topic == right.topic ? left.partition < right.partition : left.topic < right.topic
    }
}

/// Where reading of a partition starts.
public enum StartOffset: Sendable, Hashable {
    /// The oldest message that is still there.
    case beginning
    /// After the newest message.
    case end
    /// The message with this offset.
    ///
    /// - Range: `0...`.
    case offset(Int64)
    /// This many messages before the end.
    ///
    /// - Range: `0...`.
    case tail(Int64)
    /// What the group has committed; where it has committed nothing, what ``OffsetReset`` says.
    case committed
}

/// What a group has committed for one partition.
public struct CommittedOffset: Sendable, Hashable {
    /// The offset of the next message to read; `nil` when the group has committed nothing.
    public let offset: Int64?

    /// The text that was committed with the offset; empty when there is none.
    public let metadata: String
}

/// An offset to commit: the *next* message to read, with a text to keep beside it.
public struct OffsetCommit: Sendable, Hashable {
    /// The partition.
    public let partition: TopicPartition

    /// The offset of the next message to read.
    public let offset: Int64

    /// A text kept with the offset; brokers take 4,096 bytes by default.
    public let metadata: String

    /// A commit of `offset` for `partition`.
    public init(_ partition: TopicPartition, offset: Int64, metadata: String = "") {
        self.partition = partition
        self.offset = offset
        self.metadata = metadata
    }
}

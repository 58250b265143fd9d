package import PipelineMessages

/// A record that is of no use: it goes to the dead letters.
package struct DeadShard<Message: Sendable>: Sendable {
    /// The record.
    package let message: Message
    /// Its stream, or empty.
    package let stream: String
    /// A short stable word for the reason.
    package let code: String
    /// What is wrong, in one line.
    package let reason: String

    /// Joins a record and what is wrong with it.
    package init(_ message: Message, stream: String, code: String, reason: String) {
        self.message = message
        self.stream = stream
        self.code = code
        self.reason = reason
    }
}

/// What became of one record of the shard topic.
package enum ShardOutcome<Message: Sendable, Scores: Sendable>: Sendable {
    /// Scored: one prediction for each of so many images, and a receipt.
    case scored(Scores, images: Int)
    /// Unusable: a dead letter and a receipt.
    case dead(DeadShard<Message>)
    /// A marker: nothing to publish, only an offset to pass.
    case passed

    /// Images that count for the partition.
    var images: Int {
        switch self {
        case .scored(_, let images): images
        case .dead, .passed: 0
        }
    }
}

/// One finished record, ready to be published.
package struct Publication<Message: Sendable, Scores: Sendable>: Sendable {
    /// Its place.
    package let ticket: Ticket
    /// Images of the partition below it.
    package let imagesBefore: Int64
    /// What to publish; never `passed`.
    package let outcome: ShardOutcome<Message, Scores>
}

/// What the group has committed for a partition.
package struct SavedPosition: Sendable, Equatable {
    /// The next offset to read.
    package var offset: Int64
    /// The text beside it, a ``PartitionProgress``.
    package var metadata: String

    /// A committed position.
    package init(offset: Int64, metadata: String) {
        self.offset = offset
        self.metadata = metadata
    }
}

/// What to commit for a partition.
package struct PartitionCommit: Sendable, Equatable {
    /// The partition.
    package let partition: Int32
    /// The offset above the last record that was delivered.
    package let offset: Int64
    /// What to write beside it.
    package let progress: PartitionProgress
}

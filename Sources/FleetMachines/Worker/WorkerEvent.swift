package import Artifacts
package import PipelineMessages

/// What can happen to a worker.
package enum WorkerEvent<Message: Sendable, Scores: Sendable>: Sendable {
    // The group.

    /// The group gives it these partitions.
    case assigned([Int32])
    /// The group takes all partitions back; when `lost`, others may have them already.
    case revoked(lost: Bool)
    /// The answer to ``WorkerAction/fetchPositions(_:generation:)``; partitions without a committed offset are absent.
    case positions([Int32: SavedPosition], generation: Int)
    /// No answer to ``WorkerAction/fetchPositions(_:generation:)``.
    case positionsFailed(CallFailure, generation: Int)
    /// The topic for answers that has the fewest partitions has so many: a shard's answers lie in the partition of the shard.
    case answers(topic: String, partitions: Int)
    /// The broker said something of reading.
    case readingFailed(CallFailure)
    /// What was to be read next of a partition is not there; where it begins and ends, if that could be asked.
    case outOfRange(partition: Int32, PartitionExtent?)

    /// The answer to ``WorkerAction/askLeaders(_:_:)``: partitions whose leaders in that role answered, and those of which the
    /// cluster names a leader that did not; how many the shard topic has, 0 where the cluster did not answer.
    case leaders(LeaderRole, answered: [Int32], silent: [Int32], of: Int)

    // Records and what became of them.

    /// A record of the shard topic, read by the assignment of this generation: the client library may have fetched it before it
    /// was told where to read on.
    case record(ShardTopicRecord, Message, partition: Int32, offset: Int64, generation: Int)
    /// A submitted shard was scored.
    case scored(Ticket, Scores, images: Int)
    /// A submitted shard is of no use.
    case unusable(Ticket, DeadShard<Message>)
    /// So many images of a submitted shard could not be read, and why the first could not; what is left of it is scored.
    case imagesNotRead(Ticket, Int, String)

    // Publishing.

    /// A publication became so many records on their way to the broker.
    case queued(flight: UInt64, records: Int)
    /// So many more of its records are delivered.
    case delivered(flight: UInt64, records: Int)
    /// One of its records was not delivered, or could not be sent.
    case deliveryFailed(CallFailure, flight: UInt64)
    /// The producer was made anew: of nothing that is on its way anybody will say what became of it.
    case flightsLost(CallFailure)
    /// The answer to ``WorkerAction/commit(_:serial:generation:)``.
    case commitEnded(CallFailure?, serial: Int)
    /// The answer to the transactional call in progress.
    case transactionEnded(TransactionCall, CallFailure?)

    // The control topic.

    /// A head was published completely; what came of loading it was told before.
    case published(HeadManifest)
    /// A head is verified and can score from now on; it takes so many bytes of memory.
    case headReady(ContentDigest, bytes: Int)
    /// A head will not be used, and why.
    case headRefused(ContentDigest, String)
    /// The answer to ``WorkerAction/fetchHead(_:)`` was no head and no reason: it may be asked for again.
    case headNotFetched(ContentDigest)
    /// The state of a cut-over, and the offset of its record.
    case cutover(CutoverRecord, offset: Int64)
    /// A partition is to go on elsewhere, says the record at this offset of the control topic.
    case move(PositionMove, offset: Int64)
    /// Where a partition stood, says the record at this offset of the control topic.
    case checkpoint(PositionCheckpoint, offset: Int64)
    /// Everything below this offset of the control topic has been read and told.
    case controlRead(below: Int64)
    /// The answer to ``WorkerAction/askControlEnd(serial:beside:)``; `nil` when there was none.
    case controlEnd(Int64?, serial: Int)
    /// A client other than the topic's reader was told that the control topic ends there.
    case controlEnds(at: Int64)

    // Life.

    /// Finish, commit, then end.
    case drain
    /// End soon; what is not committed is done again by others.
    case stop
    /// Time has passed. Comes at least every 50 ms.
    case tick
}

/// The calls of one transaction.
package enum TransactionCall: Sendable, Hashable {
    /// Opens it.
    case begin
    /// Makes the offsets part of it.
    case sendOffsets
    /// Makes all of it visible.
    case commit
    /// Makes nothing of it visible.
    case abort
}

/// What a worker does.
package enum WorkerAction<Message: Sendable, Scores: Sendable>: Sendable {
    // Reading: carried out one after the other by whoever polls the broker.

    /// Ask whether the topics for answers have these partitions, where that is not known; then what the group has committed. Also of
    /// partitions that others have.
    case fetchPositions([Int32], generation: Int)
    /// Ask how many partitions the topics for answers have; one that gets no answer is asked again.
    case countAnswers
    /// Read from these offsets; the group membership of now is that of `generation`.
    case assign([(partition: Int32, offset: Int64)], generation: Int)
    /// Give all partitions back.
    case unassign
    /// Let these partitions rest.
    case pause([Int32])
    /// Read them again.
    case resume([Int32])
    /// Score a shard by a head that is ready.
    case submit(Ticket, Message, stream: String, HeadStamp)

    /// Leave the group, which takes all partitions back.
    case leaveGroup
    /// Join it again.
    case joinGroup

    // Publishing: carried out one after the other by whoever writes to the broker.

    /// Publish a finished record.
    case publish(Publication<Message, Scores>, flight: UInt64)
    /// Commit offsets for the group as member of `generation`.
    case commit([PartitionCommit], serial: Int, generation: Int)
    /// Open a transaction.
    case beginTransaction
    /// Make offsets part of the transaction, as member of `generation`.
    case sendOffsets([PartitionCommit], generation: Int)
    /// Commit the transaction.
    case commitTransaction
    /// Abort the transaction.
    case abortTransaction

    // The control topic: carried out by whoever follows it.

    /// Ask where the control topic ends now: by way of the nodes that these markers came from, for another may be cut off and
    /// answer as if nothing had been announced. Their records are younger than their announcement.
    case askControlEnd(serial: Int, beside: [Message])
    /// Read the control topic from its beginning over new connections; what was told of it before may be told again.
    case reopenControl
    /// Load a published head again, which was unloaded.
    case fetchHead(ContentDigest)

    // Leaders: carried out by whoever asks, beside the reading.

    /// Ask the leaders that these partitions need in a role, over the client that reads, whether they are there.
    case askLeaders([Int32], LeaderRole)

    // At once.

    /// Let go of a head: nothing that is submitted later needs it.
    case unloadHead(ContentDigest)
    /// Worth a line in the log.
    case say(String)
    /// Ended: nothing is held any more.
    case finished
    /// Ended because it can not go on.
    case failed(String)
}

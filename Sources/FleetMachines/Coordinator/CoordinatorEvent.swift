package import PipelineMessages

/// What can happen to a coordinator.
package enum CoordinatorEvent: Sendable {
    /// The group makes it the leader, or no longer.
    case leads(Bool)

    // What the topics say, in the term that began reading them.

    /// A head was published completely.
    case published(HeadManifest)
    /// A published head can not be used, and why.
    case unusable(HeadManifest, String)
    /// The state of a cut-over, and the offset of its record.
    case cutover(CutoverRecord, offset: Int64)
    /// All that was in the control topic has been read.
    case controlCaughtUp
    /// Everything below this offset of the control topic has been read and told.
    case controlRead(below: Int64)
    /// A client other than the reader was told that the control topic ends there.
    case controlEnds(at: Int64)
    /// A worker's heartbeat.
    case worker(WorkerStatus)
    /// A leading coordinator's heartbeat.
    case coordinator(CoordinatorStatus)
    /// The heartbeat that ``CoordinatorAction/beat(_:)`` asked for is in the status topic.
    case beatWritten
    /// All that was in the status topic has been read.
    case statusCaughtUp
    /// What was made of a shard, at this offset of its receipts partition.
    case receipt(Receipt, offset: Int64)
    /// The answer to ``CoordinatorAction/askPositions(_:serial:term:)``; partitions that could not be asked have no extent.
    case positions([Int32: SavedPosition], [Int32: PartitionExtent], serial: Int)
    /// No answer to ``CoordinatorAction/askPositions(_:serial:term:)``.
    case positionsFailed(CallFailure, serial: Int)
    /// A partition is to go on elsewhere, says the record of this name at this offset of the control topic.
    case move(PositionMove, name: String = NamedMove.resumes, offset: Int64)
    /// Where a partition stood, says the record at this offset of the control topic.
    case checkpoint(PositionCheckpoint, offset: Int64)
    /// The answer to ``CoordinatorAction/countPartitions``: so many the shard topic has now.
    case partitions(Int)
    /// The answer to ``CoordinatorAction/askOffsetRoom``: the fewest bytes that a node keeps beside an offset, and whether every
    /// node has said.
    case offsetRoom(bytes: Int, isWhole: Bool)
    /// Looked for beside the count: partitions of which the workers see no more, because a transaction in them is open.
    case heldBack([HeldPartition])
    /// The answer to ``CoordinatorAction/askEnds(_:)``: the highest end that any node tells, where most of them did, and what was asked.
    case endsTold([PartitionOffset], wanted: [PartitionOffset])
    /// The ledger is to start anew, says the record at this offset of the control topic.
    case ledgerReset(LedgerReset, offset: Int64)

    // Answers to errands.

    /// Where all partitions end that there are now, and a token that nobody else can know.
    case ends([PartitionOffset], token: String, errand: Int)
    /// The first marker of the cut-over in each partition that has one.
    case markers([PartitionOffset], errand: Int)
    /// The answer to ``CoordinatorAction/checkTopic(_:errand:)``: the partitions of which it is another topic.
    case topicChecked(anew: [Int32], errand: Int)
    /// It is written.
    case written(errand: Int)
    /// It was not done, or it is not known whether it was.
    case errandFailed(CallFailure, errand: Int)

    /// Time has passed. Comes at least every 50 ms.
    case tick
}

/// What a coordinator does.
package enum CoordinatorAction: Sendable, Equatable {
    /// Read the control and the status topic from their beginning, as events of this term.
    case follow(term: Int)
    /// Read the receipts from these offsets, as events of this term.
    case countReceipts(from: [Int32: Int64], term: Int)
    /// Stop reading.
    case rest
    /// Ask what the workers' group has committed in these partitions, then where they begin and end; and where the control topic
    /// ends.
    case askPositions([Int32], serial: Int, term: Int)
    /// Ask how many partitions the shard topic has, and for open transactions in them; one that gets no answer is asked again.
    case countPartitions
    /// Ask the nodes what they keep beside an offset; one that gets no answer is asked again.
    case askOffsetRoom

    /// Ask by way of every node where these partitions end, each of which should go so far; one that gets no answer is asked again.
    case askEnds([PartitionOffset])

    // Errands: one at a time, each answered.

    /// Ask how many partitions there are now, and where each ends.
    case findEnds(errand: Int)
    /// Search the partitions from where the record says for the cut-over's first marker in each.
    case findMarkers(CutoverRecord, errand: Int)
    /// Write the cut-over's marker into these partitions.
    case writeMarkers(CutoverRecord, [Int32], errand: Int)
    /// Write the state of a cut-over.
    case write(CutoverRecord, errand: Int)
    /// Ask of each partition whether the first record behind the checkpoint's time lies below its offset: then the topic is
    /// not the one that the checkpoint is of.
    case checkTopic([PositionCheckpoint], errand: Int)
    /// Write where partitions go on, or that they do.
    case writeMoves([NamedMove], errand: Int)

    /// Write where partitions stand; one that is not written is written again later.
    case note([PositionCheckpoint])
    /// Write a heartbeat.
    case beat(CoordinatorStatus)
    /// Worth a line in the log.
    case say(String)
    /// Ended because it can not go on.
    case failed(String)
}

/// A move and the name that its key has beside the partition.
package struct NamedMove: Sendable, Equatable {
    /// Of all that coordinators ask for: what one says last of a partition is what stays.
    package static let resumes = "resumes"

    package let name: String
    package let move: PositionMove

    package init(_ move: PositionMove, name: String = NamedMove.resumes) {
        self.name = name
        self.move = move
    }
}

package import PipelineMessages

/// One assignment of one partition to this worker; a later assignment is another lane.
///
/// Work of a lane that was closed is dropped wherever it is found.
package struct LaneID: Hashable, Sendable {
    /// The partition.
    package let partition: Int32
    /// Counts the assignments of this process.
    package let generation: Int

    /// Names an assignment.
    package init(partition: Int32, generation: Int) {
        self.partition = partition
        self.generation = generation
    }
}

/// Where a record stands in its lane.
package struct Ticket: Hashable, Sendable {
    /// The lane.
    package let lane: LaneID
    /// Position in the lane, from 0, without gaps: shards and markers alike.
    package let ordinal: Int
    /// Offset of the record.
    package let offset: Int64
    /// The heads in force after the record, for the commit metadata.
    package let headsAfter: [HeadInForce]

    /// Names a record's place.
    package init(lane: LaneID, ordinal: Int, offset: Int64, headsAfter: [HeadInForce]) {
        self.lane = lane
        self.ordinal = ordinal
        self.offset = offset
        self.headsAfter = headsAfter
    }
}

internal import PipelineMessages

/// Where a partition stood, and where in the control topic that was noted.
struct NotedPosition: Sendable {
    let note: PositionCheckpoint
    let at: Int64

    /// Whether a move, which stands at `offset` of the control topic, was void when the partition was noted: it stood elsewhere than where
    /// the move goes on from, and without it.
    ///
    /// Of two moves that were asked for from one place the second is void once the first is carried out. It must not come to life
    /// when the group's offset is gone, or comes back to that place.
    func voids(_ move: PositionMove, at offset: Int64) -> Bool {
        at > offset && note.moved ?? -1 < offset && note.offset != move.from
    }
}

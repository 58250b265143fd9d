package import PipelineMessages

/// How far everything of a lane is delivered.
package struct LaneFrontier: Equatable, Sendable {
    /// The offset to commit: one above the last delivered record.
    package let offset: Int64
    /// What to write beside it.
    package let progress: PartitionProgress
    /// How many records of the lane lie below it.
    package let ordinals: Int
}

/// Puts what replicas finish out of order back into offset order, and says how far to commit.
///
/// Pure. Records of one lane enter with ``finish(_:images:payload:)`` in any order, leave by
/// ``release()`` in order, and count as delivered in any order; the frontier is the longest prefix of
/// which everything was delivered.
package struct LaneSequencer<Payload: Sendable>: Sendable {
    /// A record that may be published.
    package struct Released: Sendable {
        /// Its place.
        package let ticket: Ticket
        /// Images of the partition below it.
        package let imagesBefore: Int64
        /// What to publish.
        package let payload: Payload
    }

    /// How far everything is delivered.
    package typealias Frontier = LaneFrontier

    private struct Published: Sendable {
        let offset: Int64
        let progress: PartitionProgress
        var delivered = false
    }

    private var nextOrdinal = 0
    private var images: Int64
    private var finished: [Int: (ticket: Ticket, images: Int, payload: Payload)] = [:]
    private var published: [Published] = []
    private var firstPublishedOrdinal = 0
    /// The move that the lane, or one before it, began with.
    package let moved: Int64?

    /// A lane that starts after `images` images of its partition.
    package init(images: Int64, moved: Int64? = nil) {
        self.images = images
        self.moved = moved
    }

    /// Takes a finished record; a repeated ordinal is a programmer error.
    package mutating func finish(_ ticket: Ticket, images count: Int, payload: Payload) {
        precondition(
            ticket.ordinal >= nextOrdinal && finished[ticket.ordinal] == nil, "an ordinal finishes once")
        finished[ticket.ordinal] = (ticket, count, payload)
    }

    /// The next record in order, if it is finished.
    package mutating func release() -> Released? {
        guard let next = finished.removeValue(forKey: nextOrdinal) else { return nil }
        let before = images
        // A forged number beside an offset makes none that can not be read: the partition would stop.
        images = min(images + Int64(next.images), RecordBounds.count.upperBound)
        nextOrdinal += 1
        published.append(
            Published(
                offset: next.ticket.offset,
                progress: PartitionProgress(images: images, heads: next.ticket.headsAfter, moved: moved)))
        return Released(ticket: next.ticket, imagesBefore: before, payload: next.payload)
    }

    /// Says that everything of a released record was delivered.
    package mutating func delivered(ordinal: Int) {
        let place = ordinal - firstPublishedOrdinal
        precondition(published.indices.contains(place), "only released records are delivered")
        published[place].delivered = true
    }

    /// Takes the frontier if it moved since the last call.
    package mutating func takeFrontier() -> Frontier? {
        let count = published.prefix { $0.delivered }.count
        guard count > 0 else { return nil }
        let last = published[count - 1]
        published.removeFirst(count)
        firstPublishedOrdinal += count
        return Frontier(offset: last.offset + 1, progress: last.progress, ordinals: firstPublishedOrdinal)
    }

    /// Whether ``release()`` would return a record.
    package var hasReleasable: Bool { finished[nextOrdinal] != nil }

    /// Whether ``takeFrontier()`` would return one.
    package var hasFrontier: Bool { published.first?.delivered ?? false }

    /// Whether nothing waits to be released or delivered.
    package var isIdle: Bool { finished.isEmpty && published.isEmpty }
}

/// Whether a member whose name the group has given to somebody else joins again under it, or ends. Pure.
///
/// The group says the same in two cases. In one another process has come under the name. In the other there is none: a node that was
/// frozen takes a join that its member had long repeated for that of a newer one. What tells them apart is what comes after joining
/// once more: a rival that is fenced by it comes back, or is there anew, and nobody else does.
package struct RejoinPolicy: Sendable, Equatable {
    /// How long the member waits before it joins again, milliseconds: until the node has read what was sent to it before it froze, and
    /// not longer than the shortest session that Kafka allows by default, so that its partitions go to nobody else meanwhile. Drawn
    /// anew each time, so that two that fence each other do not go on in step.
    package static let waitMs: ClosedRange<Int64> = 3_000...6_000
    /// A name that is lost again within so long has a rival, milliseconds. One by the same rule hears that it is fenced with its next
    /// heartbeat, after 3 s at most, waits for ``waitMs`` and joins; the rest is for a broker that is slow.
    package static let rivalMs: Int64 = 30_000

    /// When the member was let in again, or is to join if it was not yet.
    private var againMs: Int64?
    private var isIn = false

    /// A member that was never fenced.
    package init() {}

    /// The member was fenced; once for each client. Returns how long to wait before joining with a new one, milliseconds, or `nil`
    /// where the name is a rival's.
    ///
    /// - Parameter draw: any number; it chooses the wait.
    package mutating func fenced(nowMs: Int64, draw: UInt64) -> Int64? {
        if let againMs, nowMs - againMs < Self.rivalMs { return nil }
        let span = UInt64(Self.waitMs.upperBound - Self.waitMs.lowerBound) + 1
        let wait = Self.waitMs.lowerBound + Int64(draw % span)
        againMs = nowMs + wait
        isIn = false
        return wait
    }

    /// The group has let the member in; what comes after the first time changes nothing.
    package mutating func joined(nowMs: Int64) {
        guard againMs != nil, !isIn else { return }
        againMs = nowMs
        isIn = true
    }
}

/// A worker's name in its group: whether somebody else has it, when this worker joins again under it, and whether the group is silent
/// about it. Pure.
package struct HeldName: Sendable {
    private var policy = RejoinPolicy()
    private var silence: GroupSilence
    /// When this worker joins again, steady milliseconds; `nil` while it has its name.
    package private(set) var againMs: Int64?
    /// Whether this worker has left the group on purpose: then it waits for nobody, and does not join by itself.
    package private(set) var isOutside = false
    /// Whether the group had been silent before it took everything back.
    private var isLost = false

    /// A worker that has not joined yet.
    ///
    /// - Parameter sessionMs: As of ``GroupSilence/init(sessionMs:)``.
    package init(sessionMs: Int64) { silence = GroupSilence(sessionMs: sessionMs) }

    /// It joins: for the first time, or because it has been away for long enough.
    package mutating func joins(nowMs: Int64) {
        isOutside = false
        wait(nowMs)
    }

    /// A new client joins, unless this worker is outside.
    package mutating func joinsAgain(nowMs: Int64) {
        againMs = nil
        wait(nowMs)
    }

    /// Somebody else has it. Returns how long to wait before joining again, milliseconds, or `nil` to end.
    ///
    /// - Parameter draw: As of ``RejoinPolicy/fenced(nowMs:draw:)``.
    package mutating func lost(nowMs: Int64, draw: UInt64) -> Int64? {
        let waitMs = policy.fenced(nowMs: nowMs, draw: draw)
        againMs = waitMs.map { nowMs + $0 }
        isLost = false
        silence.end()
        return waitMs
    }

    /// The group takes everything back, and waits itself until it has it.
    ///
    /// - Parameter lost: Whether it had been silent before.
    package mutating func isRevoked(lost: Bool) { isLost = isLost || lost }

    /// The group has everything back.
    package mutating func gaveBack(nowMs: Int64) { wait(nowMs) }

    /// The group is left on purpose.
    package mutating func leaves() {
        isOutside = true
        silence.end()
    }

    /// Whether the group was waited for long enough; then the waiting begins anew, with a client that asks another node.
    package mutating func isSilent(nowMs: Int64) -> Bool { silence.isOver(nowMs: nowMs) }

    /// The group has let this worker in.
    package mutating func isIn(nowMs: Int64) {
        policy.joined(nowMs: nowMs)
        (isOutside, isLost) = (false, false)
        silence.end()
    }

    /// From now on the group is waited for, if anybody asks it.
    private mutating func wait(_ nowMs: Int64) {
        if !isOutside, againMs == nil { silence.begin(isLost: isLost, nowMs: nowMs) }
        isLost = false
    }
}

/// How long a member waits for its group to let it in, before it asks another node who keeps the group. Pure.
///
/// A node that is cut off from its peers goes on as the group's coordinator: it answers, and lets nobody in. A member that owns
/// nothing has soon no other connection open, and would ask that node for ever.
package struct GroupSilence: Sendable {
    /// After the group was silent for a session already, milliseconds.
    package static let lostMs: Int64 = 5_000
    /// While others may still be giving their partitions back, milliseconds.
    package static let usualMs: Int64 = 30_000

    private var wait: (sinceMs: Int64, limitMs: Int64)?

    /// Nobody waits.
    package init() {}

    /// From now on the group is waited for, unless it is already.
    package mutating func begin(isLost: Bool, nowMs: Int64) {
        let limitMs = isLost ? Self.lostMs : Self.usualMs
        wait = (wait?.sinceMs ?? nowMs, min(wait?.limitMs ?? .max, limitMs))
    }

    /// It is not waited for any more.
    package mutating func end() { wait = nil }

    /// Whether it was waited for too long. Then the waiting begins anew, as long as usual: the next one to be asked may have to
    /// wait for members that are gone.
    package mutating func isOver(nowMs: Int64) -> Bool {
        guard let known = wait, nowMs - known.sinceMs >= known.limitMs else { return false }
        wait = (nowMs, max(2 * Self.lostMs, min(2 * known.limitMs, Self.usualMs)))
        return true
    }
}

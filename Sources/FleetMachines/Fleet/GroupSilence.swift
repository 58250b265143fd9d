/// How long a member waits for its group to let it in, before it asks another node who keeps the group. Pure.
///
/// A node that is cut off from its peers goes on as the group's coordinator: it answers, and lets nobody in. A member that owns
/// nothing has soon no other connection open, and would ask that node for ever.
package struct GroupSilence: Sendable {
    /// After the group was silent for a session already, milliseconds.
    package static let lostMs: Int64 = 5_000
    /// While others may still be giving their partitions back, milliseconds, at least.
    package static let usualMs: Int64 = 30_000
    /// What those that live take to hear that the group is given out anew and to give their partitions back, milliseconds: 3 s until a
    /// heartbeat, and the time of a transaction; the rest is for nodes that are slow.
    private static let givingBackMs: Int64 = 20_000

    private let usualMs: Int64
    private var wait: (sinceMs: Int64, limitMs: Int64)?

    /// Nobody waits.
    ///
    /// - Parameter sessionMs: How long the group lets all wait for a member that is gone, milliseconds. Who asks another node before that
    ///   is over leaves a join behind, which the group takes for one more member until its session is over as well.
    package init(sessionMs: Int64 = 0) { usualMs = max(Self.usualMs, sessionMs + Self.givingBackMs) }

    /// From now on the group is waited for, unless it is already.
    package mutating func begin(isLost: Bool, nowMs: Int64) {
        let limitMs = isLost ? Self.lostMs : usualMs
        wait = (wait?.sinceMs ?? nowMs, min(wait?.limitMs ?? .max, limitMs))
    }

    /// It is not waited for any more.
    package mutating func end() { wait = nil }

    /// Whether it was waited for too long. Then the waiting begins anew, as long as usual: the next one to be asked may have to
    /// wait for members that are gone.
    package mutating func isOver(nowMs: Int64) -> Bool {
        guard let known = wait, nowMs - known.sinceMs >= known.limitMs else { return false }
        wait = (nowMs, max(2 * Self.lostMs, min(2 * known.limitMs, usualMs)))
        return true
    }
}

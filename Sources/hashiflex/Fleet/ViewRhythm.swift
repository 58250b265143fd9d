import FleetMachines

/// When a live view of the fleet is drawn. Pure.
package struct ViewRhythm {
    private let intervalMs: Int64
    private var shownAtMs: Int64

    /// A rhythm of one view every `seconds`, the first of them no sooner.
    package init(seconds: Double, at now: Moment) {
        intervalMs = Int64(seconds * 1_000)
        shownAtMs = now.steadyMs
    }

    /// Whether a view is due; if so, the next one is due an interval later.
    ///
    /// Nothing is shown before what was there is read and it is told who of `kinds` lives: the fleet would look empty.
    package mutating func isDue(
        _ snapshot: FleetSnapshot, _ kinds: Set<HeartbeatSender.Kind>, at now: Moment
    ) -> Bool {
        guard snapshot.heartbeats.isTold(kinds, at: now) else { return false }
        return isDue(at: now)
    }

    /// Whether an interval is over; if so, the next one begins.
    package mutating func isDue(at now: Moment) -> Bool {
        guard now.steadyMs - shownAtMs >= intervalMs else { return false }
        shownAtMs = now.steadyMs
        return true
    }
}

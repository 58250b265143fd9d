internal import FleetMachines

/// A worker's name in its group: whether somebody else has it, and when this worker joins again under it.
struct HeldName {
    private var policy = RejoinPolicy()
    private var silence = GroupSilence()
    /// When this worker joins again, steady milliseconds; `nil` while it has its name.
    private(set) var againMs: Int64?

    /// Somebody else has it. Returns how long to wait before joining again, milliseconds, or `nil` to end.
    mutating func lost(nowMs: Int64) -> Int64? {
        let waitMs = policy.fenced(nowMs: nowMs, draw: UInt64.random(in: .min ... .max))
        againMs = waitMs.map { nowMs + $0 }
        return waitMs
    }

    /// The group took everything back, or is joined: now it is waited for.
    ///
    /// - Parameter isLost: Whether it had been silent before.
    mutating func waits(isLost: Bool, nowMs: Int64) {
        silence.begin(isLost: isLost, nowMs: nowMs)
    }

    /// The group is left.
    mutating func leaves() { silence.end() }

    /// Whether it was waited for long enough; then the waiting begins anew, with a client that asks another node.
    mutating func isSilent(nowMs: Int64) -> Bool { silence.isOver(nowMs: nowMs) }

    /// A new client joins.
    mutating func joinsAgain() { againMs = nil }

    /// The group has let this worker in.
    mutating func isIn(nowMs: Int64) {
        policy.joined(nowMs: nowMs)
        silence.end()
    }
}

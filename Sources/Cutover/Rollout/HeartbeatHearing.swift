/// Whether all who beat were heard since all were silent last. Pure.
///
/// While the status topic has no leader, or while the coordinator is frozen, everybody falls silent at once; who is heard first
/// afterwards is not all that there are.
struct HeartbeatHearing: Sendable {
    private var heardMs: Int64?
    private var lookedMs: Int64?
    /// When the last silence of all was over.
    private var sinceMs: Int64?

    /// A heartbeat came.
    mutating func heard(nowMs: Int64, livenessMs: Int64) {
        if let heardMs, nowMs - heardMs > livenessMs / 2 { sinceMs = nowMs }
        heardMs = max(heardMs ?? nowMs, nowMs)
    }

    /// Somebody looked: who has not done so for long was frozen.
    mutating func looked(nowMs: Int64, livenessMs: Int64) {
        if let lookedMs, nowMs - lookedMs > livenessMs / 2 { sinceMs = nowMs }
        lookedMs = nowMs
    }

    /// Somebody may be there who was taken for dead by a clock of his own.
    mutating func doubt(nowMs: Int64) { sinceMs = nowMs }

    /// Whether all were heard that beat: each does so twice a second, and counts for ten.
    func isSettled(nowMs: Int64, livenessMs: Int64) -> Bool {
        sinceMs.map { nowMs - $0 >= livenessMs / 4 } ?? true
    }
}

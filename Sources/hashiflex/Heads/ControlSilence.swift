/// Sees that a reader of the control topic brings nothing new: then another node is asked. Pure.
///
/// That another one is read from the beginning is news, though it tells what is known: a topic that takes longer to read than the
/// silence is long would never be read to its end otherwise.
package struct ControlSilence {
    private let limitMs: Int64
    private var position: Int64
    private var sinceMs: Int64

    /// A reader that stands at `position`.
    ///
    /// - Parameter limitMs: How long nothing may come, milliseconds.
    package init(position: Int64, limitMs: Int64, nowMs: Int64) {
        self.limitMs = limitMs
        self.position = position
        sinceMs = nowMs
    }

    /// Whether it has stood at one place for too long; then it is waited as long again.
    package mutating func isTooLong(position: Int64, nowMs: Int64) -> Bool {
        if position != self.position { (self.position, sinceMs) = (position, nowMs) }
        guard nowMs - sinceMs >= limitMs else { return false }
        sinceMs = nowMs
        return true
    }
}

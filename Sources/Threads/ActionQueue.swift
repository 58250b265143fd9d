/// What one thread has to carry out, in order, handed over by others that must not wait.
///
/// Its length is bounded by who fills it: a machine asks for a bounded number of things at a time.
public final class ActionQueue<Action: Sendable>: @unchecked Sendable {
    // Safety: `actions` and `isPoked` are only touched with `condition` locked.
    private let condition = SteadyCondition()
    private var actions: [Action] = []
    private var isPoked = false

    /// An empty queue.
    public init() {}

    /// Appends actions; never waits.
    public func append(_ new: [Action]) {
        guard !new.isEmpty else { return }
        condition.withLock { actions.append(contentsOf: new) }
        // Whoever wakes finds the lock free.
        condition.broadcast()
    }

    /// Ends the present or the next wait of ``take(milliseconds:)``, without an action.
    public func poke() {
        condition.withLock { isPoked = true }
        condition.broadcast()
    }

    /// Takes all actions; waits up to `milliseconds` for a first one.
    public func take(milliseconds: Int64) -> [Action] {
        condition.withLock {
            if milliseconds > 0 {
                condition.wait(milliseconds: milliseconds) { actions.isEmpty && !isPoked }
            }
            isPoked = false
            defer { actions = [] }
            return actions
        }
    }
}

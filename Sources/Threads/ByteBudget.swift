/// Memory that several threads share: whoever needs much of it waits until there is room.
///
/// First come, first served, so that nobody waits for ever. Whoever needs more than there is gets all of it, alone: what
/// is done never depends on the budget, only when. A thread takes one share at a time and waits for nobody while it has
/// it; so all go on.
public final class ByteBudget: @unchecked Sendable {
    // Safety: everything that changes is only touched with `condition` locked.
    private let condition = SteadyCondition()
    private var used = 0
    private var highestUse = 0
    /// Who came and who was served.
    private var tickets = 0
    private var served = 0
    private let bytes: Int
    private let uncounted: Int

    /// A budget of `bytes`; whoever needs at most `uncounted` does not ask.
    public init(bytes: Int, uncounted: Int = 0) {
        precondition(bytes > 0 && uncounted >= 0, "a budget has at least one byte")
        self.bytes = bytes
        self.uncounted = uncounted
    }

    /// Waits for room; returns the share to give back.
    public func acquire(_ needed: Int) -> Int {
        guard needed > uncounted else { return 0 }
        let share = min(needed, bytes)
        condition.withLock {
            let ticket = tickets
            tickets += 1
            condition.wait(milliseconds: nil) { served != ticket || used + share > bytes }
            served += 1
            used += share
            highestUse = max(highestUse, used)
            condition.broadcast()
        }
        return share
    }

    /// Gives a share back.
    public func release(_ share: Int) {
        guard share > 0 else { return }
        condition.withLock {
            used -= share
            condition.broadcast()
        }
    }

    /// How many wait now.
    package var waiting: Int { condition.withLock { tickets - served } }
    /// The most that was in use at any time.
    public var highest: Int { condition.withLock { highestUse } }
}

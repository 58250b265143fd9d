private import Foundation

/// A named operating-system thread for work that blocks or computes.
///
/// Nothing of that kind runs on Swift's cooperative pool.
public final class PlatformThread: Sendable {
    private let finished = Signal()

    /// Starts `body` on a thread of its own.
    public init(_ name: String, body: @escaping @Sendable () -> Void) {
        let finished = finished
        let thread = Thread {
            body()
            finished.set()
        }
        thread.name = name
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Waits until the body has returned.
    public func join() { finished.wait() }

    /// Waits at most `milliseconds`; returns whether the body has returned.
    public func join(milliseconds: Int64) -> Bool { finished.wait(milliseconds: milliseconds) }
}

/// A flag that is set once and can be waited for.
public final class Signal: @unchecked Sendable {
    // Safety: `raised` is only touched with `condition` locked.
    private let condition = NSCondition()
    private var raised = false

    /// A signal that is not set.
    public init() {}

    /// Sets it and wakes all waiters.
    public func set() {
        condition.lock()
        raised = true
        condition.broadcast()
        condition.unlock()
    }

    /// Whether it is set.
    public var isSet: Bool {
        condition.lock()
        defer { condition.unlock() }
        return raised
    }

    /// Waits until it is set.
    public func wait() {
        condition.lock()
        while !raised { condition.wait() }
        condition.unlock()
    }

    /// Waits at most `milliseconds`; returns whether it is set.
    @discardableResult
    public func wait(milliseconds: Int64) -> Bool {
        let deadline = Date(timeIntervalSinceNow: Double(milliseconds) / 1_000)
        condition.lock()
        defer { condition.unlock() }
        while !raised {
            if !condition.wait(until: deadline) { return raised }
        }
        return true
    }
}

private import Foundation
private import Synchronization

/// A named operating-system thread for work that blocks or computes.
///
/// Nothing of that kind runs on Swift's cooperative pool.
public final class PlatformThread: Sendable {
    private let finished = Signal()

    /// Starts `body` on a thread of its own; it and what it holds are let go of before ``join()`` returns.
    public init(_ name: String, body: consuming @escaping @Sendable () -> Void) {
        let finished = finished
        // The system keeps the thread's own block for longer than the thread runs.
        let once = Once(body)
        let thread = Thread {
            once.run()
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

/// A body that is run once and then forgotten.
private final class Once: Sendable {
    private let body: Mutex<(@Sendable () -> Void)?>

    init(_ body: consuming @escaping @Sendable () -> Void) { self.body = Mutex(body) }

    func run() {
        guard let body = body.withLock({ $0.take() }) else { return }
        body()
    }
}

/// A flag that is set once and can be waited for.
public final class Signal: @unchecked Sendable {
    // Safety: `raised` is only touched with `condition` locked.
    private let condition = SteadyCondition()
    private var raised = false

    /// A signal that is not set.
    public init() {}

    /// Sets it and wakes all waiters.
    public func set() {
        condition.withLock {
            raised = true
            condition.broadcast()
        }
    }

    /// Whether it is set.
    public var isSet: Bool { condition.withLock { raised } }

    /// Waits until it is set.
    public func wait() { condition.withLock { condition.wait(milliseconds: nil) { !raised } } }

    /// Waits at most `milliseconds`; returns whether it is set.
    @discardableResult
    public func wait(milliseconds: Int64) -> Bool {
        condition.withLock {
            condition.wait(milliseconds: milliseconds) { !raised }
            return raised
        }
    }
}

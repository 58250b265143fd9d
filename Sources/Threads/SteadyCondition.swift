private import Foundation

/// A lock with a condition whose waits end by the steady clock: a step of the wall clock shortens or stretches none.
///
/// (Foundation's `NSCondition` waits until a wall-clock date.)
final class SteadyCondition: @unchecked Sendable {
    // Safety: both live at fixed addresses from `init` to `deinit` and are used through the pthread calls alone.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        #if os(Linux)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
        #else
        pthread_cond_init(condition, nil)
        #endif
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs `body` with the lock held.
    func withLock<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Wakes all that wait.
    func broadcast() { pthread_cond_broadcast(condition) }

    /// With the lock held: waits while `isPending`, at most `milliseconds` (`nil`: for ever).
    func wait(milliseconds: Int64?, while isPending: () -> Bool) {
        guard let milliseconds else {
            while isPending() { pthread_cond_wait(condition, mutex) }
            return
        }
        let deadline = Clock.steadyNs + max(0, min(milliseconds, Self.waitMsMax)) * 1_000_000
        while isPending(), Clock.steadyNs < deadline { waitOnce(until: deadline) }
    }

    /// A day: longer waits are as good as none, and nanoseconds must fit.
    private static let waitMsMax: Int64 = 86_400_000

    private func waitOnce(until deadline: Int64) {
        #if os(Linux)
        var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        pthread_cond_timedwait(condition, mutex, &time)
        #else
        let left = max(0, deadline - Clock.steadyNs)
        var time = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
        pthread_cond_timedwait_relative_np(condition, mutex, &time)
        #endif
    }
}

/// When a worker that died is started again: at once after a long life or when somebody killed it, later and later after
/// it gave up by itself again and again, and not at all when it can not even start.
package struct RestartPolicy: Sendable, Equatable {
    /// A worker that ends sooner than this after its start could not start, milliseconds.
    package static let startMs: Int64 = 2_000
    /// A worker that lived this long was well, milliseconds.
    package static let wellMs: Int64 = 60_000
    /// Most failed starts in a row.
    package static let failedStartsMax = 5
    /// Longest pause before a start, milliseconds.
    package static let pauseMsMax: Int64 = 30_000

    private var deaths = 0
    private var failedStarts = 0

    /// A worker that has not died yet.
    package init() {}

    /// The worker ended; returns the pause before it is started again, milliseconds, or `nil` to give up.
    ///
    /// - Parameter wasKilled: by a signal: nothing that it did itself.
    package mutating func died(afterMs life: Int64, wasKilled: Bool) -> Int64? {
        guard !wasKilled, life < Self.wellMs else {
            self = RestartPolicy()
            return 0
        }
        deaths += 1
        failedStarts = life < Self.startMs ? failedStarts + 1 : 0
        guard failedStarts < Self.failedStartsMax else { return nil }
        return min(Self.pauseMsMax, 250 << min(deaths, 10))
    }
}

/// Collects when images arrived at a live fleet, record by record, for an ``ArrivalTrace``.
///
/// All images of a record arrive together, at the record's time, which brokers keep in milliseconds.
public struct ArrivalRecording: Hashable, Sendable {
    /// Why a record gave no arrival.
    public enum Skip: String, Hashable, Sendable, CaseIterable {
        /// It switches a head and carries no image.
        case marker
        /// It is no shard that can be read.
        case unreadable
        /// Its time is missing, or no time at all.
        case untimed
    }

    /// Most arrivals that are kept.
    public let limit: Int
    /// Times of arrival, nanoseconds since 1970, in the order in which they were read.
    public private(set) var nanoseconds: [Int] = []
    /// Records that gave arrivals.
    public private(set) var records = 0
    /// Records that gave none.
    public private(set) var skipped: [Skip: Int] = [:]
    /// Images of the last record that were left out, since ``limit`` was reached.
    public private(set) var cut = 0

    /// An empty recording.
    ///
    /// - Range: `limit` within ``ArrivalTrace/countRange``.
    public init(limit: Int) {
        precondition(ArrivalTrace.countRange.contains(limit), "a trace has 1 to 10,000,000 arrivals")
        self.limit = limit
    }

    /// Whether no more arrivals are kept.
    public var isFull: Bool { nanoseconds.count == limit }

    /// Takes the images of one record.
    ///
    /// - Parameter milliseconds: since 1970; `nil`, negative or beyond the year 2262 counts as untimed.
    public mutating func add(images: Int, milliseconds: Int64?) {
        guard let milliseconds, milliseconds >= 0 else { return skip(.untimed) }
        let (time, overflow) = Int(milliseconds).multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return skip(.untimed) }
        guard images > 0 else { return skip(.unreadable) }
        let taken = min(images, limit - nanoseconds.count)
        nanoseconds.append(contentsOf: repeatElement(time, count: taken))
        cut += images - taken
        records += 1
    }

    /// Counts a record that gives no arrival.
    public mutating func skip(_ reason: Skip) { skipped[reason, default: 0] += 1 }

    /// The trace.
    ///
    /// - Throws: ``ArrivalTraceError`` where nothing was recorded, or it spans more than a trace may.
    public func trace() throws(ArrivalTraceError) -> ArrivalTrace {
        try ArrivalTrace(nanoseconds: nanoseconds)
    }
}

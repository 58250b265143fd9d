/// A partition of which readers of committed records see no more, because a transaction in it is open.
public struct OpenTransaction: Sendable, Hashable {
    /// The partition.
    public let partition: TopicPartition
    /// The first offset that is held back.
    public let offset: Int64
    /// Offsets that are held back: records, and the marks that transactions leave among them.
    public let heldBack: Int64
    /// When it began here, milliseconds since 1970: by the time of its first record, else when it was seen first. `nil`
    /// where neither is known.
    public let sinceMs: Int64?

    /// An open transaction that holds back the offsets from `offset` to below `end`.
    public init(_ partition: TopicPartition, from offset: Int64, to end: Int64, sinceMs: Int64?) {
        self.partition = partition
        self.offset = offset
        heldBack = end - offset
        self.sinceMs = sinceMs
    }

    /// For how long it has been open, milliseconds; `nil` where that is not known.
    ///
    /// - Parameter nowMs: Milliseconds since 1970.
    public func ageMs(nowMs: Int64) -> Int64? { sinceMs.map { max(0, nowMs - $0) } }

    /// `t/3 waits for an open transaction since 22:41:03 UTC, 70 s ago: at most 12 records from offset 900 on are held back`.
    ///
    /// - Parameter nowMs: Milliseconds since 1970.
    public func text(nowMs: Int64) -> String {
        let since =
            sinceMs.map { " since \(Self.clock($0)) UTC, \(max(0, nowMs - $0) / 1_000) s ago" }
            ?? ", nobody can say since when"
        let records = heldBack == 1 ? "1 record" : "\(heldBack) records"
        return
            "\(partition) waits for an open transaction\(since): at most \(records) from offset \(offset) on "
            + "\(heldBack == 1 ? "is" : "are") held back"
    }

    /// `22:41:03`.
    private static func clock(_ ms: Int64) -> String {
        let second = (ms / 1_000) % 86_400
        return [second / 3_600, second / 60 % 60, second % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
            .joined(separator: ":")
    }
}

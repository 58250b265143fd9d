/// Sees which partitions have given no sign although they were not read to their end. Pure.
///
/// That a partition gives no sign does not say that its leader is away: others may take all the time. It is asked then.
package struct ReadingWatch {
    private let limitMs: Int64
    /// When each partition that is not at its end gave its last sign.
    private var signMs: [Int32: Int64]
    private var anyMs: Int64

    /// A watch over partitions of which none is at its end.
    ///
    /// - Parameter limitMs: How long one may be silent, milliseconds.
    package init(_ partitions: some Sequence<Int32>, limitMs: Int64, nowMs: Int64) {
        self.limitMs = limitMs
        signMs = Dictionary(partitions.map { ($0, nowMs) }) { first, _ in first }
        anyMs = nowMs
    }

    /// A record came: there may be more.
    package mutating func heard(_ partition: Int32, nowMs: Int64) {
        signMs[partition] = nowMs
        anyMs = nowMs
    }

    /// The end was reached: silence means nothing until a record comes.
    package mutating func ended(_ partition: Int32, nowMs: Int64) {
        signMs[partition] = nil
        anyMs = nowMs
    }

    /// Nobody listened for so long, milliseconds: that nothing was heard says nothing.
    package mutating func passOver(milliseconds: Int64) {
        signMs = signMs.mapValues { $0 + milliseconds }
        anyMs += milliseconds
    }

    /// The leaders of these partitions say that they are there.
    package mutating func answered(_ partitions: [Int32], nowMs: Int64) {
        for partition in partitions { signMs[partition] = nowMs }
    }

    /// Partitions that have been silent for too long, by number.
    package func overdue(nowMs: Int64) -> [Int32] {
        signMs.filter { nowMs - $0.value >= limitMs }.keys.sorted()
    }

    /// Whether no partition at all has given a sign for too long.
    package func isSilent(nowMs: Int64) -> Bool { nowMs - anyMs >= limitMs }
}

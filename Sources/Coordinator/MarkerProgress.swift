/// How far a search for the markers of a cut-over has come. Pure.
///
/// A partition ends for a reader of committed records before the oldest open transaction. Behind it a marker may stand: to write
/// another one each time it is not seen would fill the topic for as long as nobody ends the transaction.
package struct MarkerProgress {
    /// What to do.
    package enum Step: Equatable {
        /// Read on.
        case read
        /// All that can be seen was seen.
        case end
        /// Whether these have a marker can not be known before somebody ends the transactions in them.
        case held([Int32])
    }

    /// How long a transaction is waited for, milliseconds: one of a gateway that is alive is shorter.
    package static let heldMs: Int64 = 5_000

    private let count: Int
    private let beganMs: Int64
    /// Partitions that were not read to their end and have no marker.
    private(set) var open: Set<Int32>
    /// Those of them that end before an open transaction.
    private var held: Set<Int32> = []
    /// Those that did so once: records may have come just then, and are not waited for again.
    private var waited: Set<Int32> = []
    private var found: Set<Int32> = []

    /// A search that begins.
    ///
    /// - Parameter nowMs: Milliseconds of a clock that nobody sets.
    package init(_ partitions: [Int32], nowMs: Int64) {
        open = Set(partitions)
        count = open.count
        beganMs = nowMs
    }

    /// Whether a record of this partition is to be looked at.
    package func wants(_ partition: Int32) -> Bool { open.contains(partition) }

    /// A record came.
    package mutating func heard(_ partition: Int32) { held.remove(partition) }

    /// It is the marker.
    package mutating func found(_ partition: Int32) {
        found.insert(partition)
        close(partition)
    }

    /// The reader was told that the partition ends at `end`; by the last answer it goes on to `known`.
    package mutating func ended(_ partition: Int32, at end: Int64, known: Int64?) {
        guard open.contains(partition) else { return }
        guard known ?? 0 > end, waited.insert(partition).inserted else { return close(partition) }
        held.insert(partition)
    }

    private mutating func close(_ partition: Int32) {
        open.remove(partition)
        held.remove(partition)
    }

    /// What to do now.
    package func step(nowMs: Int64) -> Step {
        guard !open.isEmpty else { return .end }
        guard open == held else { return .read }
        // Others have none: theirs are written meanwhile.
        guard found.count + held.count == count else { return .end }
        return nowMs - beganMs >= Self.heldMs ? .held(held.sorted()) : .read
    }
}

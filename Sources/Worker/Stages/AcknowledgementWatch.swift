/// Sees that what was sent to one partition is not acknowledged, whatever becomes of the others'. Pure.
///
/// A node that is cut off from its peers takes records for the partitions that it led, and acknowledges none; those of other nodes go
/// on, and say nothing of it.
package struct AcknowledgementWatch: Sendable {
    private var flights: [UInt64: (partition: Int32, records: Int)] = [:]
    /// By partition: how many flights are on their way, and since when nothing was acknowledged.
    private var waiting: [Int32: (flights: Int, sinceMs: Int64)] = [:]

    /// Nothing was sent.
    package init() {}

    /// So many records of a flight, all of one shard, are on their way.
    package mutating func sending(_ flight: UInt64, of partition: Int32, records: Int, nowMs: Int64) {
        guard records > 0, flights[flight] == nil else { return }
        flights[flight] = (partition, records)
        let known = waiting[partition] ?? (0, nowMs)
        waiting[partition] = (known.flights + 1, known.sinceMs)
    }

    /// So many of them were acknowledged, or were given up. A flight goes to two nodes: one that answers says nothing of the other, so
    /// the sign is a whole flight.
    package mutating func answered(_ flight: UInt64, records: Int, isAcknowledged: Bool, nowMs: Int64) {
        guard let known = flights[flight], let partition = waiting[known.partition] else { return }
        let left = known.records - records
        flights[flight] = left > 0 ? (known.partition, left) : nil
        let count = partition.flights - (left > 0 ? 0 : 1)
        waiting[known.partition] =
            count > 0 ? (count, isAcknowledged && left <= 0 ? nowMs : partition.sinceMs) : nil
    }

    /// Somebody else was asked, or nobody could be: all are waited for anew.
    package mutating func begin(nowMs: Int64) { waiting = waiting.mapValues { ($0.flights, nowMs) } }

    /// Nobody will say what became of anything that is on its way.
    package mutating func forget() { self = AcknowledgementWatch() }

    /// For how long nothing was acknowledged of the partition that has waited longest, milliseconds; 0 where nothing is on its way.
    package func silentMs(nowMs: Int64) -> Int64 {
        waiting.values.map { nowMs - $0.sinceMs }.max() ?? 0
    }
}

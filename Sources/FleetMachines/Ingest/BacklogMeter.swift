/// How many bytes of one partition the workers have not committed yet, never underestimated.
///
/// Pure. Own records are counted by their bytes. What other senders wrote in between shows only as a
/// gap in the offsets, and counts as records of the largest size that the deployment allows.
package struct BacklogMeter: Sendable, Equatable {
    private struct Sent: Sendable, Equatable {
        let offset: Int64
        let bytes: Int
    }

    private let recordBytesMax: Int
    private var sent: [Sent] = []
    private var inFlightBytes = 0
    private var committed: Int64
    private var end: Int64

    /// A meter for a partition of which offsets below `committed` are done and below `end` exist.
    package init(recordBytesMax: Int, committed: Int64, end: Int64) {
        self.recordBytesMax = recordBytesMax
        self.committed = committed
        self.end = max(end, committed)
    }

    /// An upper bound of the bytes above the committed offset, those on their way included.
    package var bytes: Int {
        let own = sent.reduce(0) { $0 + $1.bytes }
        let records = Int(end - committed)
        return inFlightBytes + own + max(0, records - sent.count) * recordBytesMax
    }

    /// Takes note of a record that is being sent.
    package mutating func sending(bytes: Int) { inFlightBytes += bytes }

    /// Takes note of a record that arrived at `offset`, or at most there where the broker did not say.
    package mutating func delivered(offset: Int64, bytes: Int) {
        inFlightBytes -= bytes
        end = max(end, offset + 1)
        if offset >= committed { sent.append(Sent(offset: offset, bytes: bytes)) }
    }

    /// Takes note of a record that arrived where nobody asks what is not committed: it no longer counts.
    package mutating func passed(bytes: Int) { inFlightBytes -= bytes }

    /// Takes note of a record that did not arrive.
    package mutating func failed(bytes: Int) { inFlightBytes -= bytes }

    /// Takes note of the workers' progress.
    package mutating func committed(_ offset: Int64) {
        guard offset > committed else { return }
        committed = offset
        end = max(end, offset)
        sent.removeAll { $0.offset < offset }
    }
}

import FleetMachines
import Testing
import TestSupport

@Suite struct BacklogMeterTests {
    @Test func ownRecordsCountByTheirBytes() {
        var meter = BacklogMeter(recordBytesMax: 1_000, committed: 5, end: 5)
        #expect(meter.bytes == 0)
        meter.sending(bytes: 100)
        meter.sending(bytes: 30)
        #expect(meter.bytes == 130, "what is on its way counts")
        meter.delivered(offset: 5, bytes: 100)
        #expect(meter.bytes == 130)
        meter.delivered(offset: 6, bytes: 30)
        meter.committed(6)
        #expect(meter.bytes == 30)
        meter.committed(7)
        #expect(meter.bytes == 0)
    }

    @Test func whatWasThereBeforeCountsAsTheLargest() {
        var meter = BacklogMeter(recordBytesMax: 1_000, committed: 5, end: 8)
        #expect(meter.bytes == 3_000)
        meter.committed(7)
        #expect(meter.bytes == 1_000)
    }

    @Test func recordsOfOthersCountAsTheLargest() {
        var meter = BacklogMeter(recordBytesMax: 1_000, committed: 0, end: 0)
        meter.sending(bytes: 100)
        meter.delivered(offset: 2, bytes: 100)
        #expect(meter.bytes == 2_100, "offsets 0 and 1 are somebody else's")
        meter.committed(1)
        #expect(meter.bytes == 1_100)
    }

    @Test func aRecordThatFailedNoLongerCounts() {
        var meter = BacklogMeter(recordBytesMax: 1_000, committed: 0, end: 0)
        meter.sending(bytes: 100)
        meter.failed(bytes: 100)
        #expect(meter.bytes == 0)
    }

    @Test func aCommitBeforeTheDeliveryReportCountsOnce() {
        var meter = BacklogMeter(recordBytesMax: 1_000, committed: 0, end: 0)
        meter.sending(bytes: 100)
        meter.committed(1)
        #expect(meter.bytes == 100)
        meter.delivered(offset: 0, bytes: 100)
        #expect(meter.bytes == 0)
    }

    @Test func commitsNeverGoBack() {
        var meter = BacklogMeter(recordBytesMax: 1_000, committed: 4, end: 9)
        meter.committed(6)
        let before = meter
        meter.committed(5)
        #expect(meter == before)
    }

    @Test func anEndBelowTheCommittedOffsetIsNoBacklog() {
        #expect(BacklogMeter(recordBytesMax: 1_000, committed: 9, end: 4).bytes == 0)
    }

    @Test func aRecordCountsUntilAnOffsetAboveItIsCommitted() {
        var meter = BacklogMeter(recordBytesMax: 1_000, committed: 0, end: 0)
        meter.sending(bytes: 100)
        meter.delivered(offset: 7, bytes: 100)
        meter.committed(7)
        #expect(meter.bytes >= 100)
        meter.committed(8)
        #expect(meter.bytes == 0)
    }

    @Test func theMeterNeverUnderestimates() {
        for seed in UInt64(0)..<2_000 {
            var random = SeededRandom(seed: seed)
            var partition = NaivePartition(&random)
            var meter = BacklogMeter(
                recordBytesMax: NaivePartition.recordBytesMax,
                committed: partition.committed,
                end: Int64(partition.records.count)
            )
            for step in 0..<60 {
                partition.step(&meter, &random)
                #expect(
                    meter.bytes >= partition.knownBacklogBytes,
                    "seed \(seed), step \(step): \(meter)"
                )
                #expect(meter.bytes >= partition.ownBacklogBytes, "seed \(seed), step \(step): \(meter)")
                if meter.bytes < partition.knownBacklogBytes { return }
            }
            // Once all is reported and committed nothing may be left, or ingest would stand still.
            partition.settle(&meter)
            #expect(meter.bytes == 0, "seed \(seed): \(meter)")
        }
    }
}

/// A partition that remembers every record, and a sender whose reports come late.
private struct NaivePartition {
    static let recordBytesMax = 1_000

    private(set) var records: [(bytes: Int, own: Bool)] = []
    private(set) var committed: Int64 = 0
    /// Sent, not yet in the partition.
    private var onTheWay: [Int] = []
    /// In the partition, not yet reported.
    private var unreported: [(offset: Int64, bytes: Int)] = []
    /// Records that the sender can know of: those up to its last report or commit seen.
    private var knownEnd: Int64

    init(_ random: inout SeededRandom) {
        for _ in 0..<Int(random.next() % 5) {
            records.append((Int.random(in: 1...Self.recordBytesMax, using: &random), false))
        }
        committed = Int64.random(in: 0...Int64(records.count), using: &random)
        knownEnd = Int64(records.count)
    }

    mutating func step(_ meter: inout BacklogMeter, _ random: inout SeededRandom) {
        let bytes = Int.random(in: 1...Self.recordBytesMax, using: &random)
        switch random.next() % 6 {
        case 0:
            onTheWay.append(bytes)
            meter.sending(bytes: bytes)
        case 1:
            guard !onTheWay.isEmpty else { return }
            let first = onTheWay.removeFirst()
            if random.next() % 8 == 0 { return meter.failed(bytes: first) }
            unreported.append((Int64(records.count), first))
            records.append((first, true))
        case 2: report(&meter)
        case 3: records.append((bytes, false))
        default:
            committed = Int64.random(in: committed...Int64(records.count), using: &random)
            // The sender does not look at every commit.
            if random.next() % 2 == 0 { see(&meter) }
        }
    }

    mutating func settle(_ meter: inout BacklogMeter) {
        for bytes in onTheWay { meter.failed(bytes: bytes) }
        while !unreported.isEmpty { report(&meter) }
        committed = Int64(records.count)
        see(&meter)
    }

    private mutating func report(_ meter: inout BacklogMeter) {
        guard !unreported.isEmpty else { return }
        let first = unreported.removeFirst()
        meter.delivered(offset: first.offset, bytes: first.bytes)
        knownEnd = max(knownEnd, first.offset + 1)
    }

    private mutating func see(_ meter: inout BacklogMeter) {
        meter.committed(committed)
        knownEnd = max(knownEnd, committed)
    }

    /// Everything uncommitted that a sender can know of.
    var knownBacklogBytes: Int {
        guard committed < knownEnd else { return 0 }
        return records[Int(committed)..<Int(knownEnd)].reduce(0) { $0 + $1.bytes }
    }

    /// What the sender itself wrote and nobody committed.
    var ownBacklogBytes: Int {
        records[Int(committed)...].reduce(0) { $0 + ($1.own ? $1.bytes : 0) }
            + onTheWay.reduce(0, +)
    }
}

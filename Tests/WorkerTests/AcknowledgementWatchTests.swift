import Testing
import Worker

/// What was sent to a node that takes and does not acknowledge, beside what others acknowledge.
@Suite struct AcknowledgementWatchTests {
    @Test func onePartitionIsSilentWhileOthersGoOn() {
        var watch = AcknowledgementWatch()
        watch.sending(1, of: 0, records: 2, nowMs: 0)
        watch.sending(2, of: 1, records: 1, nowMs: 0)
        for turn in 1...12 {
            let now = Int64(turn) * 1_000
            watch.answered(UInt64(turn) + 1, records: 1, isAcknowledged: true, nowMs: now)
            watch.sending(UInt64(turn) + 2, of: 1, records: 1, nowMs: now)
        }
        #expect(watch.silentMs(nowMs: 12_000) == 12_000)
        // Another node was asked.
        watch.begin(nowMs: 12_000)
        #expect(watch.silentMs(nowMs: 13_000) == 1_000)
        watch.forget()
        #expect(watch.silentMs(nowMs: 60_000) == 0)
    }

    /// A slow broker acknowledges late, and goes on doing so.
    @Test func anyAcknowledgementOfThePartitionIsASign() {
        var watch = AcknowledgementWatch()
        for flight in 0..<UInt64(20) { watch.sending(flight, of: 0, records: 1, nowMs: 0) }
        for flight in 0..<UInt64(19) {
            let now = Int64(flight + 1) * 5_000
            watch.answered(flight, records: 1, isAcknowledged: true, nowMs: now)
            #expect(watch.silentMs(nowMs: now + 4_000) == 4_000)
        }
        // Given up is no sign; nothing is waited for any more.
        watch.answered(19, records: 1, isAcknowledged: false, nowMs: 100_000)
        #expect(watch.silentMs(nowMs: 200_000) == 0)
    }

    /// The node of the receipts answers for each shard, that of the predictions for none.
    @Test func oneOfTwoNodesIsNotBoth() {
        var watch = AcknowledgementWatch()
        for second in 0..<Int64(12) {
            watch.sending(UInt64(second), of: 0, records: 2, nowMs: 1_000 * second)
            watch.answered(UInt64(second), records: 1, isAcknowledged: true, nowMs: 1_000 * second + 5)
        }
        #expect(watch.silentMs(nowMs: 12_000) == 12_000)
    }

    @Test func aShardIsAnsweredRecordByRecord() {
        var watch = AcknowledgementWatch()
        watch.sending(7, of: 3, records: 3, nowMs: 0)
        watch.answered(7, records: 2, isAcknowledged: true, nowMs: 1_000)
        #expect(watch.silentMs(nowMs: 5_000) == 5_000)
        watch.answered(7, records: 1, isAcknowledged: true, nowMs: 5_000)
        #expect(watch.silentMs(nowMs: 9_000) == 0)
        watch.answered(7, records: 1, isAcknowledged: true, nowMs: 9_000)
        #expect(watch.silentMs(nowMs: 10_000) == 0)
    }
}

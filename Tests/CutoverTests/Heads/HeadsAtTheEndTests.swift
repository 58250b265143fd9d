import Cutover
import PipelineMessages
import Testing

/// What people ask of the log: which head is in force where, and what `head rollback` goes back to.
@Suite struct HeadsAtTheEndTests {
    private func commit(
        _ log: inout ActivationLog, _ name: String, head: String? = nil, _ number: Int64,
        partitions: [Int32]? = nil, restates: Int64? = nil, offsets: [Int32: Int64]
    ) {
        var record = request(name, partitions: partitions)
        if let head { (record.head, record.label) = (digest(head), headLabel(head)) }
        record.restates = restates
        log.apply(record, at: number)
        log.apply(record.with(.committing, number: number, scanFrom: offsets), at: number + 1)
        log.apply(record.with(.committed, number: number, offsets: offsets), at: number + 2)
    }

    /// Added partitions get the head that is in force elsewhere: nobody asked for that, and the canary before it stays one.
    @Test func whatAddedPartitionsGetIsNoStepOfAnybody() {
        var log = ActivationLog()
        commit(&log, "v1", 0, offsets: [0: 1, 1: 1])
        commit(&log, "v2", 10, partitions: [0], offsets: [0: 5])
        commit(&log, "added", head: "v1", 20, partitions: [2], restates: 0, offsets: [2: 1])
        #expect(log.predecessor(.standard)?.head == digest("v1"))
        #expect(
            log.headsAtTheEnd.mapValues { $0.map(\.label) } == [
                0: [headLabel("v2")], 1: [headLabel("v1")], 2: [headLabel("v1")],
            ])
    }

    /// A canary that was withdrawn is not what a later step goes back to.
    @Test func aCanaryWasNeverInForceEverywhere() {
        var log = ActivationLog()
        #expect(log.predecessor(.standard) == nil)
        commit(&log, "v1", 0, offsets: [0: 1, 1: 1])
        #expect(log.predecessor(.standard) == nil)
        commit(&log, "v2", 10, offsets: [0: 3, 1: 3])
        commit(&log, "v3", 20, partitions: [0], offsets: [0: 5])
        #expect(log.predecessor(.standard)?.head == digest("v2"))
        commit(&log, "back", head: "v2", 30, partitions: [0], offsets: [0: 7])
        #expect(log.predecessor(.standard)?.head == digest("v1"))
    }

    /// A coordinator that was told of too few partitions commits without some: their markers were obeyed by then.
    @Test func aMarkerThatWasAnnouncedStaysAnnounced() throws {
        var log = ActivationLog()
        var record = request("a")
        record.token = "a token, long enough"
        log.apply(record, at: 0)
        var announced = record.with(.committing, number: 0, scanFrom: [0: 0, 1: 0])
        announced.token = record.token
        log.apply(announced, at: 1)
        let marker = try #require(CutoverMarker(of: announced))
        #expect(log.judge(marker, partition: 1) == .announced)
        var committed = record.with(.committed, number: 0, offsets: [0: 4], scanFrom: [0: 0])
        committed.token = record.token
        log.apply(committed, at: 2)
        #expect(log.judge(marker, partition: 1) == .announced)
    }
}

import Cutover
import PipelineMessages
import Testing

@Suite struct ThroughputLedgerTests {
    private func receipt(
        _ worker: String,
        partition: Int32 = 0,
        offset: Int64,
        images: Int = 10,
        before: Int64
    ) -> Receipt {
        Receipt(
            topic: "t",
            partition: partition,
            offset: offset,
            stream: "s",
            images: images,
            errors: 0,
            imagesBefore: before,
            deadLetter: nil,
            head: nil,
            worker: worker,
            incarnation: "i",
            serviceUs: 1,
            scoredAtMs: 1
        )
    }

    @Test func shardsAreCreditedToTheirWorkers() {
        var ledger = ThroughputLedger()
        ledger.apply(receipt("b", offset: 0, before: 0), receiptsOffset: 0)
        ledger.apply(receipt("a", offset: 3, images: 4, before: 10), receiptsOffset: 1)
        ledger.apply(receipt("a", partition: 1, offset: 0, before: 0), receiptsOffset: 0)
        ledger.checkSums()
        #expect(ledger.alarms == [])
        #expect(
            ledger.entries == [
                LedgerEntry(worker: "a", images: 14, shards: 2),
                LedgerEntry(worker: "b", images: 10, shards: 1),
            ]
        )
        #expect(ledger.imagesCounted == 24)
        #expect(
            ledger.partitionEntries == [
                LedgerPartition(partition: 0, nextOffset: 4, images: 14, receiptsOffset: 2),
                LedgerPartition(partition: 1, nextOffset: 1, images: 10, receiptsOffset: 1),
            ]
        )
        #expect(ledger.receiptsOffset(partition: 0) == 2)
        #expect(ledger.receiptsOffset(partition: 9) == 0)
    }

    @Test func aRedeliveredShardCountsForTheFirst() {
        var ledger = ThroughputLedger()
        ledger.apply(receipt("dead", offset: 0, before: 0), receiptsOffset: 0)
        ledger.apply(receipt("dead", offset: 1, before: 10), receiptsOffset: 1)
        ledger.apply(receipt("heir", offset: 0, before: 0), receiptsOffset: 2)
        ledger.apply(receipt("heir", offset: 1, before: 10), receiptsOffset: 3)
        ledger.apply(receipt("heir", offset: 2, before: 20), receiptsOffset: 4)
        ledger.checkSums()
        #expect(ledger.alarms == [])
        #expect(ledger.entries.map(\.images) == [20, 10])
        #expect(ledger.imagesCounted == 30)
    }

    @Test func aReceiptReadAgainChangesNothing() {
        var ledger = ThroughputLedger()
        ledger.apply(receipt("a", offset: 0, before: 0), receiptsOffset: 4)
        ledger.apply(receipt("a", offset: 1, before: 10), receiptsOffset: 5)
        let before = ledger
        ledger.apply(receipt("a", offset: 0, before: 0), receiptsOffset: 4)
        #expect(ledger == before, "not even the place to read on from")
    }

    @Test func aLostReceiptShowsAsAGap() {
        var ledger = ThroughputLedger()
        ledger.apply(receipt("a", offset: 0, before: 0), receiptsOffset: 0)
        ledger.apply(receipt("a", offset: 4, before: 30), receiptsOffset: 1)
        let gap = LedgerGap(offset: 1, endOffset: 4, imagesBefore: 10, imagesAfter: 30)
        #expect(ledger.partitionEntries.first?.gaps == [gap])
        #expect(ledger.imagesCounted == 20 && ledger.alarms.isEmpty)
        // Its receipt may still come, as long as nothing above it is committed; and for a while after.
        let progress = PartitionProgress(images: 40)
        for _ in 0..<20 { ledger.check(partition: 0, committed: 1, progress: PartitionProgress(images: 10)) }
        for _ in 1..<ThroughputLedger.overdueChecksMax {
            ledger.check(partition: 0, committed: 5, progress: progress)
        }
        #expect(ledger.alarms.isEmpty)
        ledger.check(partition: 0, committed: 5, progress: progress)
        #expect(
            ledger.alarms == [
                "ledger: partition 0: no receipt for 20 images of offsets 1 to 3, which are committed"
            ])
    }

    @Test func aLateReceiptFillsItsGapOnce() {
        var ledger = ThroughputLedger()
        ledger.apply(receipt("a", offset: 0, before: 0), receiptsOffset: 0)
        ledger.apply(receipt("a", offset: 4, before: 40), receiptsOffset: 1)
        // The one in the middle first, twice; by whoever repeated it.
        ledger.apply(receipt("b", offset: 2, before: 20), receiptsOffset: 2)
        ledger.apply(receipt("a", offset: 2, before: 20), receiptsOffset: 3)
        #expect(
            ledger.partitionEntries.first?.gaps == [
                LedgerGap(offset: 1, endOffset: 2, imagesBefore: 10, imagesAfter: 20),
                LedgerGap(offset: 3, endOffset: 4, imagesBefore: 30, imagesAfter: 40),
            ])
        ledger.apply(receipt("b", offset: 1, before: 10), receiptsOffset: 4)
        ledger.apply(receipt("b", offset: 3, before: 30), receiptsOffset: 5)
        #expect(ledger.partitionEntries.first?.gaps == nil)
        #expect(ledger.entries.map(\.images) == [20, 30] && ledger.imagesCounted == 50)
        ledger.checkSums()
        #expect(ledger.alarms.isEmpty)
    }

    @Test func aCoordinatorsHeartbeatRestoresTheLedger() {
        for cut in 0...8 {
            var whole = ThroughputLedger()
            var first = ThroughputLedger()
            // Two workers, every shard delivered twice.
            let receipts = (0..<8).map { (place: Int) -> Receipt in
                let shard = Int64(place / 2)
                return receipt(place % 2 == 0 ? "a" : "b", offset: shard * 2, before: shard * 10)
            }
            for (place, receipt) in receipts.enumerated() {
                whole.apply(receipt, receiptsOffset: Int64(place))
                if place < cut { first.apply(receipt, receiptsOffset: Int64(place)) }
            }
            var status = CoordinatorStatus(coordinator: "c", atMs: 1)
            status.ledger = first.entries
            status.partitions = first.partitionEntries
            status.alarms = first.alarms
            var second = ThroughputLedger(restoring: status)
            // Read from anywhere at or below the place it names: nothing counts twice.
            for (place, receipt) in receipts.enumerated() where place >= cut - 2 {
                second.apply(receipt, receiptsOffset: Int64(place))
            }
            #expect(second == whole, "cut at \(cut)")
            second.checkSums()
            #expect(second.alarms == [])
        }
    }

    @Test func alarmsSurviveARestartAndAreBounded() {
        var ledger = ThroughputLedger()
        for offset in 0..<40 {
            ledger.apply(
                receipt("a", offset: Int64(offset), images: 20, before: Int64(offset) * 10),
                receiptsOffset: Int64(offset)
            )
        }
        #expect(ledger.alarms.count == ThroughputLedger.alarmsMax)
        #expect(ledger.alarms.last?.hasPrefix("ledger: t/0@39") == true)
        var status = CoordinatorStatus(coordinator: "c", atMs: 1)
        status.alarms = ledger.alarms
        #expect(ThroughputLedger(restoring: status).alarms == ledger.alarms)
    }

    @Test func anAlarmIsRaisedOnce() {
        var ledger = ThroughputLedger()
        ledger.apply(receipt("a", offset: 0, images: 20, before: 0), receiptsOffset: 0)
        ledger.apply(receipt("a", offset: 1, before: 10), receiptsOffset: 1)
        ledger.checkSums()
        ledger.checkSums()
        #expect(ledger.alarms.count == 2)
    }

    /// Committed offset, committed images, whether the ledger (20 images below offset 5) objects.
    @Test(
        arguments: [
            (5, 20, false),  // equal
            (6, 20, false),  // a marker lies between
            (3, 10, false),  // the commit is behind
            (9, 40, false),  // receipts are still being read
            (5, 21, true),  // more images committed than receipted
            (4, 21, true), (5, 19, true),  // fewer
            (8, 10, true), (0, 0, false),
        ] as [(Int64, Int64, Bool)]
    )
    func theCommittedImagesMustAgree(committed: Int64, images: Int64, alarm: Bool) {
        var ledger = ThroughputLedger()
        ledger.apply(receipt("a", offset: 1, before: 0), receiptsOffset: 0)
        ledger.apply(receipt("a", offset: 4, before: 10), receiptsOffset: 1)
        let progress = PartitionProgress(images: images)
        // A move that explains it may not be read yet.
        for _ in 1..<ThroughputLedger.doubtsMax {
            ledger.check(partition: 0, committed: committed, progress: progress)
        }
        #expect(ledger.alarms.isEmpty)
        ledger.check(partition: 0, committed: committed, progress: progress)
        #expect(ledger.alarms.isEmpty != alarm, "\(ledger.alarms)")
    }

    @Test func aPartitionWithoutReceiptsIsComparedToo() {
        var ledger = ThroughputLedger()
        ledger.check(partition: 3, committed: 7, progress: PartitionProgress(images: 70))
        #expect(ledger.alarms.isEmpty, "the receipts may not be read yet")
        for _ in 0..<ThroughputLedger.doubtsMax {
            ledger.check(partition: 3, committed: 0, progress: PartitionProgress(images: 70))
        }
        #expect(ledger.alarms.count == 1)
    }

    /// Numbers that a forged heartbeat or receipt may hold, each within its bounds.
    @Test func extremesOfAForgedHeartbeatTrapNobodyAndLeaveTheNextOneReadable() throws {
        let most = RecordBounds.integerMax
        var status = CoordinatorStatus(coordinator: "evil", atMs: 1)
        var partition = LedgerPartition(partition: 0, nextOffset: most, images: 9)
        // Ends before it begins.
        partition.gaps = [LedgerGap(offset: 7, endOffset: 3, imagesBefore: 0, imagesAfter: 9)]
        status.partitions = [partition]
        status.ledger = [LedgerEntry(worker: "a", images: 1, shards: RecordBounds.count.upperBound)]
        _ = try JSONRecord.decode(CoordinatorStatus.self, from: JSONRecord.encode(status))
        var ledger = ThroughputLedger(restoring: status)
        ledger.apply(receipt("a", offset: 5, images: 1, before: 0), receiptsOffset: 0)
        ledger.apply(receipt("a", offset: most, before: 0), receiptsOffset: 1)
        ledger.apply(receipt("a", partition: 1, offset: most, before: 0), receiptsOffset: 0)
        ledger.apply(receipt("a", partition: 2, offset: most - 1, before: 0), receiptsOffset: 0)
        status.partitions = ledger.partitionEntries
        status.ledger = ledger.entries
        _ = try JSONRecord.decode(CoordinatorStatus.self, from: JSONRecord.encode(status))
    }

    @Test func aFloodOfNamesLeavesTheHeartbeatReadable() throws {
        var ledger = ThroughputLedger()
        for offset in 0..<6_000 {
            let name = String(repeating: "\u{1}", count: offset < 100 ? 250 : 2) + "\(offset)"
            ledger.apply(
                receipt(name, offset: Int64(offset), images: 1, before: Int64(offset)),
                receiptsOffset: Int64(offset))
        }
        ledger.checkSums()
        #expect(ledger.alarms.isEmpty && ledger.imagesCounted == 6_000)
        let others = try #require(ledger.entries.first { $0.worker == ThroughputLedger.others })
        #expect(others.images > 0)
        var status = CoordinatorStatus(coordinator: "a", atMs: 1)
        status.ledger = ledger.entries
        let bytes = JSONRecord.encode(status)
        #expect(bytes.count < 1_000_000)
        let read = try JSONRecord.decode(CoordinatorStatus.self, from: bytes)
        #expect(ThroughputLedger(restoring: read).entries == ledger.entries)
    }
}

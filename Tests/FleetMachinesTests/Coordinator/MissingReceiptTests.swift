import FleetMachines
import PipelineMessages
import Testing

/// Receipts that are not there, and those that only wait for a node that is behind. Found by the simulator (seed 1500004454).
@Suite struct MissingReceiptTests {
    /// Three shards are counted but for the second, by the coordinator of before.
    private static var before: CoordinatorStatus {
        var status = CoordinatorStatus(coordinator: "b", atMs: 1_000_000)
        status.ledger = [LedgerEntry(worker: "w", images: 20, shards: 2)]
        var place = LedgerPartition(partition: 0, nextOffset: 3, images: 30, receiptsOffset: 2)
        place.gaps = [LedgerGap(offset: 1, endOffset: 2, imagesBefore: 10, imagesAfter: 20)]
        status.partitions = [place]
        return status
    }

    private static let second = Receipt(
        topic: "t", partition: 0, offset: 1, stream: "s", images: 10, errors: 0, imagesBefore: 10,
        deadLetter: nil, head: nil, worker: "w", incarnation: "1", serviceUs: 1, scoredAtMs: 1)

    @Test func aReceiptThatWaitsForANodeThatIsBehindIsNotMissing() {
        var bench = PositionBench(before: Self.before)
        let saved: [Int32: SavedPosition] = [0: PositionBench.saved(3)]
        // This node says that the partition ends where the missing shard lies, and more is committed.
        _ = bench.answer(saved, end: 1)
        bench.tell(.receipt(Self.second, offset: 2))
        for _ in 0..<30 { _ = bench.answer(saved, end: 1) }
        #expect(bench.status?.alarms.contains { $0.hasPrefix("ledger") } == false)
        // Another node answers: the receipt counts.
        for _ in 0..<2 { _ = bench.answer(saved, end: 3) }
        #expect(bench.status?.alarms == [] && bench.status?.imagesCommitted == 30)
    }

    @Test func aReceiptThatDoesNotComeIsMissing() {
        var bench = PositionBench(before: Self.before)
        for _ in 0..<30 { _ = bench.answer([0: PositionBench.saved(3)], end: 3) }
        #expect(
            bench.status?.alarms == [
                "ledger: partition 0: no receipt for 10 images of offsets 1 to 1, which are committed"
            ])
    }
}

import Cutover
import FleetMachines
import PipelineMessages
import Testing

/// What moves, and zombies behind them, are in the coordinator's count.
@Suite struct LedgerMovesTests {
    @Test func whatAZombieScoredBehindAMoveIsNotPartOfTheCount() {
        var bench = LedgerBench()
        let move = PositionMove(
            topic: "t", partition: 0, from: 1, to: 8, images: 10, reason: "r", by: "p", atMs: 1)
        bench.answer(ends: [0: 9, 1: 0])
        bench.tell(.move(move, offset: 4))
        bench.tell(.receipt(LedgerBench.receipt(0, before: 0), offset: 0))
        bench.tell(.receipt(LedgerBench.receipt(1, before: 10), offset: 1))  // never committed
        bench.tell(.receipt(LedgerBench.receipt(8, before: 10), offset: 2))  // the first behind the move
        bench.answer([0: LedgerBench.saved(9, 20)], ends: [0: 9, 1: 0])
        let status = bench.status
        #expect(status.imagesCommitted == 20 && status.alarms.isEmpty && status.partitions[0].outside == 10)
    }

    /// It scored three shards from the committed offset on, and the receipt of the second is lost.
    @Test func whatAZombieLostBehindAMoveIsNotMissing() {
        var bench = LedgerBench()
        let move = PositionMove(
            topic: "t", partition: 0, from: 1, to: 3, images: 10, reason: "r", by: "p", atMs: 1)
        bench.answer(ends: [0: 5, 1: 0])
        bench.tell(.move(move, offset: 4))
        bench.tell(.receipt(LedgerBench.receipt(0, before: 0), offset: 0))
        bench.tell(.receipt(LedgerBench.receipt(1, before: 10), offset: 1))
        bench.tell(.receipt(LedgerBench.receipt(3, before: 30), offset: 2))
        // The first behind the move, by the count of the move.
        bench.tell(.receipt(LedgerBench.receipt(3, before: 10), offset: 3))
        bench.tell(.receipt(LedgerBench.receipt(4, before: 20), offset: 4))
        for _ in 0..<ThroughputLedger.overdueChecksMax + 2 {
            bench.answer([0: LedgerBench.saved(5, 30)], ends: [0: 5, 1: 0])
        }
        let status = bench.status
        #expect(status.imagesCommitted == 30 && status.alarms.isEmpty, "\(status.alarms)")
        #expect(status.partitions[0].gaps == nil)
    }

    /// The commit of the first offset behind the move is seen before the first receipt there.
    @Test func aCommitBehindAMoveIsNoFalseAlarm() {
        var bench = LedgerBench()
        let move = PositionMove(
            topic: "t", partition: 0, from: 1, to: 8, images: 10, reason: "r", by: "p", atMs: 1)
        bench.answer(ends: [0: 10, 1: 0])
        bench.tell(.move(move, offset: 4))
        bench.tell(.receipt(LedgerBench.receipt(0, before: 0), offset: 0))
        bench.tell(.receipt(LedgerBench.receipt(1, before: 10), offset: 1))  // a zombie's
        bench.answer([0: LedgerBench.saved(9, 10)], ends: [0: 10, 1: 0])  // a marker lay at 8
        #expect(bench.status.alarms.isEmpty && bench.status.imagesCommitted == 10)
        bench.tell(.receipt(LedgerBench.receipt(9, before: 10), offset: 2))
        bench.answer([0: LedgerBench.saved(10, 20)], ends: [0: 10, 1: 0])
        #expect(bench.status.alarms.isEmpty && bench.status.imagesCommitted == 20)
    }

    /// The zombie went beyond the place of the move; and of two moves only one was carried out.
    @Test(arguments: [false, true]) func theMoveThatFitsExplainsTheCount(isSaidToBeVoid: Bool) {
        var bench = LedgerBench()
        var void = PositionMove(
            topic: "t", partition: 0, from: 0, to: 2, images: 5, reason: "r", by: "p", atMs: 1)
        let done = PositionMove(
            topic: "t", partition: 0, from: 1, to: 2, images: 10, reason: "r", by: "p", atMs: 2)
        bench.answer(ends: [0: 6, 1: 0])
        bench.tell(.move(void, offset: 1))
        bench.tell(.move(done, offset: 2))
        if isSaidToBeVoid { void = void.settled(at: 1, done: false) }
        bench.tell(.move(void, offset: 3))
        bench.tell(.receipt(LedgerBench.receipt(0, before: 0), offset: 0))
        for offset: Int64 in 1...3 {  // a zombie's
            bench.tell(.receipt(LedgerBench.receipt(offset, before: 10 * offset), offset: offset))
        }
        // The new owner: 2 and 3 come late, by then they are counted.
        for offset: Int64 in 2...5 {
            bench.tell(.receipt(LedgerBench.receipt(offset, before: 10 * (offset - 1)), offset: offset + 2))
        }
        bench.answer([0: LedgerBench.saved(6, 50)], ends: [0: 6, 1: 0])
        let status = bench.status
        #expect(status.imagesCommitted == 50 && status.alarms.isEmpty, "\(status.alarms)")
        #expect(status.partitions[0].outside == 10 && status.partitions[0].gaps == nil)
    }
}

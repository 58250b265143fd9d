import Artifacts
import Cutover
import FleetMachines
import PipelineMessages
import Testing

/// What a coordinator counts, compares and raises, event by event.
@Suite struct CoordinatorLedgerTests {
    @Test func receiptsAreReadOnceTheEndsAreKnown() {
        var bench = LedgerBench()
        #expect(bench.reads.isEmpty)
        bench.answer(ends: [0: 0, 1: 0])
        #expect(bench.reads == [[0: 0, 1: 0]])
    }

    @Test func aReceiptFarBeyondTheEndDeafensNothing() {
        var bench = LedgerBench()
        bench.answer(ends: [0: 2, 1: 0])
        bench.tell(.receipt(LedgerBench.receipt(0, before: 0), offset: 0))
        bench.tell(.receipt(LedgerBench.receipt(1 << 52, before: 0, worker: "ghost"), offset: 1))
        bench.tell(.receipt(LedgerBench.receipt(1, before: 10), offset: 2))
        for _ in 0..<3 { bench.answer(ends: [0: 2, 1: 0]) }
        let status = bench.status
        #expect(status.imagesCommitted == 20)
        #expect(status.ledger == [LedgerEntry(worker: "w", images: 20, shards: 2)])
        #expect(status.alarms.count == 1)
        #expect(status.alarms.first?.contains("name shards that are not there") == true)
        #expect(status.alarms.first?.contains("ghost") == true)
    }

    @Test func anHonestReceiptOfANewShardWaitsForTheNextAnswerOnly() {
        var bench = LedgerBench()
        bench.answer(ends: [0: 1, 1: 0])
        bench.tell(.receipt(LedgerBench.receipt(1, before: 10), offset: 0))
        #expect(bench.status.imagesCommitted == 0)
        bench.answer(ends: [0: 2, 1: 0])
        #expect(bench.status.imagesCommitted == 20 - 10)
        #expect(bench.status.alarms.isEmpty)
    }

    /// A node that is cut off from its peers goes on telling where the partition ended then.
    @Test func whatWasRefusedByANodeThatWasBehindCountsAfterAll() {
        var bench = LedgerBench()
        bench.answer(ends: [0: 1, 1: 0])
        bench.tell(.receipt(LedgerBench.receipt(0, before: 0), offset: 0))
        for offset in 1...3 as ClosedRange<Int64> {
            bench.tell(.receipt(LedgerBench.receipt(offset, before: 10 * offset), offset: offset))
        }
        for _ in 0..<3 { bench.answer(ends: [0: 1, 1: 0]) }
        #expect(bench.status.alarms.first?.contains("3 name shards that are not there") == true)
        #expect(bench.status.imagesCommitted == 10)
        // A successor would read them again.
        #expect(bench.status.partitions.first?.receiptsOffset == 1)
        bench.answer(ends: [0: 4, 1: 0])
        #expect(bench.status.imagesCommitted == 40 && bench.status.alarms.isEmpty)
        #expect(bench.status.ledger == [LedgerEntry(worker: "w", images: 40, shards: 4)])
        #expect(bench.status.partitions.first?.receiptsOffset == 4)
    }

    @Test func whatWasRefusedLongAgoDoesNot() {
        var bench = LedgerBench()
        bench.answer(ends: [0: 1, 1: 0])
        bench.tell(.receipt(LedgerBench.receipt(1, before: 0), offset: 0))
        for _ in 0..<3 { bench.answer(ends: [0: 1, 1: 0]) }
        for _ in 0..<130 { bench.answer(ends: [0: 1, 1: 0]) }
        bench.answer(ends: [0: 4, 1: 0])
        #expect(bench.status.imagesCommitted == 0)
        #expect(bench.status.alarms.first?.contains("1 name shards that are not there") == true)
    }

    @Test func aPartitionWhoseEndIsNotAnsweredRefusesNobody() {
        var bench = LedgerBench()
        bench.answer(ends: [0: 1, 1: 0])
        bench.tell(.receipt(LedgerBench.receipt(1, before: 0), offset: 0))
        for _ in 0..<5 { bench.answer(ends: [1: 0]) }
        bench.answer(ends: [0: 2])
        #expect(bench.status.imagesCommitted == 10 && bench.status.alarms.isEmpty)
    }

    @Test func aResetCountsAnewFromWhatIsCommitted() {
        var wrong = CoordinatorStatus(coordinator: "c", atMs: 1)
        wrong.ledger = [LedgerEntry(worker: "ghost", images: 1 << 40, shards: 1)]
        wrong.partitions = [LedgerPartition(partition: 0, nextOffset: 1 << 50, images: 7, receiptsOffset: 9)]
        wrong.alarms = ["ledger: sums: 1 images by worker, 7 by partition"]
        let demand = LedgerReset(reason: "forged", by: "p", atMs: 1)
        var bench = LedgerBench(control: [.ledgerReset(demand, offset: 3)], last: wrong)
        bench.answer([0: LedgerBench.saved(5, 50)], ends: [0: 9, 1: 0])
        #expect(bench.reads == [[0: 0, 1: 0]])
        // What is committed is not counted twice; what comes is.
        bench.tell(.receipt(LedgerBench.receipt(4, before: 40), offset: 0))
        bench.tell(.receipt(LedgerBench.receipt(5, before: 50), offset: 1))
        let status = bench.status
        #expect(status.imagesCommitted == 60 && status.ledgerReset == 3 && status.alarms.isEmpty)
        #expect(status.ledger.map(\.images) == [50, 10])
        // The next coordinator goes on from it, and does not start anew.
        var next = LedgerBench(control: [.ledgerReset(demand, offset: 3)], last: status)
        next.answer([0: LedgerBench.saved(6, 60)], ends: [0: 9, 1: 0])
        #expect(next.reads == [[0: 2, 1: 0]] && next.status.imagesCommitted == 60)
    }

    @Test func aResetWhileItCountsBeginsAnotherTerm() {
        var bench = LedgerBench()
        bench.answer(ends: [0: 9, 1: 0])
        bench.tell(.ledgerReset(LedgerReset(reason: "r", by: "p", atMs: 1), offset: 3))
        let follows = bench.done.filter { if case .follow = $0 { true } else { false } }
        #expect(follows == [.follow(term: 1), .follow(term: 2)])
    }

    /// Whoever may write a heartbeat says nothing of the control topic.
    @Test(arguments: [2, 4, 9, RecordBounds.integerMax]) func aForgedResetDisablesNoTrueOne(forged: Int64) {
        var wrong = CoordinatorStatus(coordinator: "evil", atMs: 1)
        wrong.ledgerReset = forged
        wrong.partitions = [
            LedgerPartition(
                partition: 0, nextOffset: RecordBounds.integerMax, images: 7,
                receiptsOffset: RecordBounds.integerMax)
        ]
        let demand = LedgerReset(reason: "forged", by: "p", atMs: 1)
        // One that is in the control topic already counts.
        var bench = LedgerBench(
            control: [.ledgerReset(demand, offset: 3), .controlRead(below: 9)], last: wrong)
        bench.answer([0: LedgerBench.saved(5, 50)], ends: [0: 9, 1: 0])
        #expect(bench.status.ledgerReset == 3 && bench.status.imagesCommitted == 50)
        // One that is asked for later too, in whatever place.
        var later = LedgerBench(control: [.controlRead(below: 9)], last: wrong)
        later.answer([0: LedgerBench.saved(5, 50)], ends: [0: 9, 1: 0])
        let kept: Int64? = forged < 9 ? forged : nil
        #expect(later.status.ledgerReset == kept)
        later.tell(.ledgerReset(demand, offset: 9))
        later.tell(.controlRead(below: 10))
        later.tell(.controlCaughtUp)
        // Forged anew, with the very offset of the reset.
        wrong.ledgerReset = 9
        later.tell(.coordinator(wrong))
        later.tell(.statusCaughtUp)
        later.answer([0: LedgerBench.saved(5, 50)], ends: [0: 9, 1: 0])
        #expect(later.status.ledgerReset == 9 && later.status.imagesCommitted == 50)
    }

    /// A control topic that takes long to read: what counts before would not know of moves and resets.
    @Test func countingWaitsForTheControlTopic() {
        var bench = LedgerBench()
        bench.answer(ends: [0: 9, 1: 0])
        let demand = LedgerReset(reason: "r", by: "p", atMs: 1)
        bench.tell(.ledgerReset(demand, offset: 3))
        bench.tell(.statusCaughtUp)
        bench.answer([0: LedgerBench.saved(5, 50)], ends: [0: 9, 1: 0])
        bench.tell(.tick, afterMs: 20_000)
        bench.answer([0: LedgerBench.saved(5, 50)], ends: [0: 9, 1: 0])
        #expect(bench.reads.count == 1)
        bench.tell(.ledgerReset(demand, offset: 3))
        bench.tell(.controlCaughtUp)
        bench.answer([0: LedgerBench.saved(5, 50)], ends: [0: 9, 1: 0])
        #expect(bench.reads.count == 2)
        let follows = bench.done.filter { if case .follow = $0 { true } else { false } }
        #expect(follows == [.follow(term: 1), .follow(term: 2)])
        #expect(bench.status.imagesCommitted == 50 && bench.status.ledgerReset == 3)
    }

    /// Who can not read the status topic for long leads all the same; its empty ledger must not be written over the last one's.
    @Test func aLedgerThatWasNotReadIsNotReplaced() {
        var machine = CoordinatorMachine(CoordinatorSettings(name: "c", partitions: [0, 1]))
        var done: [CoordinatorAction] = []
        func tell(_ event: CoordinatorEvent, _ nowMs: Int64) {
            done += machine.handle(event, at: Moment(steadyMs: nowMs, wallMs: nowMs))
        }
        tell(.leads(true), 0)
        tell(.controlCaughtUp, 0)
        for second in 1...29 { tell(.tick, Int64(second) * 1_000) }
        #expect(!done.contains { if case .beat = $0 { true } else { false } })
        #expect(!done.contains { if case .countReceipts = $0 { true } else { false } })
        var last = CoordinatorStatus(coordinator: "before", atMs: 1)
        last.ledger = [LedgerEntry(worker: "w", images: 70, shards: 7)]
        last.partitions = [LedgerPartition(partition: 0, nextOffset: 7, images: 70, receiptsOffset: 7)]
        last.imagesCommitted = 70
        // It tries to read anew.
        tell(.tick, 30_000)
        #expect(done.count { if case .follow = $0 { true } else { false } } == 2)
        tell(.controlCaughtUp, 31_000)
        tell(.coordinator(last), 31_000)
        tell(.statusCaughtUp, 31_000)
        tell(.tick, 33_000)
        let beats = done.compactMap { if case .beat(let status) = $0 { status } else { nil } }
        #expect(beats.last?.imagesCommitted == 70)
    }
}

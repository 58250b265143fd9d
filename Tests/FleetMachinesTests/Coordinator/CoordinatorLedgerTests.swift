import Artifacts
import Cutover
import FleetMachines
import PipelineMessages
import Testing

/// What a coordinator counts, compares and raises, event by event.
@Suite struct CoordinatorLedgerTests {
    /// A leading coordinator that has read the past, and what it did last.
    private struct Bench {
        var machine: CoordinatorMachine
        var nowMs: Int64 = 0
        var done: [CoordinatorAction] = []

        init(control: [CoordinatorEvent] = [], last: CoordinatorStatus? = nil) {
            var settings = CoordinatorSettings(name: "c", partitions: [0, 1])
            settings.livenessMs = 5_000
            machine = CoordinatorMachine(settings)
            tell(.leads(true))
            for event in control { tell(event) }
            tell(.controlCaughtUp)
            if let last { tell(.coordinator(last)) }
            tell(.statusCaughtUp)
        }

        mutating func tell(_ event: CoordinatorEvent, afterMs: Int64 = 0) {
            nowMs += afterMs
            done += machine.handle(event, at: Moment(steadyMs: nowMs, wallMs: nowMs))
        }

        /// Answers the question for positions that was asked last, after asking if need be.
        mutating func answer(
            _ saved: [Int32: SavedPosition] = [:], ends: [Int32: Int64], begins: [Int32: Int64] = [:]
        ) {
            tell(.tick, afterMs: 1_000)
            let serials = done.compactMap {
                if case .askPositions(_, let serial, _) = $0 { serial } else { nil }
            }
            var extents: [Int32: PartitionExtent] = [:]
            for (partition, end) in ends {
                extents[partition] = PartitionExtent(begin: begins[partition] ?? 0, end: end)
            }
            tell(.positions(saved, extents, serial: serials.last ?? 0))
        }

        /// The newest heartbeat.
        var status: CoordinatorStatus {
            mutating get {
                tell(.tick, afterMs: 1_000)
                let beats = done.compactMap { if case .beat(let status) = $0 { status } else { nil } }
                return beats.last ?? CoordinatorStatus(coordinator: "none", atMs: 0)
            }
        }

        var reads: [[Int32: Int64]] {
            done.compactMap { if case .countReceipts(let from, _) = $0 { from } else { nil } }
        }
    }

    private static func receipt(
        _ offset: Int64, images: Int = 10, before: Int64, partition: Int32 = 0, worker: String = "w"
    ) -> Receipt {
        Receipt(
            topic: "t", partition: partition, offset: offset, stream: "s", images: images, errors: 0,
            imagesBefore: before, deadLetter: nil, head: nil, worker: worker, incarnation: "1", serviceUs: 1,
            scoredAtMs: 1)
    }

    private static func saved(_ offset: Int64, _ images: Int64) -> SavedPosition {
        SavedPosition(offset: offset, metadata: PartitionProgress(images: images).text)
    }

    @Test func receiptsAreReadOnceTheEndsAreKnown() {
        var bench = Bench()
        #expect(bench.reads.isEmpty)
        bench.answer(ends: [0: 0, 1: 0])
        #expect(bench.reads == [[0: 0, 1: 0]])
    }

    @Test func aReceiptFarBeyondTheEndDeafensNothing() {
        var bench = Bench()
        bench.answer(ends: [0: 2, 1: 0])
        bench.tell(.receipt(Self.receipt(0, before: 0), offset: 0))
        bench.tell(.receipt(Self.receipt(1 << 52, before: 0, worker: "ghost"), offset: 1))
        bench.tell(.receipt(Self.receipt(1, before: 10), offset: 2))
        for _ in 0..<3 { bench.answer(ends: [0: 2, 1: 0]) }
        let status = bench.status
        #expect(status.imagesCommitted == 20)
        #expect(status.ledger == [LedgerEntry(worker: "w", images: 20, shards: 2)])
        #expect(status.alarms.count == 1)
        #expect(status.alarms.first?.contains("name shards that are not there") == true)
        #expect(status.alarms.first?.contains("ghost") == true)
    }

    @Test func anHonestReceiptOfANewShardWaitsForTheNextAnswerOnly() {
        var bench = Bench()
        bench.answer(ends: [0: 1, 1: 0])
        bench.tell(.receipt(Self.receipt(1, before: 10), offset: 0))
        #expect(bench.status.imagesCommitted == 0)
        bench.answer(ends: [0: 2, 1: 0])
        #expect(bench.status.imagesCommitted == 20 - 10)
        #expect(bench.status.alarms.isEmpty)
    }

    /// A node that is cut off from its peers goes on telling where the partition ended then.
    @Test func whatWasRefusedByANodeThatWasBehindCountsAfterAll() {
        var bench = Bench()
        bench.answer(ends: [0: 1, 1: 0])
        bench.tell(.receipt(Self.receipt(0, before: 0), offset: 0))
        for offset in 1...3 as ClosedRange<Int64> {
            bench.tell(.receipt(Self.receipt(offset, before: 10 * offset), offset: offset))
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
        var bench = Bench()
        bench.answer(ends: [0: 1, 1: 0])
        bench.tell(.receipt(Self.receipt(1, before: 0), offset: 0))
        for _ in 0..<3 { bench.answer(ends: [0: 1, 1: 0]) }
        for _ in 0..<130 { bench.answer(ends: [0: 1, 1: 0]) }
        bench.answer(ends: [0: 4, 1: 0])
        #expect(bench.status.imagesCommitted == 0)
        #expect(bench.status.alarms.first?.contains("1 name shards that are not there") == true)
    }

    @Test func aPartitionWhoseEndIsNotAnsweredRefusesNobody() {
        var bench = Bench()
        bench.answer(ends: [0: 1, 1: 0])
        bench.tell(.receipt(Self.receipt(1, before: 0), offset: 0))
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
        var bench = Bench(control: [.ledgerReset(demand, offset: 3)], last: wrong)
        bench.answer([0: Self.saved(5, 50)], ends: [0: 9, 1: 0])
        #expect(bench.reads == [[0: 0, 1: 0]])
        // What is committed is not counted twice; what comes is.
        bench.tell(.receipt(Self.receipt(4, before: 40), offset: 0))
        bench.tell(.receipt(Self.receipt(5, before: 50), offset: 1))
        let status = bench.status
        #expect(status.imagesCommitted == 60 && status.ledgerReset == 3 && status.alarms.isEmpty)
        #expect(status.ledger.map(\.images) == [50, 10])
        // The next coordinator goes on from it, and does not start anew.
        var next = Bench(control: [.ledgerReset(demand, offset: 3)], last: status)
        next.answer([0: Self.saved(6, 60)], ends: [0: 9, 1: 0])
        #expect(next.reads == [[0: 2, 1: 0]] && next.status.imagesCommitted == 60)
    }

    @Test func aResetWhileItCountsBeginsAnotherTerm() {
        var bench = Bench()
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
        var bench = Bench(
            control: [.ledgerReset(demand, offset: 3), .controlRead(below: 9)], last: wrong)
        bench.answer([0: Self.saved(5, 50)], ends: [0: 9, 1: 0])
        #expect(bench.status.ledgerReset == 3 && bench.status.imagesCommitted == 50)
        // One that is asked for later too, in whatever place.
        var later = Bench(control: [.controlRead(below: 9)], last: wrong)
        later.answer([0: Self.saved(5, 50)], ends: [0: 9, 1: 0])
        let kept: Int64? = forged < 9 ? forged : nil
        #expect(later.status.ledgerReset == kept)
        later.tell(.ledgerReset(demand, offset: 9))
        later.tell(.controlRead(below: 10))
        later.tell(.controlCaughtUp)
        // Forged anew, with the very offset of the reset.
        wrong.ledgerReset = 9
        later.tell(.coordinator(wrong))
        later.tell(.statusCaughtUp)
        later.answer([0: Self.saved(5, 50)], ends: [0: 9, 1: 0])
        #expect(later.status.ledgerReset == 9 && later.status.imagesCommitted == 50)
    }

    /// A control topic that takes long to read: what counts before would not know of moves and resets.
    @Test func countingWaitsForTheControlTopic() {
        var bench = Bench()
        bench.answer(ends: [0: 9, 1: 0])
        let demand = LedgerReset(reason: "r", by: "p", atMs: 1)
        bench.tell(.ledgerReset(demand, offset: 3))
        bench.tell(.statusCaughtUp)
        bench.answer([0: Self.saved(5, 50)], ends: [0: 9, 1: 0])
        bench.tell(.tick, afterMs: 20_000)
        bench.answer([0: Self.saved(5, 50)], ends: [0: 9, 1: 0])
        #expect(bench.reads.count == 1)
        bench.tell(.ledgerReset(demand, offset: 3))
        bench.tell(.controlCaughtUp)
        bench.answer([0: Self.saved(5, 50)], ends: [0: 9, 1: 0])
        #expect(bench.reads.count == 2)
        let follows = bench.done.filter { if case .follow = $0 { true } else { false } }
        #expect(follows == [.follow(term: 1), .follow(term: 2)])
        #expect(bench.status.imagesCommitted == 50 && bench.status.ledgerReset == 3)
    }

    @Test func whatAZombieScoredBehindAMoveIsNotPartOfTheCount() {
        var bench = Bench()
        let move = PositionMove(
            topic: "t", partition: 0, from: 1, to: 8, images: 10, reason: "r", by: "p", atMs: 1)
        bench.answer(ends: [0: 9, 1: 0])
        bench.tell(.move(move, offset: 4))
        bench.tell(.receipt(Self.receipt(0, before: 0), offset: 0))
        bench.tell(.receipt(Self.receipt(1, before: 10), offset: 1))  // never committed
        bench.tell(.receipt(Self.receipt(8, before: 10), offset: 2))  // the first behind the move
        bench.answer([0: Self.saved(9, 20)], ends: [0: 9, 1: 0])
        let status = bench.status
        #expect(status.imagesCommitted == 20 && status.alarms.isEmpty && status.partitions[0].outside == 10)
    }

    /// It scored three shards from the committed offset on, and the receipt of the second is lost.
    @Test func whatAZombieLostBehindAMoveIsNotMissing() {
        var bench = Bench()
        let move = PositionMove(
            topic: "t", partition: 0, from: 1, to: 3, images: 10, reason: "r", by: "p", atMs: 1)
        bench.answer(ends: [0: 5, 1: 0])
        bench.tell(.move(move, offset: 4))
        bench.tell(.receipt(Self.receipt(0, before: 0), offset: 0))
        bench.tell(.receipt(Self.receipt(1, before: 10), offset: 1))
        bench.tell(.receipt(Self.receipt(3, before: 30), offset: 2))
        // The first behind the move, by the count of the move.
        bench.tell(.receipt(Self.receipt(3, before: 10), offset: 3))
        bench.tell(.receipt(Self.receipt(4, before: 20), offset: 4))
        for _ in 0..<ThroughputLedger.overdueChecksMax + 2 {
            bench.answer([0: Self.saved(5, 30)], ends: [0: 5, 1: 0])
        }
        let status = bench.status
        #expect(status.imagesCommitted == 30 && status.alarms.isEmpty, "\(status.alarms)")
        #expect(status.partitions[0].gaps == nil)
    }

    /// The commit of the first offset behind the move is seen before the first receipt there.
    @Test func aCommitBehindAMoveIsNoFalseAlarm() {
        var bench = Bench()
        let move = PositionMove(
            topic: "t", partition: 0, from: 1, to: 8, images: 10, reason: "r", by: "p", atMs: 1)
        bench.answer(ends: [0: 10, 1: 0])
        bench.tell(.move(move, offset: 4))
        bench.tell(.receipt(Self.receipt(0, before: 0), offset: 0))
        bench.tell(.receipt(Self.receipt(1, before: 10), offset: 1))  // a zombie's
        bench.answer([0: Self.saved(9, 10)], ends: [0: 10, 1: 0])  // a marker lay at 8
        #expect(bench.status.alarms.isEmpty && bench.status.imagesCommitted == 10)
        bench.tell(.receipt(Self.receipt(9, before: 10), offset: 2))
        bench.answer([0: Self.saved(10, 20)], ends: [0: 10, 1: 0])
        #expect(bench.status.alarms.isEmpty && bench.status.imagesCommitted == 20)
    }

    /// The zombie went beyond the place of the move; and of two moves only one was carried out.
    @Test(arguments: [false, true]) func theMoveThatFitsExplainsTheCount(isSaidToBeVoid: Bool) {
        var bench = Bench()
        var void = PositionMove(
            topic: "t", partition: 0, from: 0, to: 2, images: 5, reason: "r", by: "p", atMs: 1)
        let done = PositionMove(
            topic: "t", partition: 0, from: 1, to: 2, images: 10, reason: "r", by: "p", atMs: 2)
        bench.answer(ends: [0: 6, 1: 0])
        bench.tell(.move(void, offset: 1))
        bench.tell(.move(done, offset: 2))
        if isSaidToBeVoid { void = void.settled(at: 1, done: false) }
        bench.tell(.move(void, offset: 3))
        bench.tell(.receipt(Self.receipt(0, before: 0), offset: 0))
        for offset: Int64 in 1...3 {  // a zombie's
            bench.tell(.receipt(Self.receipt(offset, before: 10 * offset), offset: offset))
        }
        // The new owner: 2 and 3 come late, by then they are counted.
        for offset: Int64 in 2...5 {
            bench.tell(.receipt(Self.receipt(offset, before: 10 * (offset - 1)), offset: offset + 2))
        }
        bench.answer([0: Self.saved(6, 50)], ends: [0: 6, 1: 0])
        let status = bench.status
        #expect(status.imagesCommitted == 50 && status.alarms.isEmpty, "\(status.alarms)")
        #expect(status.partitions[0].outside == 10 && status.partitions[0].gaps == nil)
    }

    // MARK: What waits

    private func worker(owning partitions: [Int32], blocked: String? = nil) -> WorkerStatus {
        var status = WorkerStatus(
            worker: "w", incarnation: "1", host: "h", pid: 1, startedAtMs: 0,
            backbone: ContentDigest(of: [1]),
            isa: "scalar", replicas: 1)
        status.partitions = partitions.map {
            WorkerStatus.Partition(partition: $0, position: 0, head: nil, blocked: blocked)
        }
        return status
    }

    private func alarms(
        _ saved: [Int32: SavedPosition] = [:], ends: [Int32: Int64], begins: [Int32: Int64] = [:],
        _ worker: WorkerStatus?
    ) -> [String] {
        var bench = Bench()
        for _ in 0..<13 {
            if let worker { bench.tell(.worker(worker)) }
            bench.answer(saved, ends: ends, begins: begins)
        }
        return bench.status.alarms
    }

    @Test func partitionsThatNobodyReadsAreAnAlarmWhileRecordsWaitInThem() {
        #expect(
            alarms(ends: [0: 4, 1: 0], nil) == ["partition 0: no worker is live, and 4 records wait there"])
        #expect(
            alarms(ends: [0: 4, 1: 3], worker(owning: [0]))
                == ["partition 1: no worker has them, and 3 records wait there"])
        #expect(alarms(ends: [0: 0, 1: 0], nil).isEmpty)
        #expect(alarms(ends: [0: 4, 1: 3], worker(owning: [0, 1])).isEmpty)
    }

    @Test func aPartitionThatWaitsForLongIsAnAlarm() {
        #expect(
            alarms(ends: [0: 4, 1: 0], worker(owning: [0, 1], blocked: "no head"))
                == ["partition 0 waits at w, 4 records: no head"])
    }

    @Test func whatRetentionTookUnreadAndWhatOthersCommittedAreAlarms() throws {
        let saved = [Int32(0): Self.saved(2, 5), 1: SavedPosition(offset: 3, metadata: "")]
        let alarms = alarms(saved, ends: [0: 9, 1: 3], begins: [0: 6], worker(owning: [0, 1]))
        #expect(alarms.count == 2)
        #expect(alarms[0].hasPrefix("partition 0: offsets 2 to 5 were deleted before they were read"))
        #expect(alarms[1].hasPrefix("partition 1: offset 3 was committed by something else"))
    }

    @Test func theHeartbeatSaysHowFarEachPartitionIs() {
        var bench = Bench()
        bench.answer([0: Self.saved(2, 5)], ends: [0: 9, 1: 0])
        let partitions = bench.status.partitions
        #expect(partitions.map(\.partition) == [0])
        #expect(partitions[0].committedOffset == 2 && partitions[0].endOffset == 9)
    }
}

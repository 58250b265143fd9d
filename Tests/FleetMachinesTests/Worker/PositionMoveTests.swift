import Artifacts
import FleetMachines
import PipelineMessages
import Testing

/// A partition goes on elsewhere by a person's word alone, and what is between is written down.
@Suite struct PositionMoveTests {
    private static func saved(_ offset: Int64, images: Int64 = 30, moved: Int64? = nil) -> SavedPosition {
        SavedPosition(offset: offset, metadata: PartitionProgress(images: images, moved: moved).text)
    }

    private static func move(
        _ from: Int64?, _ to: Int64, images: Int64 = 30, partition: Int32 = 0
    ) -> PositionMove {
        PositionMove(
            topic: "t", partition: partition, from: from, to: to, images: images, reason: "r", by: "b",
            atMs: 0)
    }

    private func commits(_ bench: WorkerBench) -> [PartitionCommit] {
        bench.done.flatMap { action -> [PartitionCommit] in
            if case .commit(let commits, _, _) = action { return commits }
            return []
        }
    }

    @Test func aGapStopsItsPartitionUntilAPersonCrossesIt() throws {
        var bench = WorkerBench()
        bench.putInForce("a", partitions: [1])
        bench.own([0, 1], saved: [0: Self.saved(120), 1: Self.saved(7)])
        let words = bench.tell(.outOfRange(partition: 0, PartitionExtent(begin: 480, end: 900)))
        #expect(
            words.count == 1 && words[0].contains("offsets 120 to 479 were deleted before they were read"))
        let blocked = try #require(bench.machine.partitions.first { $0.partition == 0 }?.blocked)
        #expect(blocked.contains("hashiflex positions move --partition 0"))
        // The other partition goes on, and nothing ends.
        #expect(
            bench.take(marker(announced("a", partitions: [1])), 7, partition: 1) == ["commit [\"1@8\"] as 1"])
        bench.tell(.commitEnded(nil, serial: 1))

        #expect(bench.tell(.move(Self.move(120, 480), offset: 5)) == ["fetch [0, 1] 2"])
        let moved = bench.tell(
            .positions([0: Self.saved(120), 1: Self.saved(8)], generation: 2), afterMs: 1_000)
        #expect(moved.contains("say partition 0: moved from offset 120 to 480"))
        #expect(moved.contains("assign [\"0@480\", \"1@8\"] 2"))
        // Committed at once, with nothing read behind it.
        let commit = try #require(commits(bench).last)
        #expect(commit.offset == 480 && commit.progress.images == 30 && commit.progress.moved == 5)
    }

    @Test func aGapIsNotForgottenWhenARecordBeforeItNeedNotWaitAnyMore() throws {
        var bench = WorkerBench()
        bench.own([0])
        // Waits for a head; what comes next was deleted meanwhile.
        _ = bench.takeShard(0)
        bench.tell(.outOfRange(partition: 0, PartitionExtent(begin: 17, end: 24)))
        bench.putInForce("a", partitions: [0])
        let blocked = try #require(bench.machine.partitions.first?.blocked)
        #expect(blocked.contains("offsets 1 to 16 were deleted before they were read"))
    }

    @Test func withExactlyOnceTheMoveIsCommittedInATransaction() {
        var settings = WorkerSettings()
        settings.isExactlyOnce = true
        var bench = WorkerBench(settings)
        bench.tell(.move(Self.move(120, 480), offset: 5))
        bench.tell(.assigned([0]))
        let words = bench.tell(.positions([0: Self.saved(120)], generation: 1), afterMs: 1_000)
        #expect(words.last == "begin")
        #expect(bench.tell(.transactionEnded(.begin, nil)) == ["send [\"0@480\"] for 1"])
    }

    @Test(
        "A move counts once, and only where exactly its offset is committed",
        arguments: [
            (saved(121), "0@121"),  // something was committed meanwhile
            (saved(120, moved: 5), "0@120"),  // it was carried out already
            (saved(120, moved: 9), "0@120"),  // a later one was
        ])
    func othersAreVoid(_ saved: SavedPosition, _ start: String) {
        var bench = WorkerBench()
        bench.tell(.move(Self.move(120, 480), offset: 5))
        bench.tell(.controlRead(below: 10))
        bench.tell(.assigned([0]))
        #expect(bench.tell(.positions([0: saved], generation: 1)).first == "assign [\"\(start)\"] 1")
    }

    @Test func aSettledMoveIsOverThoughItsOffsetIsCommittedAgain() {
        var bench = WorkerBench()
        let move = Self.move(120, 480)
        bench.tell(.move(move, offset: 5))
        bench.tell(.move(move.settled(at: 5, done: true), offset: 8))
        bench.tell(.assigned([0]))
        // Another program has put the offset back, without a word.
        let foreign = [Int32(0): SavedPosition(offset: 120, metadata: "")]
        let words = bench.tell(.positions(foreign, generation: 1))
        #expect(words.first?.contains("offset 120 was committed by something else than a worker") == true)
        // One that was asked for later counts.
        bench.tell(.move(move, offset: 9))
        #expect(bench.tell(.positions(foreign, generation: 2)).contains("assign [\"0@480\"] 2"))
    }

    @Test func whatASettledMoveHadReplacedIsOverToo() {
        // Compaction took the record at 5, which had replaced the one at 3, for the one at 8.
        var bench = WorkerBench()
        bench.tell(.move(Self.move(120, 480), offset: 3))
        bench.tell(.move(Self.move(150, 480).settled(at: 5, done: true), offset: 8))
        bench.tell(.assigned([0]))
        #expect(bench.tell(.positions([0: Self.saved(120)], generation: 1)).first == "assign [\"0@120\"] 1")
    }

    @Test func theNewestMoveOfAPartitionCounts() {
        var bench = WorkerBench()
        bench.tell(.move(Self.move(120, 480), offset: 5))
        bench.tell(.move(Self.move(120, 500), offset: 6))
        bench.tell(.move(Self.move(120, 450), offset: 4))
        bench.tell(.assigned([0]))
        #expect(
            bench.tell(.positions([0: Self.saved(120)], generation: 1)).contains("assign [\"0@500\"] 1"))
    }

    @Test func anOffsetWithoutAWordBesideItIsNotRead() throws {
        var bench = WorkerBench()
        bench.tell(.assigned([0, 1]))
        let foreign = [
            Int32(0): SavedPosition(offset: 500, metadata: ""), 1: SavedPosition(offset: 0, metadata: ""),
        ]
        let words = bench.tell(.positions(foreign, generation: 1))
        #expect(words.first?.contains("offset 500 was committed by something else than a worker") == true)
        #expect(words.dropFirst() == ["assign [\"1@0\"] 1", "resume [1]"])
        // Back to where the workers were, with the images below.
        bench.tell(.move(Self.move(500, 120, images: 77), offset: 5))
        let moved = bench.tell(.positions(foreign, generation: 2))
        #expect(moved.contains("assign [\"0@120\", \"1@0\"] 2"))
        #expect(commits(bench).last?.progress == PartitionProgress(images: 77, moved: 5))
    }

    @Test func shardsThatWereDeletedBeforeTheFirstWorkerCameAreAGapToo() {
        var bench = WorkerBench()
        bench.own([0])
        let words = bench.tell(.outOfRange(partition: 0, PartitionExtent(begin: 10, end: 20)))
        #expect(words.first?.contains("offsets 0 to 9 were deleted") == true)
    }

    @Test func aMoveWaitsForCutoversThatWereAnnouncedBeforeIt() {
        var bench = WorkerBench()
        let open = announced("a", number: 3)
        bench.tell(.headReady(open.head, bytes: 1))
        bench.tell(.published(manifest("a")))
        bench.tell(.cutover(open, offset: 4))
        bench.tell(.move(Self.move(120, 480), offset: 5))
        bench.tell(.assigned([0]))
        let words = bench.tell(.positions([0: Self.saved(120)], generation: 1))
        #expect(words.first?.contains("waits for cut-over a") == true && words[1] == "assign [] 1")
        // Its marker lies where the move passes over: the partition goes on under its head.
        var done = open
        done.state = .committed
        done.offsets = [PartitionOffset(partition: 0, offset: 300)]
        #expect(bench.tell(.cutover(done, offset: 6)) == ["fetch [0] 2"])
        bench.tell(.positions([0: Self.saved(120)], generation: 2))
        #expect(bench.takeShard(480) == ["submit 480 by head@a"])
    }

    // MARK: The group's offset is gone

    private static func stood(_ offset: Int64, moved: Int64? = nil) -> PositionCheckpoint {
        let heads = [
            HeadInForce(slot: .standard, head: digest("a"), label: label("a"), number: 1, marker: 0)
        ]
        return PositionCheckpoint(
            topic: "t", partition: 0, offset: offset,
            progress: PartitionProgress(images: 30, heads: heads, moved: moved), atMs: 9)
    }

    @Test(
        "Nothing is scored again where something was scored",
        arguments: [nil, SavedPosition(offset: 0, metadata: ""), SavedPosition(offset: 300, metadata: "")])
    func aPartitionWhoseOffsetIsGoneWaitsForTheCoordinator(_ saved: SavedPosition?) throws {
        var bench = WorkerBench()
        bench.tell(.checkpoint(Self.stood(120), offset: 4))
        bench.own([0], saved: saved.map { [0: $0] } ?? [:])
        let blocked = try #require(bench.machine.partitions.first?.blocked)
        #expect(blocked.contains("it stood at 120, and the coordinator resumes it there"))
        let move = Self.move(saved?.offset, 120).resuming
        #expect(bench.tell(.move(move, offset: 5)) == ["fetch [0] 2"])
        let words = bench.tell(
            .positions(saved.map { [0: $0] } ?? [:], generation: 2), afterMs: 1_000)
        #expect(words.contains("assign [\"0@120\"] 2"))
        // With the heads that were in force there, whatever of the control topic is left.
        let commit = try #require(commits(bench).last)
        #expect(commit.offset == 120 && commit.progress.images == 30 && commit.progress.moved == 5)
        #expect(commit.progress.heads.map(\.head) == [digest("a")])
    }

    @Test func aMoveThatTheNoteKnowsOfIsNotCarriedOutAgain() throws {
        var bench = WorkerBench()
        bench.tell(.move(Self.move(nil, 40).resuming, offset: 5))
        bench.tell(.checkpoint(Self.stood(120, moved: 5), offset: 6))
        bench.own([0])
        #expect(bench.machine.partitions.first?.blocked != nil)
        #expect(commits(bench).isEmpty)
    }

    @Test func aNoteOfTheVeryBeginningHoldsNothingUp() {
        var bench = WorkerBench()
        bench.tell(
            .checkpoint(
                PositionCheckpoint(
                    topic: "t", partition: 0, offset: 0, progress: PartitionProgress(), atMs: 9), offset: 4))
        bench.own([0])
        #expect(bench.machine.partitions.first?.blocked == nil)
    }
}

import FleetMachines
import PipelineMessages
import Testing

/// A coordinator notes down where partitions stand, and says where they go on when the group's offset is gone.
@Suite struct PositionNotesTests {
    @Test func whatRestsIsNotedOnceAndWhatMovesOnceAMinute() {
        var bench = PositionBench()
        #expect(bench.answer([0: PositionBench.saved(7)]).isEmpty)
        let notes = bench.answer([0: PositionBench.saved(7)])
        #expect(notes.map(\.offset) == [7] && notes[0].images == 30 && notes[0].atMs == 1_002_000)
        #expect(bench.answer([0: PositionBench.saved(7)]).isEmpty)
        var noted = 0
        for offset: Int64 in 8..<128 { noted += bench.answer([0: PositionBench.saved(offset)]).count }
        #expect(noted == 2)
    }

    /// A camera that sends every three seconds: between two images its partition rests.
    @Test func whatRestsAgainAndAgainIsNotNotedEachTime() {
        var bench = PositionBench()
        var noted = 0
        for second: Int64 in 0..<120 { noted += bench.answer([0: PositionBench.saved(1 + second / 3)]).count }
        #expect((5...7).contains(noted))
    }

    @Test func manyPartitionsAreNotedMoreRarely() {
        var bench = PositionBench(partitions: 130)
        var noted = 0
        for offset: Int64 in 1...180 {
            let saved = (0..<Int32(130)).map { ($0, PositionBench.saved(offset)) }
            noted += bench.answer(Dictionary(uniqueKeysWithValues: saved)).count
        }
        // Every three minutes.
        #expect(noted <= 130)
    }

    @Test func aNoteThatIsNotReadBackIsWrittenAgainLater() {
        var bench = PositionBench()
        var noted = 0
        for _ in 0..<25 { noted += bench.answer([0: PositionBench.saved(7)], readsBack: false).count }
        #expect(noted == 2)
    }

    @Test(arguments: [("", true), ("t", false)])
    func nothingIsNotedWithoutRoomOrBeforeTheTopicWasRead(topic: String, readsControl: Bool) {
        var bench = PositionBench(topic: topic, readsControl: readsControl)
        for _ in 0..<5 { #expect(bench.answer([0: PositionBench.saved(7)]).isEmpty) }
        for _ in 0..<5 { _ = bench.answer([:]) }
        #expect(bench.checks.isEmpty)
    }

    @Test(
        "Where the offset is gone, or is nobody's of ours, the partition resumes where it stood",
        arguments: [
            nil, SavedPosition(offset: 400, metadata: ""), SavedPosition(offset: 2, metadata: ""),
            SavedPosition(offset: 0, metadata: ""), SavedPosition(offset: 7, metadata: "not ours"),
        ])
    func aLostPartitionResumes(_ lost: SavedPosition?) throws {
        var bench = PositionBench()
        for _ in 0..<2 { _ = bench.answer([0: PositionBench.saved(7)]) }
        let gone = lost.map { [Int32(0): $0] } ?? [:]
        _ = bench.answer(gone)
        #expect(bench.checks.isEmpty, "one answer may be older than a commit")
        _ = bench.answer(gone)
        let check = try #require(bench.checks.first)
        #expect(check.checkpoints.map(\.offset) == [7])
        bench.tell(.topicChecked(anew: [], errand: check.errand))
        let move = try #require(bench.moves.first)
        #expect(move.from == lost?.offset && move.to == 7 && move.images == 30 && move.resumes == true)
        #expect(move.passedOver.isEmpty && move.by == "coordinator c")
        // Said once.
        let offset = bench.readBack()
        for _ in 0..<3 { _ = bench.answer(gone) }
        #expect(bench.checks.count == 1 && bench.moves.count == 1)
        // Carried out: settled, so that nobody does it again.
        _ = bench.answer([0: PositionBench.saved(7, moved: offset)])
        #expect(bench.moves.count == 2 && bench.moves[1].settled == offset && bench.moves[1].done == true)
    }

    @Test func aMoveThatTheLateEndOfAnEarlierOneTakesAlongIsSaidAgain() throws {
        var bench = PositionBench()
        for _ in 0..<2 { _ = bench.answer([0: PositionBench.saved(7)]) }
        for _ in 0..<2 { _ = bench.answer([:]) }
        bench.tell(.topicChecked(anew: [], errand: try #require(bench.checks.first).errand))
        let offset = bench.readBack()
        // Of records of one key compaction leaves the last, and workers that start later would never see the move.
        let late = try #require(bench.moves.first).settled(at: offset - 1, done: false)
        bench.tell(.move(late, offset: offset + 1))
        _ = bench.answer([:])
        #expect(bench.checks.count == 2)
        bench.tell(.topicChecked(anew: [], errand: try #require(bench.checks.last).errand))
        #expect(bench.moves.count == 2 && bench.moves[1].settled == nil && bench.moves[1].to == 7)
    }

    @Test func aPersonsWordComesFirst() {
        var bench = PositionBench()
        for _ in 0..<2 { _ = bench.answer([0: PositionBench.saved(7)]) }
        bench.tell(
            .move(
                PositionMove(
                    topic: "t", partition: 0, from: nil, to: 90, images: 30, reason: "r", by: "p", atMs: 1),
                offset: 50))
        for _ in 0..<4 { _ = bench.answer([:]) }
        #expect(bench.checks.isEmpty)
    }

    @Test func aMoveThatCanNotBeAnyMoreIsSaidToBeVoid() throws {
        var bench = PositionBench()
        for _ in 0..<2 { _ = bench.answer([0: PositionBench.saved(7)]) }
        for _ in 0..<2 { _ = bench.answer([:]) }
        let check = try #require(bench.checks.first)
        bench.tell(.topicChecked(anew: [], errand: check.errand))
        let offset = bench.readBack()
        // A worker that had never lost its partition commits.
        _ = bench.answer([0: PositionBench.saved(9)])
        #expect(bench.moves.count == 1, "that question was asked before the move was read")
        _ = bench.answer([0: PositionBench.saved(9)])
        #expect(bench.moves.last?.settled == offset && bench.moves.last?.done == false)
    }

    /// Two people asked from one place, and the second had gone home: where the offset comes back, nobody may do it.
    @Test func aPersonsVoidMoveIsSaidToBeVoidUnderItsOwnName() {
        var bench = PositionBench()
        for _ in 0..<2 { _ = bench.answer([0: PositionBench.saved(7)]) }
        bench.tell(.move(Self.persons, name: "ab12", offset: 60))
        // The first one's was carried out; a worker has gone on since.
        for _ in 0..<11 { _ = bench.answer([0: PositionBench.saved(90, moved: 59)]) }
        #expect(bench.moves.isEmpty, "whoever asked has ten seconds to say it")
        _ = bench.answer([0: PositionBench.saved(90, moved: 59)])
        let settled = Self.persons.settled(at: 60, done: false)
        #expect(bench.namedMoves == [NamedMove(settled, name: "ab12")])
        // It is read back, and said no more.
        _ = bench.readBack()
        for _ in 0..<12 { _ = bench.answer([0: PositionBench.saved(90, moved: 59)]) }
        #expect(bench.namedMoves.count == 1)
    }

    @Test(arguments: [
        // Not carried out yet; no worker's word beside the offset; gone.
        [0: SavedPosition(offset: 7, metadata: PartitionProgress(images: 30).text)],
        [0: SavedPosition(offset: 9, metadata: "")], [:],
    ])
    func aPersonsMoveThatMayYetBeIsLeftAlone(saved: [Int32: SavedPosition]) {
        var bench = PositionBench()
        bench.tell(.move(Self.persons, name: "ab12", offset: 60))
        for _ in 0..<30 { _ = bench.answer(saved) }
        #expect(bench.moves.isEmpty)
    }

    /// A node that is cut off tells where partitions were, with a worker's word beside it.
    @Test func aPersonsMoveIsNotVoidByTheWordOfANodeThatIsBehind() {
        var bench = PositionBench()
        for _ in 0..<2 { _ = bench.answer([0: PositionBench.saved(7)]) }
        bench.tell(.move(Self.persons, name: "ab12", offset: 60))
        for _ in 0..<30 { _ = bench.answer([0: PositionBench.saved(5)]) }
        #expect(bench.moves.isEmpty)
    }

    @Test(arguments: [(60, true), (61, nil)])
    func aPersonsMoveBehindWhichAPartitionStandsIsSettled(moved: Int64, done: Bool?) {
        var bench = PositionBench()
        bench.tell(.move(Self.persons, name: "ab12", offset: 60))
        // An offset of a node that was behind for a moment.
        for _ in 0..<5 { _ = bench.answer([0: PositionBench.saved(90, moved: moved)]) }
        _ = bench.answer([0: PositionBench.saved(7)])
        for _ in 0..<10 { _ = bench.answer([0: PositionBench.saved(90, moved: moved)]) }
        #expect(bench.moves.isEmpty)
        _ = bench.answer([0: PositionBench.saved(90, moved: moved)])
        #expect(bench.moves.count == 1 && bench.moves.first?.settled == 60)
        // Behind a later one it may have been carried out.
        #expect(bench.moves.first?.done == done)
    }

    private static let persons = PositionMove(
        topic: "t", partition: 0, from: 7, to: 90, images: 30, reason: "r", by: "p", atMs: 1)

    @Test(arguments: [101, RecordBounds.integerMax])
    func aNoteOfTomorrowTellsNothingAndIsWrittenOver(moved: Int64) throws {
        var bench = PositionBench()
        for _ in 0..<2 { _ = bench.answer([0: PositionBench.saved(7)]) }
        let forged = PositionCheckpoint(
            topic: "t", partition: 0, offset: 400, progress: PartitionProgress(images: 1, moved: moved),
            atMs: 9)
        bench.tell(.checkpoint(forged, offset: 101))
        let said = bench.done.contains(
            .say("control topic: the note at 101 is ignored: partition 0 can not know what comes"))
        #expect(said)
        // Compaction would leave the forged one alone.
        var notes: [PositionCheckpoint] = []
        for _ in 0..<30 { notes += bench.answer([0: PositionBench.saved(7)]) }
        #expect(notes.map(\.offset) == [7])
        for _ in 0..<2 { _ = bench.answer([:]) }
        let check = try #require(bench.checks.first)
        #expect(check.checkpoints.map(\.offset) == [7])
    }

    /// Beside an offset that somebody else has committed; or the coordinator has not read so far yet.
    @Test func progressThatNamesWhatWasNotReadIsNotNoted() {
        var bench = PositionBench()
        bench.tell(.controlRead(below: 50))
        for _ in 0..<3 { #expect(bench.answer([0: PositionBench.saved(7, moved: 50)]).isEmpty) }
        bench.tell(.controlRead(below: 51))
        _ = bench.answer([0: PositionBench.saved(7, moved: 50)])
        #expect(bench.answer([0: PositionBench.saved(7, moved: 50)]).map(\.moved) == [50])
    }

    @Test func anOlderNoteOfASlowCoordinatorReplacesNoNewerOne() throws {
        var bench = PositionBench()
        bench.tell(
            .checkpoint(
                PositionCheckpoint(
                    topic: "t", partition: 0, offset: 90, progress: PartitionProgress(images: 9, moved: 2),
                    atMs: 5), offset: 3))
        bench.tell(
            .checkpoint(
                PositionCheckpoint(
                    topic: "t", partition: 0, offset: 400, progress: PartitionProgress(images: 1), atMs: 9),
                offset: 4))
        for _ in 0..<2 { _ = bench.answer([:]) }
        let check = try #require(bench.checks.first)
        #expect(check.checkpoints.map(\.offset) == [90])
    }
}

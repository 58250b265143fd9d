import FleetMachines
import PipelineMessages
import Testing

/// A coordinator notes down where partitions stand, and says where they go on when the group's offset is gone.
@Suite struct PositionNotesTests {
    private struct Bench {
        var machine: CoordinatorMachine
        var nowMs: Int64 = 0
        var done: [CoordinatorAction] = []
        private var controlEnd: Int64 = 100

        init(topic: String = "t", partitions: Int32 = 1, readsControl: Bool = true) {
            var settings = CoordinatorSettings(name: "c", partitions: (0..<partitions).map { $0 })
            settings.topic = topic
            machine = CoordinatorMachine(settings)
            tell(.leads(true))
            if readsControl { tell(.controlCaughtUp) }
            tell(.statusCaughtUp)
        }

        mutating func tell(_ event: CoordinatorEvent, afterMs: Int64 = 0) {
            nowMs += afterMs
            done += machine.handle(event, at: Moment(steadyMs: nowMs, wallMs: 1_000_000 + nowMs))
        }

        /// Answers a question for positions; what is noted down and said is read back, unless the topic is slow.
        mutating func answer(
            _ saved: [Int32: SavedPosition], end: Int64 = 500, begin: Int64 = 0, readsBack: Bool = true
        ) -> [PositionCheckpoint] {
            tell(.tick, afterMs: 1_000)
            let serials = done.compactMap {
                if case .askPositions(_, let serial, _) = $0 { serial } else { nil }
            }
            let extents = Dictionary(
                uniqueKeysWithValues: (0..<Int32(200)).map { ($0, PartitionExtent(begin: begin, end: end)) })
            let before = done.count
            tell(.positions(saved, extents, serial: serials.last ?? 0))
            let notes = done[before...].flatMap { action -> [PositionCheckpoint] in
                if case .note(let notes) = action { notes } else { [] }
            }
            if readsBack { for note in notes { tell(.checkpoint(note, offset: controlEnd)) } }
            return notes
        }

        /// The topics that were asked about and not answered yet.
        var checks: [(checkpoints: [PositionCheckpoint], errand: Int)] {
            done.compactMap {
                if case .checkTopic(let checkpoints, let errand) = $0 { (checkpoints, errand) } else { nil }
            }
        }

        var moves: [PositionMove] {
            done.flatMap { action -> [PositionMove] in
                if case .writeMoves(let moves, _) = action { moves } else { [] }
            }
        }

        /// What was written last is there; returns its offset.
        mutating func readBack() -> Int64 {
            for case .writeMoves(let moves, let errand) in done.suffix(1) {
                tell(.written(errand: errand))
                for move in moves {
                    tell(.move(move, offset: controlEnd))
                    controlEnd += 1
                }
            }
            return controlEnd - 1
        }
    }

    private static func saved(_ offset: Int64, images: Int64 = 30, moved: Int64? = nil) -> SavedPosition {
        SavedPosition(offset: offset, metadata: PartitionProgress(images: images, moved: moved).text)
    }

    @Test func whatRestsIsNotedOnceAndWhatMovesOnceAMinute() {
        var bench = Bench()
        #expect(bench.answer([0: Self.saved(7)]).isEmpty)
        let notes = bench.answer([0: Self.saved(7)])
        #expect(notes.map(\.offset) == [7] && notes[0].images == 30 && notes[0].atMs == 1_002_000)
        #expect(bench.answer([0: Self.saved(7)]).isEmpty)
        var noted = 0
        for offset: Int64 in 8..<128 { noted += bench.answer([0: Self.saved(offset)]).count }
        #expect(noted == 2)
    }

    /// A camera that sends every three seconds: between two images its partition rests.
    @Test func whatRestsAgainAndAgainIsNotNotedEachTime() {
        var bench = Bench()
        var noted = 0
        for second: Int64 in 0..<120 { noted += bench.answer([0: Self.saved(1 + second / 3)]).count }
        #expect((5...7).contains(noted))
    }

    @Test func manyPartitionsAreNotedMoreRarely() {
        var bench = Bench(partitions: 130)
        var noted = 0
        for offset: Int64 in 1...180 {
            let saved = (0..<Int32(130)).map { ($0, Self.saved(offset)) }
            noted += bench.answer(Dictionary(uniqueKeysWithValues: saved)).count
        }
        // Every three minutes.
        #expect(noted <= 130)
    }

    @Test func aNoteThatIsNotReadBackIsWrittenAgainLater() {
        var bench = Bench()
        var noted = 0
        for _ in 0..<25 { noted += bench.answer([0: Self.saved(7)], readsBack: false).count }
        #expect(noted == 2)
    }

    @Test(arguments: [("", true), ("t", false)])
    func nothingIsNotedWithoutRoomOrBeforeTheTopicWasRead(topic: String, readsControl: Bool) {
        var bench = Bench(topic: topic, readsControl: readsControl)
        for _ in 0..<5 { #expect(bench.answer([0: Self.saved(7)]).isEmpty) }
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
        var bench = Bench()
        for _ in 0..<2 { _ = bench.answer([0: Self.saved(7)]) }
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
        _ = bench.answer([0: Self.saved(7, moved: offset)])
        #expect(bench.moves.count == 2 && bench.moves[1].settled == offset && bench.moves[1].done == true)
    }

    @Test func aMoveThatTheLateEndOfAnEarlierOneTakesAlongIsSaidAgain() throws {
        var bench = Bench()
        for _ in 0..<2 { _ = bench.answer([0: Self.saved(7)]) }
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

    @Test func aTopicThatWasCreatedAnewBeginsAtItsBeginning() throws {
        var bench = Bench()
        for _ in 0..<2 { _ = bench.answer([0: Self.saved(7)]) }
        for _ in 0..<2 { _ = bench.answer([:], end: 900, begin: 3) }
        let check = try #require(bench.checks.first)
        bench.tell(.topicChecked(anew: [0], errand: check.errand))
        let move = try #require(bench.moves.first)
        #expect(move.to == 3 && move.images == 0 && move.reason.contains("another one"))
    }

    @Test func aPersonsWordComesFirst() {
        var bench = Bench()
        for _ in 0..<2 { _ = bench.answer([0: Self.saved(7)]) }
        bench.tell(
            .move(
                PositionMove(
                    topic: "t", partition: 0, from: nil, to: 90, images: 30, reason: "r", by: "p", atMs: 1),
                offset: 50))
        for _ in 0..<4 { _ = bench.answer([:]) }
        #expect(bench.checks.isEmpty)
    }

    @Test func aMoveThatCanNotBeAnyMoreIsSaidToBeVoid() throws {
        var bench = Bench()
        for _ in 0..<2 { _ = bench.answer([0: Self.saved(7)]) }
        for _ in 0..<2 { _ = bench.answer([:]) }
        let check = try #require(bench.checks.first)
        bench.tell(.topicChecked(anew: [], errand: check.errand))
        let offset = bench.readBack()
        // A worker that had never lost its partition commits.
        _ = bench.answer([0: Self.saved(9)])
        #expect(bench.moves.count == 1, "that question was asked before the move was read")
        _ = bench.answer([0: Self.saved(9)])
        #expect(bench.moves.last?.settled == offset && bench.moves.last?.done == false)
    }

    @Test(arguments: [101, RecordBounds.integerMax])
    func aNoteOfTomorrowTellsNothingAndIsWrittenOver(moved: Int64) throws {
        var bench = Bench()
        for _ in 0..<2 { _ = bench.answer([0: Self.saved(7)]) }
        let forged = PositionCheckpoint(
            topic: "t", partition: 0, offset: 400, progress: PartitionProgress(images: 1, moved: moved),
            atMs: 9)
        bench.tell(.checkpoint(forged, offset: 101))
        let said = bench.done.contains(
            .say("control topic: the note at 101 is ignored: partition 0 can not know what comes"))
        #expect(said)
        // Compaction would leave the forged one alone.
        var notes: [PositionCheckpoint] = []
        for _ in 0..<30 { notes += bench.answer([0: Self.saved(7)]) }
        #expect(notes.map(\.offset) == [7])
        for _ in 0..<2 { _ = bench.answer([:]) }
        let check = try #require(bench.checks.first)
        #expect(check.checkpoints.map(\.offset) == [7])
    }

    /// Beside an offset that somebody else has committed; or the coordinator has not read so far yet.
    @Test func progressThatNamesWhatWasNotReadIsNotNoted() {
        var bench = Bench()
        bench.tell(.controlRead(below: 50))
        for _ in 0..<3 { #expect(bench.answer([0: Self.saved(7, moved: 50)]).isEmpty) }
        bench.tell(.controlRead(below: 51))
        _ = bench.answer([0: Self.saved(7, moved: 50)])
        #expect(bench.answer([0: Self.saved(7, moved: 50)]).map(\.moved) == [50])
    }

    @Test func anOlderNoteOfASlowCoordinatorReplacesNoNewerOne() throws {
        var bench = Bench()
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

import FleetMachines
import PipelineMessages
import Testing

/// Whoever may commit for the workers' group may write any progress; what names more of the control topic than there is holds its
/// partition up until a person says where to go on, and no longer. A note that does tells nothing.
@Suite struct ForgedProgressTests {
    private static func saved(head number: Int64? = nil, moved: Int64? = nil) -> SavedPosition {
        let heads = number.map {
            [HeadInForce(slot: .standard, head: digest("x"), label: label("x"), number: $0, marker: 0)]
        }
        let progress = PartitionProgress(images: 30, heads: heads ?? [], moved: moved)
        return SavedPosition(offset: 7, metadata: progress.text)
    }

    private static let other = SavedPosition(offset: 3, metadata: PartitionProgress(images: 9).text)

    /// A worker that has read the control topic below offset 5, and owns partition 0 from such a position.
    private func owning(_ saved: SavedPosition) -> (bench: WorkerBench, words: [String]) {
        var bench = WorkerBench()
        bench.tell(.controlRead(below: 5))
        bench.tell(.assigned([0, 1]))
        let words = bench.tell(.positions([0: saved, 1: Self.other], generation: 1))
        return (bench, words)
    }

    private func blocked(_ bench: WorkerBench) -> String {
        bench.machine.partitions.first { $0.partition == 0 }?.blocked ?? ""
    }

    @Test(arguments: [saved(head: 5), saved(head: 9), saved(moved: 9)])
    func aWorkerThatIsBehindWaitsUntilItHasRead(_ honest: SavedPosition) {
        let (owner, words) = owning(honest)
        var bench = owner
        #expect(words.contains("assign [\"1@3\"] 1") && words.contains("ask end 1"))
        #expect(blocked(bench).contains("is to be read as far as it goes now"))
        #expect(bench.tell(.controlEnd(20, serial: 1)).isEmpty)
        #expect(bench.tell(.controlRead(below: 5)).isEmpty)
        #expect(bench.tell(.controlRead(below: 10)) == ["fetch [0, 1] 2"])
        #expect(
            bench.tell(.positions([0: honest, 1: Self.other], generation: 2)).contains(
                "assign [\"0@7\", \"1@3\"] 2"))
    }

    @Test(arguments: [
        saved(head: RecordBounds.integerMax), saved(head: 5), saved(moved: RecordBounds.integerMax),
    ])
    func whatIsNotThereIsNobodysOfOurs(_ forged: SavedPosition) throws {
        var (bench, _) = owning(forged)
        #expect(bench.tell(.controlEnd(5, serial: 1)) == ["fetch [0, 1] 2"])
        let words = bench.tell(.positions([0: forged, 1: Self.other], generation: 2))
        #expect(!words.contains("ask end 2") && words.contains("assign [\"1@3\"] 2"))
        #expect(blocked(bench).contains("where nothing was"))
        #expect(blocked(bench).contains("hashiflex positions move --partition 0"))
        // A person's word is carried out, without the forged heads.
        let move = PositionMove(
            topic: "t", partition: 0, from: 7, to: 7, images: 12, reason: "forged", by: "p", atMs: 1)
        #expect(bench.tell(.move(move, offset: 6)) == ["fetch [0, 1] 3"])
        let moved = bench.tell(.positions([0: forged, 1: Self.other], generation: 3), afterMs: 1_000)
        #expect(moved.contains("assign [\"0@7\", \"1@3\"] 3"))
        let commits = bench.done.flatMap { action -> [PartitionCommit] in
            if case .commit(let commits, _, _) = action { return commits }
            return []
        }
        let commit = try #require(commits.last)
        #expect(commit.offset == 7 && commit.progress == PartitionProgress(images: 12, moved: 6))
    }

    /// A node that is cut off told where the topic ends.
    @Test func whatIsThereAfterAllIsReadOn() {
        var (bench, _) = owning(Self.saved(head: 9))
        bench.tell(.controlEnd(5, serial: 1))
        bench.tell(.positions([0: Self.saved(head: 9), 1: Self.other], generation: 2))
        #expect(blocked(bench).contains("where nothing was"))
        #expect(bench.tell(.controlRead(below: 9)).isEmpty)
        #expect(bench.tell(.controlRead(below: 10)) == ["fetch [0, 1] 3"])
    }

    @Test func anAnswerThatMayBeOlderThanTheCommitTellsNothing() {
        var (bench, _) = owning(Self.saved(head: 9))
        // Somebody else has it meanwhile, and commits.
        bench.tell(.revoked(lost: false))
        bench.tell(.assigned([0, 1]))
        let words = bench.tell(
            .positions([0: Self.saved(head: 11), 1: Self.other], generation: bench.generation))
        #expect(words.contains("ask end 2"))
        bench.tell(.controlEnd(5, serial: 1))
        #expect(blocked(bench).contains("is to be read as far as it goes now"))
    }

    // MARK: Notes

    private static func stood(_ offset: Int64, moved: Int64? = nil) -> PositionCheckpoint {
        let heads = [
            HeadInForce(slot: .standard, head: digest("a"), label: label("a"), number: 1, marker: 0)
        ]
        return PositionCheckpoint(
            topic: "t", partition: 0, offset: offset,
            progress: PartitionProgress(images: 30, heads: heads, moved: moved), atMs: 9)
    }

    @Test(arguments: [6, 7, RecordBounds.integerMax]) func aNoteOfTomorrowTellsNothing(moved: Int64) {
        var bench = WorkerBench()
        #expect(bench.tell(.checkpoint(Self.stood(120), offset: 4)).isEmpty)
        let words = bench.tell(.checkpoint(Self.stood(900, moved: moved), offset: 6))
        #expect(
            words == ["say control topic: the note at 6 is ignored: partition 0 can not know what comes"])
        // A person's word counts all the same.
        let move = PositionMove(
            topic: "t", partition: 0, from: 7, to: 480, images: 30, reason: "r", by: "p", atMs: 1)
        bench.tell(.move(move, offset: 8))
        bench.tell(.assigned([0, 1]))
        let started = bench.tell(.positions([0: Self.saved()], generation: 1))
        #expect(started.contains("assign [\"0@480\", \"1@0\"] 1"))
    }

    @Test func whatWasNotedBeforeANoteOfTomorrowStays() {
        var bench = WorkerBench()
        bench.tell(.checkpoint(Self.stood(120), offset: 4))
        bench.tell(.checkpoint(Self.stood(900, moved: RecordBounds.integerMax), offset: 6))
        bench.own([0])
        let blocked = bench.machine.partitions.first?.blocked ?? ""
        #expect(blocked.contains("it stood at 120"))
    }

    @Test func aNoteWithAHeadOfTomorrowTellsNothing() {
        var bench = WorkerBench()
        // Its head has the number 1.
        #expect(bench.tell(.checkpoint(Self.stood(120), offset: 1)).count == 1)
        bench.own([0])
        #expect(bench.machine.partitions.first?.blocked == nil)
    }
}

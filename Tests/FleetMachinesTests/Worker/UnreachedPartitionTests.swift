import FleetMachines
import PipelineMessages
import Testing

/// A partition ends below where it is to be read: the others go on, and it is read again.
@Suite struct UnreachedPartitionTests {
    private static func saved(_ offset: Int64) -> SavedPosition {
        SavedPosition(offset: offset, metadata: PartitionProgress(images: 10).text)
    }
    private static let both: [Int32: SavedPosition] = [0: saved(120), 1: saved(7)]

    private func blocked(_ bench: WorkerBench, _ partition: Int32) -> String? {
        bench.machine.partitions.first { $0.partition == partition }?.blocked
    }

    @Test(arguments: [PartitionExtent(begin: 0, end: 90), nil])
    func aLeaderThatIsBehindIsAskedAgainAndRetentionNotBlamed(_ extent: PartitionExtent?) {
        var bench = WorkerBench()
        bench.own([0], saved: [0: Self.saved(120)])
        let words = bench.tell(.outOfRange(partition: 0, extent))
        #expect(words.count == 1 && words[0].contains("it is read again") && !words[0].contains("deleted"))
        #expect(bench.tell(.tick, afterMs: 499).isEmpty)
        #expect(bench.tell(.tick, afterMs: 1) == ["fetch [0] 2"])
    }

    @Test func itTakesNoOtherPartitionAlong() {
        var bench = WorkerBench()
        bench.own([0, 1], saved: Self.both)
        bench.tell(.outOfRange(partition: 0, PartitionExtent(begin: 0, end: 90)))
        #expect(blocked(bench, 0)?.contains("offset 120 is not there; it ends at 90") == true)
        #expect(blocked(bench, 1) == nil)
        // Its time comes, and everything is read again from what is committed.
        #expect(bench.tell(.tick, afterMs: 500) == ["fetch [0, 1] 2"])
        let words = bench.tell(.positions(Self.both, generation: 2))
        #expect(words.contains("assign [\"0@120\", \"1@7\"] 2"))
    }

    /// Records at the end are lost for good: each attempt costs the others what they have not committed.
    @Test func attemptsBecomeRareAndAPersonIsAsked() {
        var bench = WorkerBench()
        bench.own([0, 1], saved: Self.both)
        var pauses: [Int64] = []
        for _ in 0..<10 {
            bench.tell(.outOfRange(partition: 0, PartitionExtent(begin: 0, end: 90)))
            var waited: Int64 = 0
            while bench.tell(.tick, afterMs: 500).isEmpty, waited < 100_000 { waited += 500 }
            pauses.append(waited + 500)
            bench.tell(.positions(Self.both, generation: bench.generation))
        }
        #expect(pauses == [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 32_000, 32_000, 32_000])
        let words = bench.tell(.outOfRange(partition: 0, PartitionExtent(begin: 0, end: 90)))
        #expect(words.first?.contains("hashiflex positions move --partition 0") == true)
    }

    /// It was not there, and then retention took it: no attempt brings that back.
    @Test func whatWasDeletedMeanwhileIsNotReadAgain() {
        var bench = WorkerBench()
        bench.own([0], saved: [0: Self.saved(120)])
        bench.tell(.outOfRange(partition: 0, nil))
        bench.tell(.tick, afterMs: 500)
        bench.tell(.positions([0: Self.saved(120)], generation: 2))
        bench.tell(.outOfRange(partition: 0, PartitionExtent(begin: 130, end: 140)))
        #expect(blocked(bench, 0)?.contains("were deleted") == true)
        for _ in 0..<100 { #expect(bench.tell(.tick, afterMs: 1_000).isEmpty) }
    }

    @Test func afterARecordAllIsAsBefore() {
        var bench = WorkerBench()
        bench.putInForce("a", partitions: [0, 1])
        bench.own([0, 1], saved: Self.both)
        for _ in 0..<3 {
            bench.tell(.outOfRange(partition: 0, PartitionExtent(begin: 0, end: 90)))
            bench.tell(.tick, afterMs: 5_000)
            bench.tell(.positions(Self.both, generation: bench.generation))
        }
        _ = bench.takeShard(120)
        bench.tell(.outOfRange(partition: 0, PartitionExtent(begin: 0, end: 90)))
        #expect(bench.tell(.tick, afterMs: 500).contains("fetch [0, 1] \(bench.generation)"))
    }

    /// The library tells of the assignment before when the next one reads already: a record says that it is there.
    @Test func aLateWordOfTheAssignmentBeforeHoldsNothingUp() {
        var bench = WorkerBench()
        bench.putInForce("a", partitions: [0])
        bench.own([0], saved: [0: Self.saved(120)])
        bench.tell(.outOfRange(partition: 0, PartitionExtent(begin: 0, end: 200)))
        _ = bench.take(marker(announced("a")), 120)
        #expect(blocked(bench, 0) == nil)
        #expect(bench.takeShard(121) == ["submit 121 by head@a"])
        #expect(bench.tell(.tick, afterMs: 60_000).contains { $0.hasPrefix("fetch") } == false)
    }
}

import FleetMachines
import PipelineMessages
import Testing

/// A worker that was gone begins a partition without an offset only when it has read what was noted meanwhile.
@Suite struct MissedTimeTests {
    /// A worker that has lost its partitions, or given them back, and owns one without an offset again.
    private func returned(lost: Bool = true) -> (bench: WorkerBench, words: [String]) {
        var bench = WorkerBench()
        bench.putInForce("a", partitions: [0])
        bench.own([0, 1])
        bench.tell(.revoked(lost: lost))
        bench.tell(.assigned([0, 1]))
        let saved = SavedPosition(offset: 3, metadata: PartitionProgress(images: 9).text)
        let words = bench.tell(.positions([1: saved], generation: bench.generation))
        return (bench, words)
    }

    private static let note = PositionCheckpoint(
        topic: "t", partition: 0, offset: 7, progress: PartitionProgress(images: 20), atMs: 0)

    @Test func theFirstTimeNothingWasMissed() {
        var bench = WorkerBench()
        bench.tell(.assigned([0]))
        #expect(
            bench.tell(.positions([:], generation: bench.generation)).contains("assign [\"0@0\"] 1"))
    }

    /// A tool went back to the beginning while this worker was gone: that is no offset of a worker's.
    @Test func anOffsetOfZeroWithoutAWordIsNone() throws {
        var (bench, _) = returned()
        bench.tell(.revoked(lost: true))
        bench.tell(.assigned([0]))
        let bare: [Int32: SavedPosition] = [0: SavedPosition(offset: 0, metadata: "")]
        #expect(bench.tell(.positions(bare, generation: bench.generation)).contains("assign [] 3"))
        let blocked = try #require(bench.machine.partitions.first?.blocked)
        #expect(blocked.contains("nothing is committed"))
        bench.tell(.checkpoint(Self.note, offset: 11))
        bench.tell(.controlRead(below: 12))
        bench.tell(.controlEnd(12, serial: 2))
        bench.tell(.positions(bare, generation: bench.generation))
        #expect(
            bench.machine.partitions.first?.blocked?.contains("was committed by something else") == true)
    }

    /// Frozen between reading the control topic and its first partitions: it never was a member, and heard of nothing.
    @Test func whoWasFrozenMayHaveMissedSomething() {
        var bench = WorkerBench()
        bench.tell(.controlRead(below: 5))
        bench.tell(.assigned([0]), afterMs: 3_000)
        let words = bench.tell(.positions([:], generation: bench.generation))
        #expect(words.contains("ask end 1") && words.contains("assign [] 1"))
    }

    /// Its reader of the control topic is slow, or stuck: what others were told of may say where the partition stood.
    @Test func whoIsBehindTakesNoPartitionForANewOne() throws {
        var bench = WorkerBench()
        bench.tell(.controlRead(below: 5))
        bench.tell(.controlEnds(at: 12))
        bench.tell(.assigned([0]))
        let words = bench.tell(.positions([:], generation: bench.generation))
        #expect(words.contains("ask end 1") && words.contains("assign [] 1"))
        bench.tell(.controlEnd(12, serial: 1))
        bench.tell(.checkpoint(Self.note, offset: 11))
        #expect(bench.tell(.controlRead(below: 12)) == ["fetch [0] \(bench.generation)"])
        bench.tell(.positions([:], generation: bench.generation))
        let blocked = try #require(bench.machine.partitions.first?.blocked)
        #expect(blocked.contains("has no committed offset any more; it stood at 7"))
    }

    @Test(arguments: [true, false]) func whatHasAnOffsetGoesOnAndWhatHasNoneWaits(isLost: Bool) throws {
        let (bench, words) = returned(lost: isLost)
        #expect(words.contains("assign [\"1@3\"] \(bench.generation)"))
        #expect(words.contains("ask end 1"))
        let blocked = try #require(bench.machine.partitions.first { $0.partition == 0 }?.blocked)
        #expect(blocked.contains("nothing is committed, and the control topic is to be read"))
    }

    @Test func aNoteThatWasMissedCounts() throws {
        var (bench, _) = returned()
        #expect(bench.tell(.controlEnd(12, serial: 1)) == [])
        // Read half-way: it still waits.
        #expect(bench.tell(.controlRead(below: 11)) == [])
        bench.tell(.checkpoint(Self.note, offset: 11))
        #expect(bench.tell(.controlRead(below: 12)) == ["fetch [0, 1] \(bench.generation)"])
        bench.tell(.positions([:], generation: bench.generation))
        let blocked = try #require(bench.machine.partitions.first { $0.partition == 0 }?.blocked)
        #expect(blocked.contains("has no committed offset any more; it stood at 7"))
    }

    @Test func whatNobodyNotedBeginsAtItsBeginning() {
        var (bench, _) = returned()
        bench.tell(.controlRead(below: 12))
        bench.tell(.controlEnd(12, serial: 1))
        let words = bench.tell(.positions([:], generation: bench.generation))
        #expect(words.contains("assign [\"0@0\", \"1@0\"] \(bench.generation)"))
    }

    @Test func withoutAnAnswerItIsAskedAgain() {
        var (bench, _) = returned()
        #expect(bench.tell(.controlEnd(nil, serial: 1)) == ["ask end 2"])
    }

    @Test func anAnswerFromBeforeAnotherAbsenceTellsNothing() {
        var (bench, _) = returned()
        bench.tell(.revoked(lost: true))
        bench.tell(.assigned([0]))
        bench.tell(.controlEnd(1, serial: 1))
        #expect(
            bench.tell(.positions([:], generation: bench.generation)).contains("ask end 2"))
        #expect(bench.machine.partitions.first?.blocked != nil)
    }
}

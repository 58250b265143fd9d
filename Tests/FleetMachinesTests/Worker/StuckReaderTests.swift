import FleetMachines
import PipelineMessages
import Testing

/// The reader of the control topic may go on asking a node that is cut off: it brings no news then, and no error.
@Suite struct StuckReaderTests {
    private static let stuckMs: Int64 = 5_000

    @Test func aReaderThatStandsStillAlthoughThereIsMoreIsOpenedAnew() {
        var bench = WorkerBench()
        bench.tell(.controlRead(below: 5))
        #expect(bench.tell(.controlEnds(at: 9)).isEmpty)
        #expect(bench.tell(.tick, afterMs: Self.stuckMs - 1).isEmpty)
        let words = bench.tell(.tick, afterMs: 1)
        #expect(words.last == "reopen control" && words.first?.contains("read below 5 and ends at 9") == true)
        // It is waited as long again.
        #expect(bench.tell(.tick, afterMs: Self.stuckMs - 1).isEmpty)
        #expect(bench.tell(.tick, afterMs: 1).last == "reopen control")
    }

    @Test func aTopicThatRestsIsNotAReaderThatIsStuck() {
        var bench = WorkerBench()
        bench.tell(.controlRead(below: 9))
        for _ in 0..<10 {
            bench.tell(.controlEnds(at: 9))
            // Who answers may be behind.
            bench.tell(.controlEnds(at: 4))
            #expect(bench.tell(.tick, afterMs: Self.stuckMs).isEmpty)
        }
    }

    /// Found by the simulator: a long topic was begun anew for ever.
    @Test func aReaderThatReadsALongTopicAnewIsNotStuck() {
        var bench = WorkerBench()
        bench.tell(.controlRead(below: 50))
        bench.tell(.controlEnds(at: 90))
        #expect(bench.tell(.tick, afterMs: Self.stuckMs).last == "reopen control")
        for below in Int64(1)...40 {
            #expect(bench.tell(.controlRead(below: below), afterMs: Self.stuckMs - 1).isEmpty)
        }
    }

    /// An answer of a node that is behind must not bury a marker: what follows would be scored by the head before.
    @Test func anEndBelowOneThatWasKnownRefutesNoMarker() {
        var bench = WorkerBench()
        bench.own([0])
        bench.tell(.controlRead(below: 3))
        bench.tell(.controlEnds(at: 9))
        let record = announced("a", number: 3)
        #expect(bench.take(marker(record), 0) == ["pause [0]", "ask end 1"])
        #expect(bench.tell(.controlEnd(3, serial: 1)).isEmpty)
        #expect(bench.machine.deadLetters == 0)
        #expect(bench.tell(.cutover(record, offset: 8)) == ["resume [0]", "commit [\"0@1\"] as 1"])
    }

    @Test func theEndIsAskedForByWayOfTheNodesThatTheMarkersCameFrom() {
        var bench = WorkerBench()
        bench.own([0, 1])
        _ = bench.take(marker(announced("x")), 7)
        let asked = bench.done.compactMap { action -> [Int]? in
            if case .askControlEnd(_, let markers) = action { return markers }
            return nil
        }
        #expect(asked == [[7]])
    }

    /// A move that was settled as void is told again, before what settled it.
    @Test func aMoveThatWasToldBeforeIsNotCarriedOutWhenTheTopicIsReadAnew() {
        var bench = WorkerBench()
        let saved = [Int32(0): SavedPosition(offset: 4, metadata: PartitionProgress(images: 1).text)]
        let move = PositionMove(
            topic: "t", partition: 0, from: 4, to: 9, images: 1, reason: "r", by: "b", atMs: 0)
        bench.tell(.move(move, offset: 2))
        bench.tell(.controlRead(below: 3))
        bench.tell(.move(move.settled(at: 2, done: false), offset: 3))
        bench.tell(.controlRead(below: 4))
        bench.own([0], saved: saved)
        #expect(bench.tell(.move(move, offset: 2)).isEmpty)
    }
}

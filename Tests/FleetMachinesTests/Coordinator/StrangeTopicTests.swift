import FleetMachines
import PipelineMessages
import Testing

/// The shard topic was deleted and created anew, and the control topic was not: nothing in it may be passed over, or be given a
/// head that came into force in another one.
@Suite struct StrangeTopicTests {
    private static let words = "t is another topic than the one that the control topic speaks of"

    /// A coordinator that has noted that partition 0 stood at 7.
    private static func bench() -> PositionBench {
        var bench = PositionBench()
        for _ in 0..<2 { _ = bench.answer([0: PositionBench.saved(7)]) }
        return bench
    }

    private static func isAlarmed(_ bench: PositionBench) -> Bool {
        bench.alarms.contains { $0.hasPrefix(words) }
    }

    @Test func whereRecordsAreYoungerThanWhatStoodThereNobodyGoesOn() throws {
        var bench = Self.bench()
        for _ in 0..<2 { _ = bench.answer([:], end: 900, begin: 3) }
        bench.tell(.topicChecked(anew: [0], errand: try #require(bench.checks.first).errand))
        for _ in 0..<5 { _ = bench.answer([:], end: 950, begin: 3) }
        #expect(bench.moves.isEmpty && bench.checks.count == 1)
        let alarm = try #require(bench.alarms.first { $0.hasPrefix(Self.words) })
        #expect(alarm.contains("(partitions 0; partition 0 stood at 7, and its records are younger)"))
        #expect(alarm.contains("hashiflex topics delete"))
    }

    /// Nothing was written to it yet: nothing in it is younger than anything.
    @Test func whereItEndsBelowWhatStoodThereNobodyGoesOn() throws {
        var bench = Self.bench()
        for _ in 0..<9 { _ = bench.answer([:], end: 3) }
        #expect(bench.endQuestions == 0)
        for _ in 0..<3 { _ = bench.answer([:], end: 3) }
        #expect(bench.endQuestions == 1 && !Self.isAlarmed(bench), "one node may be behind")
        bench.tellEnds(3)
        for _ in 0..<2 { _ = bench.answer([:], end: 3) }
        #expect(bench.alarms.contains { $0.contains("partition 0 goes to 7 at least, and ends at 3") })
        #expect(bench.checks.isEmpty && bench.moves.isEmpty)
        // It grows beyond: its records are looked at.
        _ = bench.answer([:], end: 900)
        bench.tell(.topicChecked(anew: [0], errand: try #require(bench.checks.first).errand))
        for _ in 0..<3 { _ = bench.answer([:], end: 900) }
        #expect(bench.moves.isEmpty && Self.isAlarmed(bench))
    }

    @Test func anEndThatWasOldIsForgotten() throws {
        var bench = Self.bench()
        for _ in 0..<15 { _ = bench.answer([:], end: 3) }
        bench.tellEnds(3)
        _ = bench.answer([:], end: 900)
        bench.tell(.topicChecked(anew: [], errand: try #require(bench.checks.first).errand))
        #expect(bench.moves.map(\.to) == [7])
        _ = bench.answer([0: PositionBench.saved(9)], end: 900)
        _ = bench.answer([0: PositionBench.saved(9)], end: 900)
        #expect(!Self.isAlarmed(bench))
    }

    /// The node that this coordinator asks is cut off from its peers; others know more.
    @Test func oneNodeThatIsBehindIsNoAlarm() {
        var bench = Self.bench()
        for _ in 0..<40 {
            _ = bench.answer([:], end: 3)
            bench.tellEnds(900)
            #expect(!Self.isAlarmed(bench))
        }
        #expect((3...5).contains(bench.endQuestions) && bench.moves.isEmpty)
    }

    /// Whoever stood nowhere: a fleet that ran for a moment has no note.
    @Test func whereNoMarkerCanBeItIsAnotherTopic() {
        var bench = PositionBench()
        var done = announced("a")
        done.state = .committed
        done.offsets = [PartitionOffset(partition: 0, offset: 26)]
        bench.tell(.cutover(done, offset: 3))
        for _ in 0..<13 { _ = bench.answer([:], end: 26) }
        bench.tellEnds(26)
        for _ in 0..<2 { _ = bench.answer([:], end: 26) }
        #expect(bench.alarms.contains { $0.contains("partition 0 goes to 27 at least, and ends at 26") })
        for _ in 0..<3 { _ = bench.answer([:], end: 27) }
        #expect(!Self.isAlarmed(bench) && bench.checks.isEmpty)
    }

    /// The group's offset has outlived its topic.
    @Test func whereAnOffsetOutlivedItsTopicItStaysKnownUntilAPersonHasSpoken() throws {
        var bench = Self.bench()
        for _ in 0..<13 { _ = bench.answer([0: PositionBench.saved(7)], end: 3) }
        bench.tellEnds(3)
        for _ in 0..<2 { _ = bench.answer([0: PositionBench.saved(7)], end: 3) }
        #expect(Self.isAlarmed(bench))
        _ = bench.answer([0: PositionBench.saved(7)], end: 9)
        bench.tell(.topicChecked(anew: [0], errand: try #require(bench.checks.first).errand))
        for _ in 0..<3 { _ = bench.answer([0: PositionBench.saved(7)], end: 9) }
        #expect(Self.isAlarmed(bench) && bench.moves.isEmpty)
        bench.tell(.controlRead(below: 60))
        for _ in 0..<3 { _ = bench.answer([0: PositionBench.saved(3, moved: 50)], end: 9) }
        #expect(!Self.isAlarmed(bench))
    }

    // MARK: The worker

    @Test func aShardWhereAHeadCameIntoForceIsOfAnotherTopic() throws {
        var bench = WorkerBench()
        bench.putInForce("a", partitions: [0])
        var done = announced("a")
        done.state = .committed
        done.offsets = [PartitionOffset(partition: 0, offset: 3)]
        bench.tell(.cutover(done, offset: 4))
        bench.own([0])
        for offset: Int64 in 0..<3 { #expect(bench.takeShard(offset) == ["submit \(offset) by head@a"]) }
        #expect(bench.takeShard(3) == ["pause [0]"])
        let blocked = try #require(bench.machine.partitions.first?.blocked)
        #expect(
            blocked.hasPrefix(
                "offset 3 holds no marker, and the control topic says that head@a came into force there"))
        #expect(
            bench.takeShard(4).isEmpty
                && bench.tell(.tick, afterMs: 60_000).allSatisfy { !$0.contains("submit") })
        // In its own topic all goes on.
        var right = WorkerBench()
        right.putInForce("a", partitions: [0])
        right.tell(.cutover(done, offset: 4))
        right.own([0])
        for offset: Int64 in 0..<3 { _ = right.takeShard(offset) }
        #expect(right.take(marker(announced("a")), 3).allSatisfy { !$0.contains("pause") })
        #expect(right.takeShard(4) == ["submit 4 by head@a"])
    }
}

import FleetMachines
import PipelineMessages
import Testing

/// A worker whose topics for answers have fewer partitions than the shards.
@Suite struct AnswerTopicsTests {
    /// Owns partitions 0 and 1, of which the predictions have only the first.
    private func narrow() -> WorkerBench {
        var bench = WorkerBench()
        bench.putInForce("a", partitions: [0, 1])
        bench.tell(.assigned([0, 1]))
        bench.tell(.answers(topic: "predictions", partitions: 1))
        bench.tell(.positions([:], generation: bench.generation))
        return bench
    }

    @Test func onlyThePartitionWithoutAPlaceForItsAnswersStops() throws {
        var bench = narrow()
        #expect(bench.done.map(WorkerBench.words).contains("assign [\"0@0\"] 1"))
        let blocked = bench.machine.partitions.map(\.blocked)
        #expect(blocked.first == .some(nil))
        let reason = try #require(blocked.last.flatMap { $0 })
        #expect(reason.hasPrefix("topic predictions has 1 partitions") && reason.contains("add partitions"))
        _ = bench.take(marker(announced("a", partitions: [0, 1])), 0)
        let taken = bench.takeShard(1)
        #expect(taken.contains("submit 1 by head@a"))
    }

    @Test func itIsLookedAtAgainAndReadOnceThereIsRoom() {
        var bench = narrow()
        // In steps: who hears nothing for long was frozen.
        let later = (0..<10).flatMap { _ in bench.tell(.tick, afterMs: 1_000) }
        #expect(later == ["count answers"])
        bench.tell(.answers(topic: "predictions", partitions: 1))
        let quiet = bench.tell(.tick, afterMs: 1_000)
        #expect(quiet.isEmpty)
        let wide = bench.tell(.answers(topic: "receipts", partitions: 2))
        #expect(wide == ["fetch [0, 1] 2"])
        let assigned = bench.tell(.positions([:], generation: 2))
        #expect(assigned.contains("assign [\"0@0\", \"1@0\"] 2"))
        #expect(bench.machine.partitions.allSatisfy { $0.blocked == nil })
    }
}

import Coordinator
import FleetMachines
import PipelineMessages
import Testing

/// What is done of all that has come while a broker took its time.
@Suite struct FleetReporterTests {
    private func beat(_ atMs: Int64) -> CoordinatorAction {
        .beat(CoordinatorStatus(coordinator: "c", atMs: atMs))
    }

    /// A status topic that acknowledges slowly must not hold up what partitions wait for, nor fill the memory with old heartbeats.
    @Test func onlyTheNewestHeartbeatIsWrittenAndBehindTheRest() {
        let ask = CoordinatorAction.askPositions([0], serial: 1, term: 1)
        let come =
            (0..<1_000).map { beat($0) } + [ask] + (1_000..<2_000).map { beat($0) } + [.countPartitions]
        #expect(FleetReporter.due(come) == [ask, .countPartitions, beat(1_999)])
        #expect(FleetReporter.due([ask]) == [ask])
        #expect(FleetReporter.due([]).isEmpty)
    }
}

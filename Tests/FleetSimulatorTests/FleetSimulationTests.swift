import FleetSimulator
import Testing

/// The promise as a whole: whoever dies, sleeps, lies or shouts whenever, every shard is scored once by the head that the
/// topics give it, by the very machines that ship.
@Suite struct FleetSimulationTests {
    @Test func placeholder() {
        let report = FleetSimulation.run(SimulationPlan(seed: 1))
        #expect(report.complaints.isEmpty)
    }
}

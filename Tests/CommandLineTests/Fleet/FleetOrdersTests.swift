import ControlPlane
import PipelineMessages
import Testing
import hashiflex

/// Which commands a supervisor obeys that reads the control topic from its beginning.
@Suite struct FleetOrdersTests {
    private func drain(_ fleet: String = "f", atMs: Int64) -> ControlTail.Event {
        .command(.fleet(fleet), FleetCommand(drain: true, issuedAtMs: atMs))
    }

    /// One stamped in the future would end every supervisor of this name that is started until then.
    @Test func whatWasThereCountsIfItWasGivenSinceTheStart() {
        var orders = FleetOrders(for: "f", beganAtMs: 1_000)
        for (atMs, counts) in [(999, false), (1_000, true), (2_000, true), (2_001, false), (.max, false)]
            as [(Int64, Bool)]
        {
            let taken = orders.take(drain(atMs: atMs), nowMs: 2_000)
            #expect((taken != nil) == counts, "\(atMs)")
        }
        let early = orders.take(drain(atMs: 1_000), nowMs: 500)
        #expect(early?.drain == true, "the clock was set back")
    }

    @Test func whatComesCountsWhateverItsTime() {
        var orders = FleetOrders(for: "f", beganAtMs: 1_000)
        let end = orders.take(.caughtUp, nowMs: 1_000)
        #expect(end == nil)
        for atMs in [0, 1_500, .max] as [Int64] {
            let taken = orders.take(drain(atMs: atMs), nowMs: 2_000)
            #expect(taken?.drain == true, "\(atMs)")
        }
        let scaled = orders.take(
            .command(.fleet("f"), FleetCommand(workers: 3, issuedAtMs: 0)), nowMs: 2_000)
        #expect(scaled?.workers == 3)
    }

    @Test func othersOrdersAreNotOurs() {
        var orders = FleetOrders(for: "f", beganAtMs: 1_000)
        _ = orders.take(.caughtUp, nowMs: 1_000)
        let other = orders.take(drain("g", atMs: 1_500), nowMs: 2_000)
        let worker = orders.take(
            .command(.worker("f"), FleetCommand(drain: true, issuedAtMs: 1_500)), nowMs: 2_000)
        #expect(other == nil && worker == nil)
    }
}

import FleetMachines
import PipelineMessages
import Testing

/// Readers of a coordinator that go on asking a node that is cut off: no news, no error. Then everything is read anew.
@Suite struct StuckReadersTests {
    private func leader() -> CoordinatorMachine {
        var machine = CoordinatorMachine(CoordinatorSettings(name: "c", partitions: [0]))
        for event in [CoordinatorEvent.leads(true), .controlCaughtUp, .statusCaughtUp] {
            _ = machine.handle(event, at: Moment(steadyMs: 0, wallMs: 0))
        }
        return machine
    }

    /// The terms that were begun while `events` came, one of each kind a second, for so many seconds.
    private func terms(
        _ machine: inout CoordinatorMachine, seconds: Int64, from: Int64 = 0, _ events: [CoordinatorEvent]
    ) -> Int {
        (1...seconds).reduce(0) { count, second in
            let now = Moment(steadyMs: (from + second) * 1_000, wallMs: 0)
            return count
                + (events + [.tick]).flatMap { machine.handle($0, at: now) }.count {
                    if case .follow = $0 { true } else { false }
                }
        }
    }

    @Test func heartbeatsThatAreAcknowledgedAndDoNotComeBackBeginEverythingAnew() {
        var machine = leader()
        var begun = terms(&machine, seconds: 10, [.beatWritten])
        #expect(begun == 0)
        begun = terms(&machine, seconds: 1, from: 10, [.beatWritten])
        #expect(begun == 1)
    }

    @Test func aHeartbeatOfAnybodyIsEnough() {
        var machine = leader()
        let beat = CoordinatorStatus(coordinator: "other", atMs: 0)
        let begun = terms(&machine, seconds: 60, [.beatWritten, .coordinator(beat)])
        #expect(begun == 0)
    }

    /// Without a network nothing comes, and nothing is acknowledged.
    @Test func silenceAloneBeginsNothing() {
        var machine = leader()
        let begun = terms(&machine, seconds: 60, [])
        #expect(begun == 0)
    }

    @Test func aControlTopicThatGoesOnElsewhereBeginsEverythingAnew() {
        var machine = leader()
        let beat = CoordinatorStatus(coordinator: "c", atMs: 0)
        _ = machine.handle(.controlRead(below: 4), at: Moment(steadyMs: 0, wallMs: 0))
        var begun = terms(&machine, seconds: 60, [.controlEnds(at: 4), .coordinator(beat)])
        #expect(begun == 0)
        begun = terms(&machine, seconds: 5, from: 60, [.controlEnds(at: 5), .coordinator(beat)])
        #expect(begun == 0)
        begun = terms(&machine, seconds: 1, from: 65, [.controlEnds(at: 5), .coordinator(beat)])
        #expect(begun == 1)
    }
}

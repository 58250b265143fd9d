import Coordinator
import PipelineMessages
import Testing

/// What a coordinator that does not lead says.
@Suite struct StandbyTests {
    private func text(_ last: CoordinatorStatus?) -> String {
        StandbyLine(name: "c2", group: "p.coordinators", last: last, nowMs: 100_000).text
    }

    @Test func theLeaderIsNamedWhileItsHeartbeatIsFresh() {
        #expect(
            text(CoordinatorStatus(coordinator: "c1", atMs: 99_000))
                == "standby: c1 leads, its last heartbeat is 1 s old")
        // A clock that is ahead.
        #expect(
            text(CoordinatorStatus(coordinator: "c1", atMs: 900_000))
                == "standby: c1 leads, its last heartbeat is 0 s old")
    }

    @Test func anOldHeartbeatNamesNoLeader() {
        #expect(
            text(CoordinatorStatus(coordinator: "c1", atMs: 60_000))
                == "standby: another coordinator of group p.coordinators leads; the last heartbeat is of c1 and 40 s old"
        )
    }

    @Test func withoutOneOrWithItsOwnItKnowsNoName() {
        let unnamed = "standby: another coordinator of group p.coordinators leads"
        #expect(text(nil) == unnamed)
        #expect(text(CoordinatorStatus(coordinator: "c2", atMs: 99_000)) == unnamed)
    }
}

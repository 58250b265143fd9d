import FleetMachines
import Testing

@Suite struct RestartPolicyTests {
    @Test func whoGivesUpAgainAndAgainWaitsLongerAndLonger() {
        var policy = RestartPolicy()
        let pauses = (0..<9).map { _ in policy.died(afterMs: 5_000, wasKilled: false) }
        #expect(pauses == [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
        #expect(policy.died(afterMs: 60_000, wasKilled: false) == 0)
        #expect(policy.died(afterMs: 5_000, wasKilled: false) == 500)
    }

    @Test func whoIsKilledStartsAtOnce() {
        var policy = RestartPolicy()
        for _ in 0..<100 { #expect(policy.died(afterMs: 1, wasKilled: true) == 0) }
    }

    @Test func whoCanNotStartIsGivenUp() {
        var policy = RestartPolicy()
        for _ in 1..<RestartPolicy.failedStartsMax {
            #expect(policy.died(afterMs: 10, wasKilled: false) != nil)
        }
        #expect(policy.died(afterMs: 10, wasKilled: false) == nil)
    }
}

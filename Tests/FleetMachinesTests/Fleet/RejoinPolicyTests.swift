import FleetMachines
import Testing

/// A member whose name the group has given away.
@Suite struct RejoinPolicyTests {
    @Test func whoIsFencedJoinsAgainAfterAWaitWithinBounds() {
        for draw in [0, 1, 2_999, 3_000, 3_001, .max] as [UInt64] {
            var policy = RejoinPolicy()
            let wait = policy.fenced(nowMs: 1_000, draw: draw)
            #expect(wait.map { RejoinPolicy.waitMs.contains($0) } == true)
        }
        var (first, last) = (RejoinPolicy(), RejoinPolicy())
        let waits = [first.fenced(nowMs: 0, draw: 0), last.fenced(nowMs: 0, draw: 3_000)]
        #expect(waits == [RejoinPolicy.waitMs.lowerBound, RejoinPolicy.waitMs.upperBound])
    }

    @Test func whoIsFencedAgainSoonHasARival() {
        var policy = RejoinPolicy()
        var wait = policy.fenced(nowMs: 0, draw: 0)
        #expect(wait == 3_000)
        policy.joined(nowMs: 5_000)
        // A rebalance is not a new beginning.
        policy.joined(nowMs: 20_000)
        wait = policy.fenced(nowMs: 5_000 + RejoinPolicy.rivalMs - 1, draw: 0)
        #expect(wait == nil)
    }

    /// The join itself may be what shows it.
    @Test func whoIsFencedBeforeItIsLetInHasARival() {
        var policy = RejoinPolicy()
        _ = policy.fenced(nowMs: 0, draw: 0)
        let wait = policy.fenced(nowMs: 4_000, draw: 0)
        #expect(wait == nil)
    }

    @Test func whoIsFencedAgainMuchLaterJoinsAgain() {
        var policy = RejoinPolicy()
        var nowMs: Int64 = 0
        for _ in 0..<10 {
            let wait = policy.fenced(nowMs: nowMs, draw: 0)
            #expect(wait == 3_000)
            // Let in late, as by a node that is still frozen: the time counts from there.
            policy.joined(nowMs: nowMs + 50_000)
            nowMs += 50_000 + RejoinPolicy.rivalMs
        }
    }

    /// Two processes under one name, each by this rule: one ends, the other stays.
    @Test(arguments: [0, 17, 1_500, 3_000] as [UInt64]) func ofTwoRivalsOneStays(draw: UInt64) {
        /// A heartbeat tells the one that was fenced, and a join takes a second.
        let (heartbeatMs, joinMs): (Int64, Int64) = (3_000, 1_000)
        var members = [RejoinPolicy(), RejoinPolicy()]
        var (nowMs, fenced, ended) = (heartbeatMs, 0, [Int]())
        for turn in 0..<6 where ended.isEmpty {
            guard let wait = members[fenced].fenced(nowMs: nowMs, draw: draw &* UInt64(turn + 1)) else {
                ended.append(fenced)
                continue
            }
            nowMs += wait + joinMs
            members[fenced].joined(nowMs: nowMs)
            nowMs += heartbeatMs
            fenced = 1 - fenced
        }
        #expect(ended == [0], "the one that was there first, after the other came back")
    }
}

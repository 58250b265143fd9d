import FleetMachines
import Testing

/// Who waits for its group asks another node in time, and not while others may still be giving partitions back.
@Suite struct GroupSilenceTests {
    @Test func nobodyWaitsWithoutAReason() {
        var silence = GroupSilence()
        let isOver = silence.isOver(nowMs: 1_000_000)
        #expect(!isOver)
    }

    @Test func aGroupThatWasSilentBeforeIsLeftSoon() {
        var silence = GroupSilence()
        silence.begin(isLost: true, nowMs: 1_000)
        #expect(isOver(&silence, [5_999, 6_000, 6_001]) == [false, true, false])
        // The next node has longer, and the one after that.
        #expect(isOver(&silence, [15_999, 16_000, 35_999, 36_000]) == [false, true, false, true])
    }

    @Test func aRebalanceHasItsTime() {
        var silence = GroupSilence()
        silence.begin(isLost: false, nowMs: 0)
        #expect(isOver(&silence, [29_999, 30_000]) == [false, true])
    }

    /// A group waits for a member that is gone until its session is over; who asks again before that is counted twice.
    @Test(arguments: [(6_000, 30_000), (10_000, 30_000), (60_000, 80_000)] as [(Int64, Int64)])
    func aJoinOutlastsTheSessionOfWhoIsGone(_ sessionMs: Int64, _ limitMs: Int64) {
        var silence = GroupSilence(sessionMs: sessionMs)
        silence.begin(isLost: false, nowMs: 0)
        #expect(
            isOver(&silence, [limitMs - 1, limitMs, 2 * limitMs - 1, 2 * limitMs]) == [
                false, true, false, true,
            ])
        silence.end()
        silence.begin(isLost: true, nowMs: 1_000_000)
        #expect(isOver(&silence, [1_004_999, 1_005_000]) == [false, true])
    }

    /// It gave its partitions back, and then the group fell silent.
    @Test func aLossShortensTheWait() {
        var silence = GroupSilence()
        silence.begin(isLost: false, nowMs: 0)
        silence.begin(isLost: true, nowMs: 3_000)
        #expect(isOver(&silence, [4_999, 5_000]) == [false, true])
    }

    @Test func whoIsInWaitsNoMore() {
        var silence = GroupSilence()
        silence.begin(isLost: true, nowMs: 0)
        silence.end()
        #expect(isOver(&silence, [100_000]) == [false])
    }

    private func isOver(_ silence: inout GroupSilence, _ times: [Int64]) -> [Bool] {
        times.map { silence.isOver(nowMs: $0) }
    }
}

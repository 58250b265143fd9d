import Coordinator
import Testing

/// When a search for markers is over, and when it can not know.
@Suite struct MarkerProgressTests {
    @Test func eachIsReadToItsEndOrItsMarker() {
        var search = MarkerProgress([0, 1], nowMs: 0)
        #expect(search.step(nowMs: 0) == .read)
        search.heard(0)
        search.found(0)
        #expect(search.step(nowMs: 0) == .read && !search.wants(0) && search.wants(1))
        search.ended(1, at: 7, known: 7)
        #expect(search.step(nowMs: 0) == .end)
    }

    @Test func aMarkerThatMayStandBehindATransactionIsNotTakenForMissing() {
        var search = MarkerProgress([0, 1], nowMs: 0)
        search.found(0)
        search.ended(1, at: 7, known: 9)
        #expect(search.step(nowMs: 4_999) == .read)
        #expect(search.step(nowMs: 5_000) == .held([1]))
        // It has ended: what lies behind it comes.
        search.heard(1)
        #expect(search.step(nowMs: 5_000) == .read)
        search.found(1)
        #expect(search.step(nowMs: 5_000) == .end)
    }

    @Test func whereOthersLackTheirsNobodyWaits() {
        var search = MarkerProgress([0, 1, 2], nowMs: 0)
        search.ended(1, at: 7, known: 9)
        #expect(search.step(nowMs: 0) == .read)
        search.found(2)
        search.ended(0, at: 3, known: 3)
        #expect(search.step(nowMs: 0) == .end)
    }

    @Test func recordsThatComeJustThenAreWaitedForOnce() {
        var search = MarkerProgress([4], nowMs: 0)
        search.ended(4, at: 7, known: 8)
        #expect(search.step(nowMs: 0) == .read)
        search.heard(4)
        search.ended(4, at: 8, known: 9)
        #expect(search.step(nowMs: 0) == .end)
    }

    @Test func withoutAnAnswerTheEndIsTheEnd() {
        var search = MarkerProgress([4], nowMs: 0)
        search.ended(4, at: 0, known: nil)
        #expect(search.step(nowMs: 0) == .end)
        search.ended(4, at: 0, known: 9)
        #expect(search.step(nowMs: 0) == .end)
    }
}

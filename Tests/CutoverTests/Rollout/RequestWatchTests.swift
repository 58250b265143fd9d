import Cutover
import PipelineMessages
import Testing

/// What `head push` does about its request: asked at 1,000, deadline at 1,300, grace until 1,400.
@Suite struct RequestWatchTests {
    private let asked = request("a", deadlineMs: 300)

    private func watch() -> RequestWatch {
        var patience = RequestWatch.Patience()
        (patience.graceMs, patience.answerMs, patience.completionMs) = (100, 500, 700)
        return RequestWatch(asked, askedAtMs: 1_000, patience: patience)
    }

    /// A log with the request and more records about it, from offset 7 on.
    private func log(_ more: CutoverRecord...) -> ActivationLog {
        var log = ActivationLog()
        for (place, record) in ([asked] + more).enumerated() { log.apply(record, at: 7 + Int64(place)) }
        return log
    }

    private func decision(_ step: RequestWatch.Step) -> CutoverRecord? {
        if case .giveUp(let record) = step { record } else { nil }
    }

    /// State and reason of an end.
    private func end(_ step: RequestWatch.Step) -> String {
        guard case .end(let record, let reason) = step else { return "\(step)" }
        return "\(record.state.rawValue), \(reason)"
    }

    @Test func anOutcomeEndsItWheneverItComes() {
        for now in [1_000, 1_350, 99_000] as [Int64] {
            var watch = watch()
            let committed = log(asked.with(.committing), asked.with(.committed, offsets: [:]))
            let step = watch.next(committed, now: now, wallMs: 0, isInterrupted: now == 1_350)
            #expect(end(step) == "committed, decided")
            var other = self.watch()
            let refused = other.next(log(asked.aborted(["w1: no"], atMs: 1)), now: now, wallMs: 0)
            #expect(end(refused) == "aborted, decided")
        }
    }

    @Test func nobodyDecidedSoItGivesUpOnceAfterDeadlineAndGrace() throws {
        var watch = watch()
        for now in [1_000, 1_300, 1_400] as [Int64] {
            #expect(watch.next(log(), now: now, wallMs: 5) == .wait)
        }
        let given = try #require(decision(watch.next(log(), now: 1_401, wallMs: 5)))
        #expect(given.state == .aborted && given.reasons == [RequestWatch.reason] && given.updatedAtMs == 5)
        #expect(given.number == 7, "the request's rank: readers demand it of every decision")
        #expect(watch.next(log(), now: 1_402, wallMs: 6) == .wait, "written once")
        let step = watch.next(log(given), now: 1_500, wallMs: 6)
        #expect(end(step) == "aborted, gaveUp")
    }

    @Test func aCoordinatorThatWasFirstWins() throws {
        var watch = watch()
        let given = try #require(decision(watch.next(log(), now: 1_401, wallMs: 5)))
        let lost = log(asked.with(.committing), given)
        #expect(watch.next(lost, now: 1_500, wallMs: 5) == .wait)
        #expect(watch.next(lost, now: 2_200, wallMs: 5) == .wait)
        #expect(end(watch.next(lost, now: 2_201, wallMs: 5)) == "committing, overdue")
        // The same with its reasons: then the fleet refused, and that is what is said.
        var other = self.watch()
        let late = try #require(decision(other.next(log(), now: 1_401, wallMs: 5)))
        let refused = other.next(log(asked.aborted(["w1: not ready"], atMs: 4), late), now: 1_450, wallMs: 5)
        #expect(end(refused) == "aborted, decided")
    }

    @Test func committingIsNeverGivenUp() {
        var watch = watch()
        let committing = log(asked.with(.committing))
        #expect(watch.next(committing, now: 1_001, wallMs: 0) == .wait)
        // 700 after the deadline, not after it was read.
        #expect(watch.next(committing, now: 2_000, wallMs: 0) == .wait)
        #expect(end(watch.next(committing, now: 2_001, wallMs: 0)) == "committing, overdue")
    }

    @Test func aDecisionThatIsNotReadBackEndsUndecided() {
        var watch = watch()
        #expect(decision(watch.next(log(), now: 1_401, wallMs: 0)) != nil)
        #expect(watch.next(log(), now: 1_901, wallMs: 0) == .wait)
        #expect(end(watch.next(log(), now: 1_902, wallMs: 0)) == "requested, overdue")
    }

    @Test func aRequestThatIsNotReadBackCanNotBeDecided() {
        var watch = watch()
        #expect(watch.next(ActivationLog(), now: 1_401, wallMs: 0) == .wait)
        #expect(end(watch.next(ActivationLog(), now: 1_902, wallMs: 0)) == "requested, overdue")
        var late = self.watch()
        #expect(late.next(ActivationLog(), now: 1_401, wallMs: 0) == .wait)
        #expect(decision(late.next(log(), now: 1_700, wallMs: 0)) != nil)
    }

    /// However late things came: a deadline is a deadline.
    @Test func whenAllTheTimeIsOverItEndsAsItStands() {
        func watch() -> RequestWatch {
            var patience = RequestWatch.Patience()
            (patience.graceMs, patience.answerMs, patience.completionMs) = (100, 500, 700)
            patience.allMs = 400
            return RequestWatch(asked, askedAtMs: 1_000, patience: patience)
        }
        var late = watch()
        #expect(late.leftMs(now: 1_500) == 200)
        #expect(late.next(log(asked.with(.committing)), now: 1_700, wallMs: 0) == .wait)
        #expect(end(late.next(log(asked.with(.committing)), now: 1_701, wallMs: 0)) == "committing, overdue")
        for log in [log(), ActivationLog()] {
            var undecided = watch()
            #expect(end(undecided.next(log, now: 1_701, wallMs: 0)) == "requested, overdue")
        }
        var decided = watch()
        let committed = log(asked.with(.committing), asked.with(.committed, offsets: [:]))
        #expect(end(decided.next(committed, now: 1_701, wallMs: 0)) == "committed, decided")
    }

    @Test func anInterruptionEndsTheWaitAndDecidesNothing() {
        for (log, state) in [
            (ActivationLog(), .requested), (log(), .requested), (log(asked.with(.committing)), .committing),
        ] as [(ActivationLog, CutoverRecord.State)] {
            for now in [1_001, 5_000] as [Int64] {
                var watch = watch()
                let step = watch.next(log, now: now, wallMs: 0, isInterrupted: true)
                #expect(end(step) == "\(state.rawValue), interrupted")
            }
        }
    }
}

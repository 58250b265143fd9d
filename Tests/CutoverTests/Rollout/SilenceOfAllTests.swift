import Cutover
import PipelineMessages
import Testing

/// Everybody falls silent at once when the status topic has no leader, or the coordinator is frozen: who is heard first
/// afterwards is not all that there are.
@Suite struct SilenceOfAllTests {
    private func log(quorum: Int? = nil, deadlineMs: Int64 = 1_000) -> ActivationLog {
        var log = ActivationLog()
        log.apply(manifest("a"))
        log.apply(request("a", quorum: quorum, deadlineMs: deadlineMs), at: 0)
        return log
    }

    private func state(
        _ machine: inout RolloutStateMachine, _ log: ActivationLog, _ nowMs: Int64
    ) -> CutoverRecord.State? {
        machine.looked(nowMs: nowMs)
        if case .decide(let record) = machine.next(log, now: nowMs, wallMs: wallMs) { return record.state }
        return nil
    }

    private func machine() -> RolloutStateMachine {
        var machine = RolloutStateMachine(livenessMs: 1_000)
        machine.looked(nowMs: 0)
        machine.observe(heartbeat("w1", ready: ["a"]), nowMs: 0)
        machine.observe(heartbeat("w2", refused: ["a": "no room"]), nowMs: 0)
        return machine
    }

    /// The other one is heard a moment later, and refuses.
    @Test func theFirstThatIsHeardDoesNotDecideForAll() {
        var machine = machine()
        for now in stride(from: Int64(100), through: 1_200, by: 100) { machine.looked(nowMs: now) }
        machine.observe(heartbeat("w1", ready: ["a"]), nowMs: 1_200)
        let log = log()
        var decided = state(&machine, log, 1_200)
        #expect(decided == nil)
        machine.observe(heartbeat("w2", refused: ["a": "no room"]), nowMs: 1_300)
        decided = state(&machine, log, 1_300)
        #expect(decided == .aborted)
    }

    /// Who does not come back is gone.
    @Test func afterAWhileThoseWhoAreHeardAreAll() {
        var machine = machine()
        let log = log()
        var decided: [Int64: CutoverRecord.State] = [:]
        for now in stride(from: Int64(100), through: 1_600, by: 50) {
            if now >= 1_200 { machine.observe(heartbeat("w1", ready: ["a"]), nowMs: now) }
            if now < 1_200 { machine.looked(nowMs: now) }
            if now >= 1_200, let state = state(&machine, log, now) { decided[now] = state }
        }
        #expect(decided.keys.min() == 1_450 && decided.values.allSatisfy { $0 == .committing })
    }

    @Test func aFrozenCoordinatorListensFirst() {
        var machine = machine()
        machine.observe(heartbeat("w1", ready: ["a"]), nowMs: 1_300)
        var decided = state(&machine, log(), 1_300)
        #expect(decided == nil)
        // A number of workers that is asked for is enough, whoever else is there.
        decided = state(&machine, log(quorum: 1), 1_301)
        #expect(decided == .committing)
    }

    /// A worker whose clock is far behind: it looks dead in what was written before this coordinator read.
    @Test func whoMayBeThereIsWaitedFor() {
        var machine = RolloutStateMachine(livenessMs: 1_000)
        machine.doubt(nowMs: 0)
        machine.observe(heartbeat("w1", ready: ["a"]), nowMs: 0)
        var decided = state(&machine, log(), 100)
        #expect(decided == nil)
        decided = state(&machine, log(), 250)
        #expect(decided == .committing)
    }

    /// Nobody knows who else is there: a push that is in force is in force for all.
    @Test func atTheDeadlineItIsGivenUp() {
        var machine = machine()
        let log = log(deadlineMs: 100)
        var decided: CutoverRecord.State?
        for now in stride(from: Int64(0), through: 2_000, by: 400) where decided == nil {
            machine.observe(heartbeat("w1", ready: ["a"]), nowMs: now)
            machine.observe(heartbeat("w2", ready: ["a"]), nowMs: now)
            machine.doubt(nowMs: now)
            decided = state(&machine, log, now)
        }
        #expect(decided == .aborted)
    }
}

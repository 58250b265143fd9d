import Cutover
import PipelineMessages
import Testing

/// A worker that owns nothing, or a heartbeat that nobody stands behind, holds up no cut-over.
@Suite struct IdleWorkersTests {
    private func owner(_ name: String, ready: [String] = []) -> WorkerStatus {
        var status = heartbeat(name, ready: ready)
        status.partitions = [.init(partition: 0, position: 1, head: nil, blocked: nil)]
        return status
    }

    /// What is decided about a push of `a` at `nowMs` by a coordinator that has seen it at 0.
    private func decided(_ workers: [WorkerStatus], quorum: Int? = nil, nowMs: Int64 = 0) -> CutoverRecord? {
        var log = ActivationLog()
        log.apply(manifest("a"))
        log.apply(request("a", quorum: quorum, deadlineMs: 100), at: 0)
        var machine = RolloutStateMachine(livenessMs: 500)
        for worker in workers { machine.observe(worker, nowMs: 0) }
        var action = machine.next(log, now: 0, wallMs: 0)
        if nowMs > 0 { action = machine.next(log, now: nowMs, wallMs: 0) }
        if case .decide(let record) = action { return record }
        return nil
    }

    @Test func itIsNotWaitedFor() {
        #expect(decided([owner("w1", ready: ["a"]), heartbeat("ghost")])?.state == .committing)
    }

    @Test func whoOwnsSomethingIs() {
        #expect(decided([owner("w1", ready: ["a"]), owner("w2")]) == nil)
        #expect(
            decided([owner("w1", ready: ["a"]), owner("w2"), heartbeat("ghost")], nowMs: 101)?.reasons
                == ["w2: not ready"])
    }

    @Test func beforeAnybodyOwnsSomethingAllAre() {
        #expect(decided([heartbeat("w1", ready: ["a"]), heartbeat("w2")]) == nil)
    }

    @Test func itsRefusalCounts() {
        #expect(
            decided([owner("w1", ready: ["a"]), heartbeat("w2", refused: ["a": "wrong backbone"])])?.reasons
                == ["w2: wrong backbone"])
    }

    @Test func aStatedNumberMayCountOnIt() {
        #expect(decided([owner("w1", ready: ["a"]), heartbeat("w2")], quorum: 2) == nil)
        #expect(
            decided([owner("w1", ready: ["a"]), heartbeat("w2", ready: ["a"])], quorum: 2)?.state
                == .committing)
    }
}

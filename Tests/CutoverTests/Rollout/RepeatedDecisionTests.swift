import Cutover
import PipelineMessages
import Testing

/// Decisions that could not be written, and requests that are in each other's way.
@Suite struct RepeatedDecisionTests {
    private func log(_ requests: [CutoverRecord]) -> ActivationLog {
        var log = ActivationLog()
        for (offset, request) in requests.enumerated() {
            log.apply(manifest(request.request))
            log.apply(request, at: Int64(offset))
        }
        return log
    }

    private func machine(_ workers: [WorkerStatus]) -> RolloutStateMachine {
        var machine = RolloutStateMachine(livenessMs: 500)
        for worker in workers { machine.observe(worker, nowMs: 0) }
        return machine
    }

    private func decision(_ action: RolloutStateMachine.Action) -> CutoverRecord? {
        if case .decide(let record) = action { record } else { nil }
    }

    /// What was decided and could not be written is decided again, by the same deadline.
    @Test func aDecisionThatIsNotWrittenBeginsNoNewDeadline() {
        var machine = machine([heartbeat("w1", ready: ["a"])])
        let log = log([request("a", deadlineMs: 1_000)])
        #expect(decision(machine.next(log, now: 0, wallMs: wallMs))?.state == .committing)
        for now in stride(from: Int64(200), through: 1_000, by: 200) {
            machine.observe(heartbeat("w2"), nowMs: now)
            machine.observe(heartbeat("w1", ready: ["a"]), nowMs: now)
        }
        #expect(machine.next(log, now: 1_000, wallMs: wallMs) == .wait)
        #expect(decision(machine.next(log, now: 1_001, wallMs: wallMs))?.reasons == ["w2: not ready"])
    }

    /// Two pushes at once chose one name: it stays with the head that was published first.
    @Test func aNameIsOfOneHead() throws {
        var log = log([request("a")])
        var other = request("b")
        other.label = headLabel("a")
        log.apply(manifest("b"))
        log.apply(other, at: 1)
        var machine = machine([heartbeat("w1", ready: ["a", "b"])])
        #expect(decision(machine.next(log, now: 0, wallMs: wallMs))?.request == "a")
        log.apply(request("a").with(.aborted), at: 2)
        let record = try #require(decision(machine.next(log, now: 0, wallMs: wallMs)))
        #expect(record.state == .aborted && record.reasons?.first?.contains("is the name of head") == true)
    }

    /// Both came into force under one name before that was refused: added partitions get either, and one can go back to it.
    @Test func aNameThatTwoHeadsHaveHadStaysTheirs() {
        let named = HeadManifest(
            head: digest("b"), label: headLabel("a"), backbone: digest("backbone"), file: digest("b"),
            bytes: 1,
            chunks: 1, classes: 2, publishedAtMs: 0)
        var mixed = ActivationLog()
        mixed.apply(named)
        mixed.apply(manifest("a"))
        mixed.apply(request("a").with(.committed, offsets: [0: 1]), at: 5)
        var back = request("back")
        (back.head, back.label) = (digest("a"), headLabel("a"))
        mixed.apply(back, at: 6)
        var machine = machine([heartbeat("w1", ready: ["a"])])
        #expect(decision(machine.next(mixed, now: 0, wallMs: wallMs))?.state == .committing)
    }
}

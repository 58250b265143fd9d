import Cutover
import PipelineMessages
import Testing

/// Requests that ignore workers by name: a fake or stuck heartbeat must not hold up a fleet.
@Suite struct IgnoredWorkersTests {
    private func log(ignoring ignored: [String], quorum: Int? = nil) -> ActivationLog {
        var log = ActivationLog()
        log.apply(manifest("a"))
        var asked = request("a", quorum: quorum, deadlineMs: 100)
        asked.ignore = ignored
        log.apply(asked, at: 0)
        return log
    }

    /// What is decided at 0, or else at 101, when the deadline has passed.
    private func decision(_ workers: [WorkerStatus], _ log: ActivationLog) -> (atMs: Int64, CutoverRecord)? {
        var machine = RolloutStateMachine(livenessMs: 500)
        for worker in workers { machine.observe(worker, nowMs: 0) }
        for now in [0, 101] as [Int64] {
            if case .decide(let record) = machine.next(log, now: now, wallMs: wallMs) { return (now, record) }
        }
        return nil
    }

    private let ready = heartbeat("w1", ready: ["a"])

    @Test func theyAreNotNeeded() throws {
        let (atMs, record) = try #require(decision([ready, heartbeat("stuck")], log(ignoring: ["stuck"])))
        #expect(atMs == 0 && record.state == .committing && record.ignore == ["stuck"])
        let waited = try #require(decision([ready, heartbeat("stuck")], log(ignoring: ["other"])))
        #expect(waited.atMs == 101 && waited.1.reasons == ["stuck: not ready"])
    }

    @Test func theyCanNotRefuse() throws {
        let fake = heartbeat("fake", refused: ["a": "no"])
        #expect(try #require(decision([ready, fake], log(ignoring: ["fake"]))).1.state == .committing)
        #expect(try #require(decision([ready, fake], log(ignoring: []))).1.reasons == ["fake: no"])
    }

    @Test func theyDoNotCountAsReady() throws {
        let two = [ready, heartbeat("w2", ready: ["a"])]
        let (atMs, record) = try #require(decision(two, log(ignoring: ["w2"], quorum: 2)))
        #expect(atMs == 101 && record.state == .aborted)
        #expect(record.reasons == ["1 of the 2 needed workers are ready, 1 are live"])
        let none = try #require(decision(two, log(ignoring: ["w1", "w2"])))
        #expect(none.1.reasons == ["no live worker to prepare the head: 2 live, all of them ignored"])
    }

    @Test func aFrozenHeadIsIgnoredOnlyByItsWorkersName() throws {
        var frozen = heartbeat("ice")
        frozen.frozenHead = .init(head: digest("z"), label: headLabel("z"))
        let refused = try #require(decision([ready, frozen, heartbeat("stuck")], log(ignoring: ["stuck"])))
        #expect(refused.1.state == .aborted && refused.1.reasons?.first?.hasPrefix("ice: ") == true)
        #expect(try #require(decision([ready, frozen], log(ignoring: ["ice"]))).1.state == .committing)
    }
}

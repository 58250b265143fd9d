import Foundation
import Testing
import hashiflex

/// A deadline is a deadline, whatever the broker does.
@Suite(.serialized) struct HeadPushDeadlineTests {
    private func deadline(_ milliseconds: Int64) -> CutoverDeadline {
        CutoverDeadline(beginMs: 1_000, deadlineMs: milliseconds)
    }

    @Test func whatTheStartTakesIsTakenOffTheDeadline() {
        let time = deadline(40_000)
        #expect(time.startLeftMs(nowMs: 1_000) == 39_000 && time.readyMs(nowMs: 1_000) == 40_000)
        #expect(time.startLeftMs(nowMs: 31_000) == 9_000 && time.readyMs(nowMs: 31_000) == 10_000)
        #expect(time.startLeftMs(nowMs: 40_000) == 0 && time.readyMs(nowMs: 40_000) == 1_000)
        #expect(time.startLeftMs(nowMs: 99_000) == 0 && time.readyMs(nowMs: 99_000) == 1_000)
        #expect(time.endMs == 51_000)
    }

    /// The start takes longer than a short one; the workers have it all the same, and no longer.
    @Test func aShortDeadlineLeavesTimeToStart() {
        let time = deadline(200)
        #expect(time.startLeftMs(nowMs: 1_000) == 5_000 && time.readyMs(nowMs: 1_000) == 200)
        #expect(time.startLeftMs(nowMs: 3_000) == 3_000 && time.readyMs(nowMs: 3_000) == 200)
        #expect(time.startLeftMs(nowMs: 6_000) == 0)
        #expect(time.endMs == 17_000)
    }

    /// What is asked for at the last moment, answered at the last moment, ends before the time is over.
    @Test(arguments: [1, 1_000, 5_999, 6_000, 30_000, 3_600_000] as [Int64])
    func everythingFitsBeforeTheEnd(_ milliseconds: Int64) {
        let time = deadline(milliseconds)
        let lastMs = 1_000 + time.startLeftMs(nowMs: 1_000)
        #expect(time.readyMs(nowMs: lastMs) > 0)
        #expect(lastMs + time.readyMs(nowMs: lastMs) + CutoverDeadline.answerMs < time.endMs)
    }

    /// The node neither answers nor closes its connections once the head is asked for.
    @Test(.timeLimit(.minutes(2))) func aBrokerThatFallsSilentDoesNotHoldAPush() throws {
        let deployment = try Deployment(workers: 0, partitions: 2)
        deployment.coordinator.crash()
        let begin = Date()
        let push = try deployment.start("head", "push", "builtin:v1", "--deadline", "2")
        #expect(eventually(seconds: 20) { push.text.contains("published fashion@v1") }, "\(push.text)")
        usleep(300_000)
        kill(deployment.broker.pid, SIGSTOP)
        defer { kill(deployment.broker.pid, SIGCONT) }
        #expect(eventually(seconds: 60) { !push.isRunning })
        let seconds = Date().timeIntervalSince(begin)
        // 2 s, and 8 for giving up in vain and closing; 16 at the very most. With 10 to write and as many to close it were 22.
        #expect(seconds < 20, "it took \(seconds) s: \(push.text)")
        #expect(push.exitCode == 75 || push.exitCode == 69, "\(push.text)")
        #expect(
            push.text.contains("cut-over") && push.text.contains("hashiflex head abandon"), "\(push.text)")
    }
}

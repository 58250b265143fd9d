import Artifacts
import ControlPlane
import PipelineMessages
import Testing
import hashiflex

/// What doctor says of processes that it hears, heard once, or can only count.
@Suite struct HeartbeatReviewTests {
    private static let nowMs: Int64 = 1_000_000_000

    private func worker(_ name: String, _ state: WorkerStatus.State = .running) -> StatusTail.Event {
        var status = WorkerStatus(
            worker: name, incarnation: "1", host: "h", pid: 1, startedAtMs: 0,
            backbone: ContentDigest(of: [1]), isa: "scalar", replicas: 1)
        status.state = state
        return .worker(status)
    }

    private func stamp(_ agoMs: Int64) -> StatusTail.Stamp {
        StatusTail.Stamp(atMs: Self.nowMs - agoMs, isBrokers: true)
    }

    private func check(
        _ last: HeartbeatReview.Last?, _ members: HeartbeatReview.Members
    ) -> DoctorCheck {
        HeartbeatReview.check(
            "workers", last, group: "g", members, nowMs: Self.nowMs, live: "2 live", none: "start one")
    }

    @Test func whoIsHeardIsThereWhateverTheClocksSay() {
        var review = HeartbeatReview()
        review.take(worker("w"), stamp(3_600_000))
        #expect(!HeartbeatReview.isFresh(review.worker, nowMs: Self.nowMs) && review.mayTellMore)
        review.take(.caughtUp, nil)
        review.take(worker("w"), stamp(3_600_000))
        #expect(HeartbeatReview.isFresh(review.worker, nowMs: Self.nowMs) && !review.mayTellMore)
        let line = check(review.worker, .unknown(""))
        #expect(line.ok && line.found == "2 live; a heartbeat came while this listened")
    }

    @Test func aStampOfTheBrokerIsFreshForTenSeconds() {
        for (agoMs, isFresh) in [(9_000, true), (11_000, false), (-9_000, true), (-3_600_000, false)] {
            let last = HeartbeatReview.Last(stamp: stamp(Int64(agoMs)), isHeard: false)
            #expect(HeartbeatReview.isFresh(last, nowMs: Self.nowMs) == isFresh, "\(agoMs)")
        }
    }

    @Test func membersWithoutAFreshHeartbeatAreAFault() {
        let last = HeartbeatReview.Last(stamp: stamp(63_000), isHeard: false)
        let line = check(last, .count(6))
        #expect(line.isBad)
        #expect(
            line.found
                == "no fresh heartbeat although group g has 6 members; the newest heartbeat was 63 s ago by the broker's clock"
        )
        #expect(check(nil, .count(1)).isBad)
    }

    @Test func anEmptyGroupIsNoFaultAndWhatIsNotKnownIsNotRight() {
        let old = HeartbeatReview.Last(
            stamp: StatusTail.Stamp(atMs: Self.nowMs - 63_000, isBrokers: false), isHeard: false)
        let empty = check(old, .count(0))
        #expect(empty.ok && empty.found.contains("63 s ago by the sender's clock"))
        #expect(empty.advice == "start one")
        let unknown = check(nil, .unknown("no right"))
        #expect(!unknown.ok && !unknown.isBad && unknown.found.contains("no right"))
    }

    @Test func aWorkerThatHasStoppedIsNotWaitedFor() {
        var review = HeartbeatReview()
        review.take(worker("w"), stamp(1_000))
        review.take(worker("w", .stopped), stamp(500))
        #expect(review.worker == nil && !review.mayTellMore)
    }
}

import FleetMachines
import Testing

/// What is said while the broker confirms nothing, or slowly.
@Suite struct IngestLinkTests {
    @Test func silenceIsSaidAfterFiveSecondsAndItsEndOnce() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        _ = run.offer(1, bytes: 300_000)
        _ = run.offer(2, bytes: 50_000)
        let early = run.wait(4_950)
        #expect(early.isEmpty)
        let lines = run.wait(10_000)
        #expect(
            lines.map { $0.line } == [
                "no acknowledgement from the broker for 5 s: 4 images (0.4 MB) wait for the link"
            ])
        #expect(lines.first?.ms ?? 0 <= 300)
        _ = run.tell(.delivered(flight: 1, offset: 0), after: 50)
        #expect(
            run.said.last == "acknowledged again after 15 s; 2 images (0.1 MB) still wait for the link")
        _ = run.tell(.delivered(flight: 2, offset: 1))
        #expect(run.said.count == 2, "once")
        let late = run.wait(100_000)
        #expect(late.isEmpty, "nothing waits")
    }

    /// A camera that gave nothing for an hour: the broker was not silent, it was asked nothing.
    @Test func timeInWhichNothingWaitedIsNoSilence() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        _ = run.tell(.tick, after: 3_600_000)
        _ = run.offer(1, bytes: 10)
        #expect(run.said.isEmpty)
        let lines = run.wait(6_000)
        _ = run.tell(.delivered(flight: 1, offset: 0))
        #expect(
            lines.count == 1 && run.said.last == "acknowledged again after 6 s; nothing waits for the link")
    }

    @Test func aLongSilenceIsRepeatedMoreAndMoreRarely() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        _ = run.offer(1, bytes: 10)
        let times = run.wait(1_200_000).map { $0.ms }
        let pauses = zip(times.dropFirst(), times).map { $0 - $1 }
        #expect(pauses == [30_000, 60_000, 120_000, 240_000, 300_000, 300_000])
        _ = run.tell(.delivered(flight: 1, offset: 0))
        #expect(run.said.last?.hasSuffix("s; nothing waits for the link") == true)
    }

    /// Confirmations six seconds apart: the first silence, its end, and then nothing for half a minute.
    @Test func aLinkThatComesAndGoesDoesNotFillTheLog() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        var spoken: [Int64] = []
        for flight in UInt64(1)...20 {
            _ = run.offer(flight, bytes: 10)
            spoken += run.wait(6_000).map { Int64(flight) * 6_000 + $0.ms }
            _ = run.tell(.delivered(flight: flight, offset: nil))
        }
        let pauses = zip(spoken.dropFirst(), spoken).map { $0 - $1 }
        #expect(pauses.allSatisfy { $0 >= 30_000 } && (3...4).contains(spoken.count), "\(spoken)")
        #expect(run.said.filter { $0.hasPrefix("acknowledged again") }.count == spoken.count)
    }

    @Test func aSlowLinkIsSaidOnceInHalfAMinute() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        for flight in UInt64(1)...100 { _ = run.offer(flight, bytes: 100_000) }
        _ = run.tell(.queueFull(flight: 100))
        var lines: [(ms: Int64, line: String)] = []
        for flight in UInt64(1)...70 {
            lines += run.wait(1_000).map { (Int64(flight) * 1_000 + $0.ms, $0.line) }
            _ = run.tell(.delivered(flight: flight, offset: nil))
        }
        #expect(
            lines.first?.line == "the link is slow: 192 images (9.6 MB) wait for the link, the oldest for 5 s"
        )
        #expect(lines.count == 3 && lines.allSatisfy { $0.line.hasPrefix("the link is slow") })
        #expect(zip(lines.dropFirst(), lines).allSatisfy { $0.ms - $1.ms >= 30_000 })
    }

    @Test func whatIsConfirmedInTimeIsNotSpokenOf() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        for flight in UInt64(1)...100 {
            _ = run.offer(flight, bytes: 100_000)
            _ = run.wait(4_000)
            _ = run.tell(.delivered(flight: flight, offset: nil))
        }
        #expect(run.said.isEmpty)
    }

    /// Room comes from the workers; the summary says how long they were waited for.
    @Test func waitingForTheWorkersIsNotWaitingForTheLink() {
        var run = IngestRun(backlogBytesMax: 100, partitions: 1)
        _ = run.offer(1, bytes: 90)
        _ = run.tell(.delivered(flight: 1, offset: 0))
        _ = run.offer(2, bytes: 90)
        let lines = run.wait(30_000)
        #expect(lines.isEmpty)
    }

    @Test func onceAllIsToEndNothingIsSaidOfTheLink() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        _ = run.offer(1, bytes: 10)
        _ = run.tell(.stop, after: 3_000)
        let lines = run.wait(7_000)
        #expect(lines.isEmpty)
    }
}

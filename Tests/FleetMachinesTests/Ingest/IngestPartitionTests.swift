import FleetMachines
import Testing

/// Partitions that are added to the shard topic while an ingest runs.
@Suite struct IngestPartitionTests {
    /// Without a bound, two partitions, counted every ten seconds.
    private func run(backlogBytesMax: Int? = nil) -> IngestRun {
        IngestRun(backlogBytesMax: backlogBytesMax, partitions: 2, partitionsMs: 10_000)
    }

    /// Answers every question until the next count, and takes the count.
    private func count(_ count: Int, in run: inout IngestRun) -> [IngestAction] {
        #expect(run.tell(.tick, after: 10_000) == [.ask(.committed), .ask(.partitionCount)])
        _ = run.tell(.committed([:]))
        return run.tell(.partitionCount(count))
    }

    @Test func aPartitionThatSomebodyHasWrittenToIsUsedFromThenOn() {
        var run = run()
        #expect(count(2, in: &run) == [])
        #expect(count(4, in: &run) == [.ask(.start(partition: 2))])
        #expect(run.offer(1, bytes: 10, first: 2) == [.send(flight: 1, partition: 0)], "of two")
        #expect(run.tell(.start(committed: 0, end: 1, partition: 2)) == [.ask(.start(partition: 3))])
        #expect(run.tell(.start(committed: 0, end: 2, partition: 3)) == [])
        #expect(
            run.said == ["partitions: the shard topic has 4, and shards go to all of them from now on"])
        let partitions = (0..<4).flatMap { run.offer(UInt64(2 + $0), bytes: 10, first: $0) }
        #expect(partitions == (0..<4).map { IngestAction.send(flight: UInt64(2 + $0), partition: Int32($0)) })
        #expect(count(4, in: &run) == [], "nothing new")
    }

    @Test func anEmptyOneWaitsForItsMarkerForHalfAMinute() {
        var run = run()
        for _ in 0..<3 {
            #expect(count(3, in: &run) == [.ask(.start(partition: 2))])
            #expect(run.tell(.start(committed: 0, end: 0, partition: 2)) == [])
        }
        #expect(run.offer(1, bytes: 10, first: 2) == [.send(flight: 1, partition: 0)])
        #expect(count(3, in: &run) == [.ask(.start(partition: 2))])
        #expect(run.tell(.start(committed: 0, end: 0, partition: 2)) == [])
        #expect(run.offer(2, bytes: 10, first: 2) == [.send(flight: 2, partition: 2)])
    }

    @Test func whatIsInAnAddedPartitionCountsTowardsItsBound() {
        var run = run(backlogBytesMax: 1_500)
        #expect(count(3, in: &run) == [.ask(.start(partition: 2))])
        #expect(run.tell(.start(committed: 1, end: 2, partition: 2)) == [])
        #expect(
            run.offer(1, bytes: 600, first: 2) == [.send(flight: 1, partition: 0)], "a record of up to 1,000")
        _ = run.tell(.committed([2: 2]))
        #expect(run.offer(2, bytes: 600, first: 2) == [.send(flight: 2, partition: 2)])
    }

    @Test func aCountThatIsNotAnsweredIsAskedForAgain() {
        var run = run()
        #expect(run.tell(.tick, after: 10_000) == [.ask(.committed), .ask(.partitionCount)])
        _ = run.tell(.committed([:]))
        #expect(run.tell(.noAnswer(.partitionCount)) == [])
        #expect(count(3, in: &run) == [.ask(.start(partition: 2))])
        #expect(run.tell(.noAnswer(.start(partition: 2))) == [])
        #expect(count(3, in: &run) == [.ask(.start(partition: 2))])
    }

    @Test func aLowerCountChangesNothingAndIsSaidOnce() {
        var run = run()
        for _ in 0..<3 { #expect(count(1, in: &run) == []) }
        #expect(
            run.said.count == 1 && run.said[0].hasPrefix("partitions: the broker knows 1 of the shard topic"))
        #expect(run.offer(1, bytes: 10, first: 1) == [.send(flight: 1, partition: 1)])
    }

    @Test func afterAStopNothingIsCounted() {
        var run = run()
        _ = run.offer(1, bytes: 10)
        #expect(run.tell(.tick, after: 10_000) == [.ask(.committed), .ask(.partitionCount)])
        _ = run.tell(.stop)
        #expect(run.tell(.partitionCount(5)) == [])
        #expect(run.tell(.committed([:])) == [])
    }
}

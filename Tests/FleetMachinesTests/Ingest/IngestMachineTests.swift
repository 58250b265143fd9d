import FleetMachines
import Testing

@Suite struct IngestMachineTests {
    // MARK: Flights

    @Test func aShardGoesToTheFirstPartitionWithRoomAndIsCountedWhenConfirmed() {
        var run = IngestRun(backlogBytesMax: 1_000, partitions: 3)
        #expect(run.offer(1, bytes: 700, first: 1) == [.send(flight: 1, partition: 1)])
        #expect(run.offer(2, bytes: 700, first: 1) == [.send(flight: 2, partition: 2)])
        #expect(run.offer(3, bytes: 700, first: 7) == [.send(flight: 3, partition: 0)], "round, from 7 on")
        #expect(run.machine.counts.shards == 0, "nothing is confirmed yet")
        #expect(run.tell(.delivered(flight: 2, offset: 0)) == [])
        #expect(run.machine.counts.images == 2 && run.machine.counts.shards == 1)
        #expect(run.machine.counts.bytes == 700 && run.machine.counts.pacedMs == 0)
        #expect(run.tell(.closed) == [], "two are on their way")
        #expect(run.tell(.delivered(flight: 1, offset: 0)) == [])
        #expect(run.tell(.delivered(flight: 3, offset: 0)) == [.done])
    }

    @Test func withoutABoundNothingWaits() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        for flight in UInt64(1)...50 {
            #expect(
                run.offer(flight, bytes: 1_000, first: Int(flight)) == [.send(flight: flight, partition: 0)])
        }
    }

    /// Nobody commits, for months: memory must not grow.
    @Test func withoutABoundNothingIsRememberedOfWhatIsConfirmed() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        for flight in UInt64(1)...1_000 {
            _ = run.offer(flight, bytes: 100)
            _ = run.tell(.delivered(flight: flight, offset: flight % 2 == 0 ? nil : Int64(flight)))
        }
        #expect(run.machine.backlogBytes == 0 && run.machine.counts.shards == 1_000)
        #expect(run.tell(.tick, after: 500) == [.ask(.committed)], "nothing is to be placed")
    }

    @Test func whatWaitsIsSentInOrderWhenTheWorkersCommit() {
        var run = IngestRun(backlogBytesMax: 1_000, partitions: 1)
        #expect(run.offer(1, bytes: 600) == [.send(flight: 1, partition: 0)])
        #expect(run.offer(2, bytes: 600) == [.wait(flight: 2)])
        #expect(run.offer(3, bytes: 500) == [.wait(flight: 3)])
        #expect(run.tell(.delivered(flight: 1, offset: 0), after: 30) == [], "it still counts")
        #expect(
            run.tell(.committed([0: 1]), after: 40) == [.send(flight: 2, partition: 0)],
            "both would be too much")
        #expect(run.machine.counts.pacedMs == 70)
        #expect(run.tell(.delivered(flight: 2, offset: 1)) == [])
        #expect(run.tell(.committed([0: 2])) == [.send(flight: 3, partition: 0)])
    }

    @Test func aSmallShardOfAnotherStreamMayPassALargeOne() {
        var run = IngestRun(backlogBytesMax: 1_000, partitions: 1)
        #expect(run.offer(1, bytes: 600) == [.send(flight: 1, partition: 0)])
        #expect(run.offer(2, bytes: 600) == [.wait(flight: 2)])
        #expect(run.offer(3, bytes: 400) == [.send(flight: 3, partition: 0)])
    }

    @Test func aBacklogOfOthersCounts() {
        var run = IngestRun(backlogBytesMax: 2_500, partitions: 1, committed: 4, end: 6)
        #expect(run.offer(1, bytes: 501) == [.wait(flight: 1)], "two records of up to 1,000 bytes")
        #expect(run.tell(.committed([0: 5])) == [.send(flight: 1, partition: 0)])
    }

    @Test func aShardAboveTheBoundGoesAlone() {
        var run = IngestRun(backlogBytesMax: 100, partitions: 1)
        #expect(run.offer(1, bytes: 900) == [.send(flight: 1, partition: 0)])
        #expect(run.offer(2, bytes: 900) == [.wait(flight: 2)])
        #expect(run.tell(.delivered(flight: 1, offset: 0)) == [])
        #expect(run.tell(.committed([0: 1])) == [.send(flight: 2, partition: 0)])
    }

    // MARK: Reservations

    @Test func roomIsGivenBackWhenTheClientLibraryRefuses() {
        var run = IngestRun(backlogBytesMax: 1_000, partitions: 1)
        _ = run.offer(1, bytes: 900)
        #expect(run.machine.backlogBytes == 900 && run.machine.shardsOpen == 1)
        #expect(run.tell(.refused(flight: 1, "too large")) == [])
        #expect(run.machine.backlogBytes == 0 && run.machine.shardsOpen == 0)
        #expect(run.machine.failure == "too large")
        #expect(run.tell(.closed) == [.failed("too large")], "nobody waits for a delivery report")
    }

    @Test func roomIsGivenBackWhenADeliveryFails() {
        var run = IngestRun(backlogBytesMax: 1_000, partitions: 1)
        _ = run.offer(1, bytes: 900)
        #expect(run.tell(.deliveryFailed(flight: 1, "gone")) == [])
        #expect(run.machine.backlogBytes == 0 && run.machine.counts.shards == 0)
        #expect(run.tell(.closed) == [.failed("gone")])
    }

    @Test func roomStaysReservedWhileTheClientLibraryIsFullAndIsGivenBackByAStop() {
        var run = IngestRun(backlogBytesMax: 1_000, partitions: 1)
        _ = run.offer(1, bytes: 900)
        #expect(run.tell(.queueFull(flight: 1)) == [.wait(flight: 1)])
        #expect(run.machine.backlogBytes == 900)
        #expect(run.offer(2, bytes: 900) == [.wait(flight: 2)])
        #expect(run.tell(.stop) == [.giveUp(flight: 2), .giveUp(flight: 1)])
        #expect(run.machine.backlogBytes == 0 && run.machine.shardsOpen == 0)
        #expect(run.tell(.closed) == [.failed("stopped: what waited was not sent")], "nothing is on its way")
        #expect(run.machine.account.imagesOpen == 4 && run.machine.account.shardsOpen == 2)
    }

    // MARK: Unplaced records

    @Test func aRecordOfUnknownOffsetCountsUntilItsPartitionsEndIsKnown() {
        var run = IngestRun(backlogBytesMax: 1_000, partitions: 2)
        _ = run.offer(1, bytes: 900, first: 1)
        _ = run.tell(.delivered(flight: 1, offset: nil))
        #expect(run.machine.counts.shards == 1, "it is confirmed")
        #expect(run.tell(.committed([1: 1])) == [])
        #expect(run.machine.backlogBytes == 900, "it may lie above")
        #expect(
            run.tell(.tick, after: 50) == [.ask(.end(partition: 1)), .ask(.committed)],
            "the end first: a commit that is asked for later may lie above")
        #expect(run.tell(.tick, after: 500) == [], "nothing is asked twice at a time")
        #expect(run.tell(.end(1, partition: 1)) == [])
        #expect(run.machine.backlogBytes == 0, "it lies below offset 1, and that is committed")
    }

    @Test func aRecordThatIsDeliveredAfterTheQuestionIsNotPlacedByItsAnswer() {
        var run = IngestRun(backlogBytesMax: 1_000, partitions: 1)
        _ = run.offer(1, bytes: 300)
        _ = run.offer(2, bytes: 400)
        _ = run.tell(.delivered(flight: 1, offset: nil))
        #expect(run.tell(.tick, after: 50) == [.ask(.end(partition: 0)), .ask(.committed)])
        _ = run.tell(.delivered(flight: 2, offset: nil))
        _ = run.tell(.end(1, partition: 0))
        #expect(run.tell(.committed([0: 1])) == [])
        #expect(run.machine.backlogBytes == 400, "the second one may lie above offset 1")
    }

    @Test func anEndThatWasNotToldIsAskedForAgain() {
        var run = IngestRun(backlogBytesMax: 1_000, partitions: 1)
        _ = run.offer(1, bytes: 300)
        _ = run.tell(.delivered(flight: 1, offset: nil))
        #expect(run.tell(.tick, after: 50) == [.ask(.end(partition: 0)), .ask(.committed)])
        #expect(run.tell(.noAnswer(.end(partition: 0))) == [])
        #expect(run.tell(.noAnswer(.committed)) == [])
        #expect(run.machine.backlogBytes == 300)
        #expect(run.tell(.tick, after: 49) == [])
        #expect(run.tell(.tick, after: 1) == [.ask(.end(partition: 0)), .ask(.committed)])
        _ = run.tell(.end(1, partition: 0))
        _ = run.tell(.committed([0: 1]))
        #expect(run.machine.backlogBytes == 0)
        #expect(run.tell(.tick, after: 50) == [.ask(.committed)], "nothing is left to place")
    }
}

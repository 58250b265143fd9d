import FleetMachines
import Testing

/// How an ingest ends: by itself, by a stop, by a failure, by silence.
@Suite struct IngestEndingTests {
    private let stopped = "stopped: the broker has confirmed nothing for 5 s"

    // MARK: The client library's queue

    @Test func whatTheQueueHadNoRoomForIsSentAgain() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 2)
        _ = run.offer(1, bytes: 10, first: 1)
        #expect(run.tell(.queueFull(flight: 1)) == [.wait(flight: 1)])
        #expect(run.tell(.roomAgain) == [.send(flight: 1, partition: 1)], "the partition stays")
        #expect(run.tell(.roomAgain) == [], "once")
        #expect(run.tell(.queueFull(flight: 1)) == [.wait(flight: 1)])
        #expect(run.tell(.tick) == [.send(flight: 1, partition: 1)], "nobody may tell of the room")
    }

    @Test func aStopWhileTheQueueIsFullEndsSoonAndSaysWhatIsConfirmed() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        for flight in UInt64(1)...3 { _ = run.offer(flight, bytes: 10) }
        _ = run.tell(.delivered(flight: 1, offset: 0))
        #expect(run.tell(.queueFull(flight: 3)) == [.wait(flight: 3)])
        #expect(run.tell(.stop, after: 100) == [.giveUp(flight: 3)])
        #expect(run.tell(.closed) == [], "the second one may still be confirmed")
        #expect(run.tell(.tick, after: 4_999) == [])
        #expect(run.tell(.tick, after: 1) == [.failed(stopped)])
        #expect(run.machine.failure == stopped && run.machine.failedAfterStop)
        #expect(
            "\(run.machine.account)"
                == "images: 2 confirmed, 4 not; shards: 1 confirmed, 2 not; send again: stream s0 from image i2 on"
        )
    }

    @Test func aQueueThatIsFoundFullAfterAStopIsNotWaitedFor() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        _ = run.offer(1, bytes: 10)
        _ = run.tell(.stop)
        #expect(run.tell(.queueFull(flight: 1)) == [.giveUp(flight: 1)])
    }

    @Test func anEarlierFailureEndsTheWaitForTheQueue() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        _ = run.offer(1, bytes: 10)
        _ = run.offer(2, bytes: 10)
        _ = run.tell(.queueFull(flight: 2))
        #expect(run.tell(.deliveryFailed(flight: 1, "gone")) == [.giveUp(flight: 2)])
        #expect(run.tell(.closed) == [.failed("gone")])
    }

    // MARK: Stop

    @Test func afterAStopNothingIsWaitedForBeyondItsEndWhateverTheBrokerConfirms() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        for flight in UInt64(1)...4 { _ = run.offer(flight, bytes: 10) }
        _ = run.tell(.stop)
        _ = run.tell(.closed)
        #expect(run.tell(.delivered(flight: 1, offset: 0), after: 4_000) == [])
        #expect(run.tell(.delivered(flight: 3, offset: 2), after: 3_999) == [])
        #expect(run.tell(.tick, after: 1) == [.failed("stopped: not everything was confirmed within 8 s")])
        #expect(run.machine.account.sendAgain.map(\.image) == ["i2"], "the third one may come twice")
        #expect(run.machine.account.imagesOpen == 4)
    }

    @Test func afterAStopAStreamThatHearsNothingIsNotWaitedFor() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        _ = run.offer(1, bytes: 10)
        _ = run.tell(.delivered(flight: 1, offset: 0))
        _ = run.tell(.stop)
        #expect(run.tell(.tick, after: 7_999) == [])
        #expect(run.tell(.stop, after: 1) == [.done], "all is confirmed; the first stop counts")
        #expect(run.offer(2, bytes: 10) == [.giveUp(flight: 2)])
    }

    @Test func imagesThatWereNeverOfferedAreNotConfirmedEither() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        _ = run.offer(1, bytes: 10)
        _ = run.tell(.stop)
        _ = run.tell(.unsent(images: 3))
        #expect(run.tell(.delivered(flight: 1, offset: 0)) == [])
        #expect(run.tell(.closed) == [.failed("stopped: what waited was not sent")])
        #expect("\(run.machine.account)" == "images: 2 confirmed, 3 not; shards: 1 confirmed, 0 not")
    }

    @Test func whenAStreamFailsWhatWasSentIsWaitedForWhileTheBrokerConfirms() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        for flight in UInt64(1)...4 { _ = run.offer(flight, bytes: 10) }
        _ = run.tell(.windDown)
        _ = run.tell(.closed)
        for flight in UInt64(1)...3 {
            #expect(run.tell(.delivered(flight: flight, offset: Int64(flight)), after: 4_900) == [])
        }
        #expect(run.tell(.delivered(flight: 4, offset: 4), after: 4_900) == [.done])
    }

    @Test func aShardThatIsSentLateAfterAnotherStreamFailedHasItsTimeToBeConfirmed() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        _ = run.tell(.windDown)
        // The source noticed late.
        _ = run.tell(.tick, after: 4_900)
        #expect(run.offer(1, bytes: 10) == [.send(flight: 1, partition: 0)])
        #expect(run.tell(.closed) == [])
        #expect(run.tell(.delivered(flight: 1, offset: 0), after: 4_999) == [.done])
    }

    @Test func withoutAStopASilentBrokerIsWaitedForUntilItsDeliveriesFail() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        _ = run.offer(1, bytes: 10)
        _ = run.tell(.closed)
        #expect(run.tell(.tick, after: 299_000) == [])
        #expect(run.tell(.stop) == [])
        #expect(
            run.tell(.tick, after: 5_000) == [
                .failed(stopped)
            ])
    }

    @Test func afterAStopNothingIsAskedAndNothingNewWaits() {
        var run = IngestRun(backlogBytesMax: 100, partitions: 1)
        _ = run.offer(1, bytes: 90)
        _ = run.tell(.stop)
        #expect(run.tell(.tick, after: 1_000) == [])
        #expect(run.offer(2, bytes: 90) == [.giveUp(flight: 2)])
        #expect(run.offer(3, bytes: 10) == [.send(flight: 3, partition: 0)])
    }

    @Test func whoComesTooLateIsAnswered() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        #expect(run.tell(.closed) == [.done])
        #expect(run.offer(1, bytes: 10) == [.giveUp(flight: 1)])
        #expect(run.tell(.queueFull(flight: 1)) == [.giveUp(flight: 1)])
        #expect(run.tell(.tick, after: 100_000) == [] && run.tell(.stop) == [] && run.tell(.closed) == [])
    }

    @Test func whatComesTooLateIsCounted() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        _ = run.tell(.stop)
        #expect(run.tell(.tick, after: 8_000) == [.done])
        #expect(run.tell(.unsent(images: 3)) == [])
        #expect(run.offer(1, bytes: 10) == [.giveUp(flight: 1)])
        #expect(run.machine.failure == nil && !run.machine.account.isComplete)
        #expect(
            "\(run.machine.account)" == "images: 0 confirmed, 5 not; shards: 0 confirmed, 1 not; "
                + "send again: stream s0 from image i1 on")
    }

    // MARK: Failure

    @Test func aFailureWhileOthersAreInFlightWaitsForThemWhileTheBrokerConfirms() {
        var run = IngestRun(backlogBytesMax: 100, partitions: 1)
        for flight in UInt64(1)...3 { _ = run.offer(flight, bytes: 30) }
        #expect(run.offer(4, bytes: 30) == [.wait(flight: 4)])
        #expect(run.tell(.refused(flight: 2, "too large")) == [.giveUp(flight: 4)], "no wait goes on")
        #expect(
            run.offer(5, bytes: 30) == [.send(flight: 5, partition: 0)], "another stream, and room is back")
        #expect(run.offer(6, bytes: 30) == [.giveUp(flight: 6)])
        #expect(run.tell(.closed) == [])
        _ = run.tell(.delivered(flight: 1, offset: 0), after: 4_000)
        #expect(run.tell(.deliveryFailed(flight: 3, "gone"), after: 4_000) == [])
        #expect(
            run.tell(.delivered(flight: 5, offset: 1), after: 500) == [.failed("too large")], "the first one")
        #expect(run.machine.counts.shards == 2 && !run.machine.failedAfterStop)
        #expect(
            run.machine.account.sendAgain == [IngestOrigin(stream: 0, name: "s0", image: "i2")],
            "the first that did not arrive, though a later one did")
        #expect(run.machine.account.shardsOpen == 4)
    }

    @Test func everyStreamIsToldFromWhereToSendAgain() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        for flight in UInt64(1)...6 { _ = run.offer(flight, bytes: 10, stream: Int(flight) % 3) }
        for flight in [UInt64(3), 2, 4, 6] { _ = run.tell(.delivered(flight: flight, offset: 0)) }
        _ = run.tell(.deliveryFailed(flight: 5, "fatal"))
        #expect(
            "\(run.machine.account)" == "images: 8 confirmed, 4 not; shards: 4 confirmed, 2 not; "
                + "send again: stream s1 from image i1 on, stream s2 from image i5 on")
    }

    @Test func ofVeryManyStreamsSomeAreNamed() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        for flight in UInt64(1)...18 { _ = run.offer(flight, bytes: 10, stream: Int(flight)) }
        #expect("\(run.machine.account)".hasSuffix("stream s16 from image i16 on, and of 2 more streams"))
    }

    @Test func aFailureEndsTheIngestThoughOthersAreNeverConfirmed() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        for flight in UInt64(1)...3 { _ = run.offer(flight, bytes: 30) }
        _ = run.tell(.refused(flight: 2, "too large"))
        _ = run.tell(.closed)
        #expect(run.tell(.tick, after: 5_000) == [.failed("too large")])
    }

    /// A source on a drive that hangs, or behind a pipe that hears nothing, would keep the ingest alive for ever.
    @Test func afterAFailureAStreamThatHearsNothingIsNotWaitedFor() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        for flight in UInt64(1)...2 { _ = run.offer(flight, bytes: 10) }
        _ = run.tell(.deliveryFailed(flight: 1, "gone"))
        _ = run.tell(.windDown)
        #expect(run.tell(.tick, after: 20_000) == [], "the second one is on its way")
        #expect(run.tell(.delivered(flight: 2, offset: 0)) == [])
        #expect(run.tell(.tick, after: 4_999) == [])
        #expect(run.tell(.tick, after: 1) == [.failed("gone")])
        var other = IngestRun(backlogBytesMax: nil, partitions: 1)
        _ = other.tell(.windDown)
        #expect(other.tell(.tick, after: 4_999) == [])
        #expect(other.tell(.tick, after: 1) == [.done], "what failed is another stream's source")
    }

    // MARK: Silence

    @Test func nobodyWaitsForRoomOnABrokerThatAnswersNothingForAMinute() {
        var run = IngestRun(backlogBytesMax: 100, partitions: 1)
        _ = run.offer(1, bytes: 90)
        #expect(run.offer(2, bytes: 90) == [.wait(flight: 2)])
        #expect(run.tell(.tick, after: 30_000) == [.ask(.committed)])
        #expect(run.tell(.committed([:])) == [], "an answer, though nothing is committed")
        _ = run.tell(.tick, after: 50)
        #expect(run.tell(.noAnswer(.committed), after: 59_900) == [])
        #expect(run.tell(.tick, after: 50) == [.giveUp(flight: 2), .ask(.committed)])
        let text =
            "cannot read the workers' progress: no answer from the broker for 60 s; ingest was waiting for room"
        #expect(run.machine.failure == text)
        _ = run.tell(.closed)
        #expect(
            run.tell(.tick, after: 5_000) == [.failed(text)], "the first shard's delivery is not waited for")
    }

    @Test func theQueueIsNotWaitedForEitherButAConfirmationIsAnAnswer() {
        var run = IngestRun(backlogBytesMax: nil, partitions: 1)
        _ = run.offer(1, bytes: 10)
        _ = run.offer(2, bytes: 10)
        _ = run.tell(.queueFull(flight: 2))
        #expect(run.tell(.delivered(flight: 1, offset: 0), after: 30_000) == [.ask(.committed)])
        #expect(run.tell(.roomAgain, after: 59_999) == [.send(flight: 2, partition: 0)])
        #expect(run.tell(.queueFull(flight: 2)) == [.wait(flight: 2)])
        #expect(run.tell(.tick, after: 1) == [.send(flight: 2, partition: 0)], "there may be room")
        #expect(run.tell(.queueFull(flight: 2)) == [.wait(flight: 2), .giveUp(flight: 2)])
        #expect(
            run.machine.failure
                == "cannot send: no answer from the broker for 60 s, and the client library's queue is full")
    }

    @Test func aSilentBrokerEndsNothingWhileNobodyWaits() {
        var run = IngestRun(backlogBytesMax: 100, partitions: 1)
        _ = run.offer(1, bytes: 10)
        #expect(run.tell(.tick, after: 100_000) == [.ask(.committed)])
        #expect(run.machine.failure == nil)
    }
}

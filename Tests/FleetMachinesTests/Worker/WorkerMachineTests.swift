import Artifacts
import FleetMachines
import PipelineMessages
import Testing

/// Single rules of the worker, one at a time; that all together keep the promise is the simulator's to show.
@Suite struct WorkerMachineTests {
    // MARK: Owning partitions

    @Test func noAnswerWhileTakingAnAssignmentIsAskedAgain() {
        var bench = WorkerBench()
        #expect(bench.tell(.assigned([1, 0])) == ["fetch [0, 1] 1"])
        let failure = CallFailure(.retriable, "coordinator moved")
        #expect(
            bench.tell(.positionsFailed(failure, generation: 1))
                == ["say broker: coordinator moved; asking again"])
        #expect(bench.tell(.tick).isEmpty)
        #expect(bench.tell(.tick, afterMs: 500) == ["fetch [0, 1] 1"])
        #expect(
            bench.tell(.positions([:], generation: 1))
                == ["assign [\"0@0\", \"1@0\"] 1", "resume [0, 1]"])
    }

    @Test func unreadableProgressStopsItsPartitionOnly() throws {
        var bench = WorkerBench()
        let saved = [
            Int32(0): SavedPosition(offset: 7, metadata: "{\"images\":-1"),
            1: SavedPosition(offset: 9, metadata: PartitionProgress(images: 3).text),
        ]
        bench.tell(.assigned([0, 1]))
        let words = bench.tell(.positions(saved, generation: 1))
        #expect(words.dropFirst() == ["assign [\"1@9\"] 1", "resume [1]"])
        #expect(
            words.first?.hasPrefix("say partition 0 is not read: committed progress is unreadable") == true)
        let blocked = try #require(bench.machine.partitions.first { $0.partition == 0 }?.blocked)
        #expect(blocked.hasPrefix("committed progress is unreadable, beside offset 7 in group "))
        #expect(blocked.hasSuffix("hashiflex positions move --partition 0 says where to go on"))
    }

    @Test func progressThatEndsInAZeroByteIsRead() {
        var bench = WorkerBench()
        let text = PartitionProgress(images: 3).text + "\0"
        bench.tell(.assigned([0]))
        let words = bench.tell(.positions([0: SavedPosition(offset: 9, metadata: text)], generation: 1))
        #expect(words == ["assign [\"0@9\"] 1", "resume [0]"])
    }

    @Test func aWorkerWithoutRoomRestsItsPartitionsAndServesTheGroup() {
        var settings = WorkerSettings()
        settings.unscoredMax = 2
        var bench = WorkerBench(settings)
        bench.putInForce("a", partitions: [0])
        bench.own([0])
        _ = bench.take(marker(announced("a")), 0)
        #expect(bench.machine.wantsPoll)
        #expect(bench.takeShard(1) == ["submit 1 by head@a"])
        #expect(bench.takeShard(2) == ["submit 2 by head@a"])
        #expect(!bench.machine.wantsPoll)
        #expect(!bench.tell(.tick, afterMs: 1_999).contains("pause [0]"))
        #expect(bench.tell(.tick, afterMs: 1).contains("pause [0]"))
        #expect(bench.machine.wantsPoll)
        let ticket = bench.tickets[0]
        #expect(bench.tell(.scored(ticket, 0, images: 1)).contains("resume [0]"))
    }

    @Test func partitionsAreGivenBackWhenTheCommitUnderWayIsAnswered() {
        var bench = WorkerBench()
        bench.putInForce("a", partitions: [0])
        bench.own([0])
        #expect(bench.take(marker(announced("a")), 0) == ["commit [\"0@1\"] as 1"])
        #expect(bench.tell(.revoked(lost: true)).isEmpty)
        #expect(bench.tell(.tick, afterMs: 60_000).isEmpty)
        #expect(bench.tell(.commitEnded(nil, serial: 1)) == ["unassign"])
    }

    @Test(arguments: [(0, "0 partitions"), (1, "1 partition"), (2, "2 partitions")])
    func whoWasCutOffSaysWhenItIsBack(count: Int32, words: String) {
        var bench = WorkerBench()
        bench.own([0, 1])
        #expect(bench.tell(.revoked(lost: true)) == ["unassign"])
        let back = bench.tell(.assigned(Array(0..<count)), afterMs: 31_500)
        #expect(back.first == "say group: back after 31 s, with \(words)")
        // Once, and not for what the group does by itself.
        bench.tell(.positions([:], generation: bench.generation))
        bench.tell(.revoked(lost: false))
        #expect(!bench.tell(.assigned([0]), afterMs: 9_000).contains { $0.hasPrefix("say") })
    }

    /// Found between real hosts: the reader polled once more between the answer of where to go on and the
    /// assignment, and what the client library had fetched ahead became the lane's first record. Sixteen shards
    /// before it were never scored.
    @Test func whatWasFetchedBeforeARewindIsNotTakenForWhatComesNext() {
        var bench = WorkerBench()
        bench.putInForce("a", partitions: [0])
        bench.own([0])
        let before = bench.generation
        _ = bench.take(marker(announced("a")), 0)
        bench.tell(.commitEnded(nil, serial: 1))
        _ = bench.takeShard(1)
        bench.tell(.scored(bench.tickets[0], 0, images: 4))
        // Its delivery fails: everything is read again from the committed offset.
        bench.tell(.deliveryFailed(CallFailure(.retriable, "timed out"), flight: 1))
        #expect(bench.generation != before)
        let heads = [
            HeadInForce(slot: .standard, head: digest("a"), label: label("a"), number: 1, marker: 0)
        ]
        let saved = SavedPosition(offset: 1, metadata: PartitionProgress(images: 0, heads: heads).text)
        bench.tell(.positions([0: saved], generation: bench.generation))
        #expect(bench.take(.shard(stream: "s"), 17, for: before).isEmpty)
        // The next one is the one that was not committed.
        #expect(bench.takeShard(1) == ["submit 1 by head@a"])
    }

    @Test func finishedWorkLeavesBeforePartitionsAreGivenBack() {
        var bench = WorkerBench()
        bench.putInForce("a", partitions: [0])
        bench.own([0])
        _ = bench.take(marker(announced("a")), 0)
        bench.tell(.commitEnded(nil, serial: 1))
        _ = bench.takeShard(1)
        _ = bench.takeShard(2)
        #expect(bench.tell(.scored(bench.tickets[0], 0, images: 4)) == ["publish 1 as 1"])
        // The second is not finished: it is its next owner's.
        #expect(bench.tell(.revoked(lost: false)).isEmpty)
        bench.tell(.queued(flight: 1, records: 5))
        #expect(bench.tell(.delivered(flight: 1, records: 4)).isEmpty)
        #expect(bench.tell(.delivered(flight: 1, records: 1)) == ["commit [\"0@2\"] as 2"])
        #expect(bench.tell(.commitEnded(nil, serial: 2)) == ["unassign"])
        #expect(bench.machine.imagesCommitted == 4)
    }

    // MARK: Markers

    @Test func aMarkerThatNobodyAnnouncedIsADeadLetterOnceTheControlTopicIsRead() {
        var bench = WorkerBench()
        bench.own([0])
        let forged = announced("forged", number: 1)
        #expect(bench.take(marker(forged), 0) == ["pause [0]", "ask end 1"])
        #expect(bench.tell(.controlRead(below: 5)).isEmpty)
        #expect(bench.tell(.controlEnd(9, serial: 1)).isEmpty)
        #expect(bench.tell(.controlRead(below: 8)).isEmpty)
        #expect(
            bench.tell(.controlRead(below: 9)) == [
                "resume [0]", "publish 0 as 1, dead",
                "say dead letters: partition 0, offset 0: false-marker, no cut-over forged was announced in the control "
                    + "topic",
            ])
        #expect(bench.machine.deadLetters == 1)
    }

    @Test func aMarkerWaitsForItsAnnouncement() {
        var bench = WorkerBench()
        bench.own([0])
        let record = announced("a")
        #expect(bench.take(marker(record), 0) == ["pause [0]", "ask end 1"])
        bench.tell(.controlEnd(4, serial: 1))
        #expect(bench.tell(.cutover(record, offset: 3)) == ["resume [0]", "commit [\"0@1\"] as 1"])
    }

    /// The end of the control topic before the marker was met says nothing about it.
    @Test func anAnswerToAnEarlierQuestionDecidesNothing() {
        var bench = WorkerBench()
        bench.own([0, 1])
        #expect(bench.take(marker(announced("x")), 0) == ["pause [0]", "ask end 1"])
        #expect(
            bench.take(marker(announced("a", number: 3, partitions: [1])), 0, partition: 1)
                == ["pause [1]", "ask end 2"])
        bench.tell(.controlRead(below: 3))
        #expect(bench.tell(.controlEnd(3, serial: 1)).prefix(2) == ["resume [0]", "publish 0 as 1, dead"])
        bench.tell(.cutover(announced("a", number: 3, partitions: [1]), offset: 4))
        #expect(bench.machine.partitions[1].blocked == nil)
        #expect(bench.machine.deadLetters == 1)
    }

    /// Found by the simulator (seed 33159 of its day): the next head switched nothing in this partition.
    @Test func anAnswerThatComesAfterItsMarkerWasRefutedDecidesNoOther() {
        var bench = WorkerBench()
        bench.own([0])
        var refuted = announced("x", number: 1)
        #expect(bench.take(marker(refuted), 0) == ["pause [0]", "ask end 1"])
        refuted.state = .aborted
        bench.tell(.cutover(refuted, offset: 2))
        bench.tell(.controlRead(below: 3))
        #expect(bench.machine.deadLetters == 1)
        bench.tell(.controlEnd(3, serial: 1))
        let record = announced("a", number: 3)
        #expect(bench.take(marker(record), 1).contains("ask end 2"))
        bench.tell(.cutover(record, offset: 4))
        #expect(bench.machine.partitions[0].blocked == nil)
        #expect(bench.machine.deadLetters == 1)
    }

    // MARK: Publishing

    @Test func aFailedDeliveryReadsAgainFromTheCommittedOffsets() {
        var bench = WorkerBench()
        bench.putInForce("a", partitions: [0])
        bench.own([0])
        _ = bench.take(marker(announced("a")), 0)
        _ = bench.takeShard(1)
        bench.tell(.scored(bench.tickets[0], 0, images: 1))
        bench.tell(.queued(flight: 1, records: 2))
        // Not while the commit under way may still move them.
        let failed = bench.tell(.deliveryFailed(CallFailure(.retriable, "timed out"), flight: 1))
        #expect(failed == ["say publishing was interrupted and goes on: timed out"])
        #expect(bench.tell(.commitEnded(nil, serial: 1)) == ["fetch [0] 2"])
        // What was on its way for the earlier lane counts no more.
        #expect(bench.tell(.delivered(flight: 1, records: 2)).isEmpty)
    }

    @Test func anAbortedTransactionIsReadAgainAndNeverCommitted() {
        var settings = WorkerSettings()
        settings.isExactlyOnce = true
        var bench = WorkerBench(settings)
        bench.putInForce("a", partitions: [0])
        bench.own([0])
        #expect(bench.take(marker(announced("a")), 0) == ["begin"])
        #expect(bench.tell(.transactionEnded(.begin, nil)) == ["send [\"0@1\"] for 1"])
        let stale = CallFailure(.stale, "moved on")
        #expect(bench.tell(.transactionEnded(.sendOffsets, stale)).last == "abort")
        #expect(bench.tell(.transactionEnded(.abort, nil)) == ["fetch [0] 2"])
        #expect(bench.machine.imagesCommitted == 0)
    }

    @Test func aTransactionOfLostPartitionsIsAbortedBeforeTheyAreGivenBack() {
        var settings = WorkerSettings()
        settings.isExactlyOnce = true
        var bench = WorkerBench(settings)
        bench.putInForce("a", partitions: [0])
        bench.own([0])
        _ = bench.take(marker(announced("a")), 0)
        bench.tell(.transactionEnded(.begin, nil))
        bench.tell(.revoked(lost: true))
        #expect(bench.tell(.transactionEnded(.sendOffsets, nil)) == ["abort"])
        #expect(bench.tell(.transactionEnded(.abort, nil)) == ["unassign"])
    }

    /// No interruption ends a worker: whether an abort has happened is asked until it is known.
    @Test(arguments: [CallFailure.Kind.retriable, .abortable, .stale])
    func anAbortThatFailsIsMadeAgain(kind: CallFailure.Kind) {
        var settings = WorkerSettings()
        settings.isExactlyOnce = true
        var bench = WorkerBench(settings)
        bench.putInForce("a", partitions: [0])
        bench.own([0])
        _ = bench.take(marker(announced("a")), 0)
        bench.tell(.transactionEnded(.begin, CallFailure(.abortable, "the producer is made anew")))
        let failed = bench.tell(.transactionEnded(.abort, CallFailure(kind, "no broker")))
        #expect(failed == ["say publishing was interrupted and goes on: no broker"])
        #expect(bench.tell(.tick, afterMs: 499).isEmpty)
        #expect(bench.tell(.tick, afterMs: 1) == ["abort"])
        #expect(bench.tell(.transactionEnded(.abort, nil)) == ["fetch [0] 2"])
    }

    // MARK: Heads

    @Test func aHeadThatIsNeededLessMakesRoomAndComesBackWhenItIsAskedFor() {
        var settings = WorkerSettings()
        settings.headsMax = 2
        var bench = WorkerBench(settings)
        bench.putInForce("a", partitions: [0])
        bench.own([0])
        _ = bench.take(marker(announced("a")), 0)
        for name in ["idle", "new"] {
            bench.tell(.headReady(digest(name), bytes: 1))
            bench.tell(.published(manifest(name)))
        }
        #expect(bench.machine.headsReady.count == 2 && bench.machine.hasReady(digest("a")))
        #expect(!bench.machine.hasReady(digest("idle")))
        var request = announced("again", number: 9)
        (request.state, request.head, request.number) = (.requested, digest("idle"), nil)
        #expect(bench.tell(.cutover(request, offset: 9)) == ["fetch head \(digest("idle").short)"])
    }

    @Test func whatIsRefusedIsNotRememberedForEver() {
        var bench = WorkerBench()
        for number in 0..<3_000 { bench.tell(.headRefused(digest("\(number)"), "no")) }
        #expect(bench.machine.refusals.count == 32)
    }
}

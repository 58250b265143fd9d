import FleetMachines
import PipelineMessages
import Testing

/// A worker that can read a partition and not write what becomes of its images leaves it to another.
@Suite struct AnswerLeadersTests {
    /// Owns partitions 0 and 1 of eight; a shard of partition 1 is scored and on its way to the broker. The session is 10 s; a leader
    /// that takes nothing is given up after 12 s.
    private func writer(isExactlyOnce: Bool = false) -> WorkerBench {
        var settings = WorkerSettings()
        settings.sessionMs = 10_000
        settings.isExactlyOnce = isExactlyOnce
        var bench = WorkerBench(settings)
        bench.putInForce("a", partitions: [1])
        bench.own([0, 1])
        _ = bench.take(marker(announced("a", partitions: [1])), 0, partition: 1)
        _ = bench.takeShard(1, partition: 1)
        bench.tell(.commitEnded(nil, serial: 1))
        bench.tell(.scored(bench.tickets[0], 0, images: 1))
        if isExactlyOnce { bench.tell(.transactionEnded(.begin, nil)) }
        bench.tell(.queued(flight: 1, records: 2))
        return bench
    }

    /// Lets so many questions come, 2.5 s apart; all images can be read, and these answers written. Returns what was asked for beside
    /// them.
    private func ask(
        _ bench: inout WorkerBench, times: Int, answered: [Int32] = [], silent: [Int32] = []
    ) -> [String] {
        (0..<times).flatMap { _ in
            bench.tell(.tick, afterMs: 2_500)
                + bench.tell(.leaders(.images, answered: [0, 1], silent: [], of: 8))
                + bench.tell(.leaders(.answers, answered: answered, silent: silent, of: 8))
        }.filter { !$0.hasPrefix("ask leaders") && !$0.hasPrefix("fetch") }
    }

    /// Has left the group for partition 1.
    private func leaver() -> WorkerBench {
        var bench = writer()
        _ = ask(&bench, times: 8, silent: [1])
        bench.tell(.revoked(lost: false))
        bench.tell(.tick, afterMs: 1_000)
        return bench
    }

    @Test func aPartitionWhoseAnswersCanNotBeWrittenIsLeftToAnother() {
        var bench = writer()
        #expect(bench.machine.hasFlights)
        var words = bench.tell(.tick, afterMs: 5_000)
        #expect(words == ["ask leaders [0, 1]", "ask leaders of answers [1]"])
        words = ask(&bench, times: 3, silent: [1])
        #expect(words.isEmpty)
        words = ask(&bench, times: 1, silent: [1])
        #expect(words.count == 2 && words.last == "leave")
        #expect(
            words.first?.contains(
                "predictions and receipts of partition 1 can not be written here, the leader has not answered for 12 s"
            ) ?? false)
        #expect(words.first?.contains("for 60 s in which nobody takes it further") ?? false)
        // What is on its way has a second; then nothing of it is waited for.
        #expect(bench.tell(.revoked(lost: false)).isEmpty)
        #expect(bench.tell(.tick, afterMs: 1_000).last == "unassign")
        words = ask(&bench, times: 4, silent: [1])
        #expect(words.isEmpty)
        words = ask(&bench, times: 1, answered: [1])
        #expect(words == ["say group: partition 1: its leader answers again; joining again", "join"])
    }

    /// A transaction that can not be ended now must not keep the partitions from others.
    @Test func aTransactionIsLeftBehind() {
        var bench = writer(isExactlyOnce: true)
        #expect(bench.machine.hasFlights)
        let left = ask(&bench, times: 8, silent: [1])
        #expect(left.last == "leave")
        #expect(bench.tell(.revoked(lost: false)).isEmpty)
        #expect(bench.tell(.tick, afterMs: 1_000) == ["abort", "unassign"])
        // Back before it is aborted: nothing begins anew, and nothing is read again when it is.
        let back = ask(&bench, times: 1, answered: [1])
        #expect(back.last == "join")
        let saved = SavedPosition(offset: 0, metadata: PartitionProgress().text)
        bench.own([0, 1], saved: [0: saved, 1: saved])
        let words = bench.take(marker(announced("a", partitions: [1])), 0, partition: 1)
        #expect(words.isEmpty)
        #expect(bench.tell(.transactionEnded(.abort, nil)).isEmpty)
        #expect(bench.tell(.tick, afterMs: 100) == ["begin"])
    }

    /// Readers would wait for what it holds.
    @Test func aDrainEndsWhatWasLeftBehind() {
        var bench = writer(isExactlyOnce: true)
        _ = ask(&bench, times: 8, silent: [1])
        bench.tell(.revoked(lost: false))
        bench.tell(.tick, afterMs: 1_000)
        #expect(bench.tell(.drain).isEmpty)
        #expect(bench.tell(.transactionEnded(.abort, nil)).last == "finished")
    }

    @Test func aLeaderThatIsMerelySlowIsNoReason() {
        var bench = writer()
        let words = ask(&bench, times: 200, answered: [1])
        #expect(words.isEmpty)
    }

    @Test func whatIsAcknowledgedIsWaitedForNoMore() {
        var bench = writer()
        _ = ask(&bench, times: 5, silent: [1])
        bench.tell(.delivered(flight: 1, records: 2))
        let words = ask(&bench, times: 40, silent: [1])
        #expect(!words.contains("leave"))
    }

    /// An interruption that has the records published again is no answer of the leader.
    @Test func whatIsPublishedAgainIsStillWaitedFor() {
        var bench = writer()
        _ = ask(&bench, times: 3, silent: [1])
        bench.tell(.deliveryFailed(CallFailure(.retriable, "timed out"), flight: 1))
        bench.tell(.positions([:], generation: bench.generation))
        let words = ask(&bench, times: 3, silent: [1])
        #expect(words.last == "leave")
    }

    /// It is not known which node keeps the transactions: one that is silent while none is answered.
    @Test func aNodeThatKeepsTransactionsIsNeededAsWell() {
        var bench = writer(isExactlyOnce: true)
        let left = ask(&bench, times: 8, answered: [0, 1], silent: [5])
        #expect(left.last == "leave")
        #expect(
            left.first?.contains(
                "transactions are not answered here, perhaps by the leader of predictions and receipts of partition 5"
            ) ?? false)
        bench.tell(.revoked(lost: false))
        bench.tell(.tick, afterMs: 1_000)
        // What others are to take further is what it had.
        let asks = bench.tell(.tick)
        #expect(asks.contains("fetch [0, 1] 1"))
        let back = ask(&bench, times: 1, answered: [5])
        #expect(back.last == "join")
        // At least once nothing else is needed.
        var other = writer()
        let stays = ask(&other, times: 40, answered: [0, 1], silent: [5])
        #expect(stays.isEmpty)
    }

    /// Where others take the partition further, the trouble is this worker's.
    @Test func itStaysAwayWhileOthersTakeThePartitionFurther() {
        var bench = leaver()
        for offset in Int64(2)..<40 {
            let words = ask(&bench, times: 4, silent: [1])
            #expect(words.isEmpty)
            bench.tell(
                .positions([1: SavedPosition(offset: offset, metadata: "")], generation: bench.generation))
        }
        let back = ask(&bench, times: 50, silent: [1])
        #expect(back.last == "join" && back.count == 2)
        #expect(back.first?.hasSuffix("its leader is still silent here; joining again") ?? false)
    }

    /// Two workers may each be needed for what the other can not do.
    @Test func itTriesAgainAfterFortyEightSessions() {
        var bench = leaver()
        var words: [String] = []
        for offset in Int64(2)..<50 {
            let more = ask(&bench, times: 4, silent: [1])
            #expect(more.isEmpty == (bench.nowMs < 496_000))
            words += more
            bench.tell(
                .positions([1: SavedPosition(offset: offset, metadata: "")], generation: bench.generation))
        }
        #expect(words.last == "join")
    }

    /// Where nobody does, it comes back; the fleet must not go one by one.
    @Test func itComesBackWhereNobodyTakesThePartitionFurther() {
        var bench = leaver()
        let back = ask(&bench, times: 24, silent: [1])
        #expect(back.last == "join")
        #expect(back.first?.contains("and no other worker took it further") ?? false)
    }

    @Test func whoHasEverythingStays() {
        var bench = writer()
        for _ in 0..<40 {
            let words =
                bench.tell(.tick, afterMs: 2_500)
                + bench.tell(.leaders(.images, answered: [0, 1], silent: [], of: 2))
                + bench.tell(.leaders(.answers, answered: [], silent: [1], of: 2))
            #expect(!words.contains("leave"))
        }
    }
}

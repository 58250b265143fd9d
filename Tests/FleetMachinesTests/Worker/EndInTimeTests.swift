import FleetMachines
import PipelineMessages
import Testing

/// A worker that is told to end does so in bounded time, whoever does not answer.
@Suite struct EndInTimeTests {
    private let away = CallFailure(.retriable, "no answer")

    private func owner(isExactlyOnce: Bool) -> WorkerBench {
        var settings = WorkerSettings()
        settings.isExactlyOnce = isExactlyOnce
        var bench = WorkerBench(settings)
        bench.putInForce("a", partitions: [0])
        bench.own([0])
        _ = bench.take(marker(announced("a")), 0)
        bench.tell(.commitEnded(nil, serial: 1))
        _ = bench.takeShard(1)
        bench.tell(.scored(bench.tickets[0], 0, images: 1))
        return bench
    }

    /// What it took is lost with its producer: others do it, nothing is begun again.
    @Test func aDrainBeginsNothingAgain() {
        var bench = owner(isExactlyOnce: false)
        bench.tell(.queued(flight: 1, records: 2))
        bench.tell(.drain)
        let words = bench.tell(.flightsLost(away)) + bench.tell(.tick, afterMs: 50)
        #expect(!words.contains { $0.hasPrefix("fetch") })
        #expect(words.contains("unassign") && words.contains("finished"), "\(words)")
    }

    @Test(arguments: [false, true]) func aTransactionThatNobodyEndsIsLeft(_ isStopped: Bool) {
        var bench = owner(isExactlyOnce: true)
        bench.tell(.transactionEnded(.begin, nil))
        bench.tell(.queued(flight: 0, records: 2))
        bench.tell(isStopped ? .stop : .drain)
        bench.tell(.deliveryFailed(away, flight: 0))
        var (words, waitedMs): ([String], Int64) = ([], 0)
        while !words.contains("finished"), waitedMs < 120_000 {
            words = bench.tell(.tick, afterMs: 500)
            if words.contains("abort") { words += bench.tell(.transactionEnded(.abort, away)) }
            waitedMs += 500
        }
        #expect(waitedMs <= (isStopped ? 15_000 : 41_000), "\(waitedMs)")
    }

    /// What a transaction commits moves the answer to where to start.
    @Test func aTransactionsCommitIsWaitedFor() {
        var settings = WorkerSettings()
        settings.isExactlyOnce = true
        var bench = WorkerBench(settings)
        bench.putInForce("a", partitions: [0])
        bench.own([0])
        #expect(bench.take(marker(announced("a")), 0) == ["begin"])
        #expect(bench.tell(.transactionEnded(.begin, nil)) == ["send [\"0@1\"] for 1"])
        #expect(bench.tell(.transactionEnded(.sendOffsets, nil)) == ["commit transaction"])
        // The partition is to be read again, as soon as it is known from where.
        bench.tell(.outOfRange(partition: 0, PartitionExtent(begin: 0, end: 1)))
        #expect(bench.tell(.tick, afterMs: 5_000).allSatisfy { !$0.hasPrefix("fetch") })
        let words = bench.tell(.transactionEnded(.commit, nil)) + bench.tell(.tick, afterMs: 50)
        #expect(words.contains { $0.hasPrefix("fetch [0]") }, "\(words)")
    }
}

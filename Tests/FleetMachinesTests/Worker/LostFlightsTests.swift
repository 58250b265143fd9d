import FleetMachines
import PipelineMessages
import Testing

/// A producer that is made anew takes along what was on its way: nobody says any more what became of it.
@Suite struct LostFlightsTests {
    private let lost = CallFailure(.retriable, "the producer is made anew")

    /// Owns partition 0, of which a shard is on its way.
    private func flying(_ settings: WorkerSettings = WorkerSettings()) -> WorkerBench {
        var bench = WorkerBench(settings)
        bench.putInForce("a", partitions: [0])
        bench.own([0])
        _ = bench.take(marker(announced("a")), 0)
        return bench
    }

    @Test func whatWasOnItsWayIsReadAgain() {
        var bench = flying()
        bench.tell(.commitEnded(nil, serial: 1))
        _ = bench.takeShard(1)
        bench.tell(.scored(bench.tickets[0], 0, images: 1))
        bench.tell(.queued(flight: 1, records: 2))
        let words = bench.tell(.flightsLost(lost))
        #expect(words.last == "fetch [0] 2")
        // The failures of the old flights change nothing any more.
        #expect(bench.tell(.deliveryFailed(lost, flight: 1)).isEmpty)
    }

    @Test func withoutAnythingOnItsWayNothingIsDone() {
        var bench = flying()
        bench.tell(.commitEnded(nil, serial: 1))
        #expect(bench.tell(.flightsLost(lost)).isEmpty)
    }

    @Test func aTransactionIsAborted() {
        var settings = WorkerSettings()
        settings.isExactlyOnce = true
        var bench = flying(settings)
        _ = bench.takeShard(1)
        bench.tell(.scored(bench.tickets[0], 0, images: 1))
        bench.tell(.transactionEnded(.begin, nil))
        #expect(bench.machine.hasFlights)
        #expect(bench.tell(.flightsLost(CallFailure(.abortable, "anew"))).last == "abort")
        #expect(bench.tell(.transactionEnded(.abort, nil)) == ["fetch [0] 2"])
    }
}

import Cutover
import PipelineMessages
import Testing

/// The promise as a whole: whoever dies whenever, every shard is scored by the head that the topics give it.
@Suite struct FleetSimulationTests {
    private struct Totals {
        var committed = 0
        var aborted = 0
        var scores = 0
        var redelivered = 0
        var repeatedMarkers = 0
        var crashesBetweenMarkers = 0
        var crashes = 0
        var zombies = 0
    }

    @Test func aThousandCutOversUnderCrashesGiveEveryShardItsHead() throws {
        var totals = Totals()
        var seed = UInt64(0)
        while totals.committed < 1_000, seed < 400 {
            var fleet = VirtualFleet(.init(seed: seed))
            let audit = try #require(try fleet.run(), "seed \(seed) does not end")
            #expect(audit.complaints.prefix(3).isEmpty, "seed \(seed)")
            if !audit.complaints.isEmpty { return }
            totals.committed += audit.committed
            totals.aborted += audit.aborted
            totals.scores += audit.scores
            totals.redelivered += audit.redelivered
            totals.repeatedMarkers += audit.repeatedMarkers
            totals.crashesBetweenMarkers += fleet.crashesBetweenMarkers
            totals.crashes += fleet.crashes
            totals.zombies += fleet.zombies
            seed += 1
        }
        #expect(totals.committed >= 1_000)
        // What the promise is about did happen.
        #expect(totals.aborted > 50)
        #expect(totals.redelivered > 1_000)
        #expect(totals.repeatedMarkers > 50)
        #expect(totals.crashesBetweenMarkers > 50)
        #expect(totals.zombies > 100 && totals.crashes > 100)
    }

    @Test func fleetsOfOtherSizesKeepThePromise() throws {
        for (seed, size) in [(1, 1), (1, 8), (8, 1), (3, 12), (12, 3)].enumerated() {
            let plan = VirtualFleet.Plan(
                seed: 10_000 + UInt64(seed),
                cutovers: 10,
                partitions: size.0,
                workers: size.1
            )
            var fleet = VirtualFleet(plan)
            let audit = try #require(try fleet.run(), "\(plan) does not end")
            #expect(audit.complaints.prefix(3).isEmpty, "\(plan)")
        }
    }

    @Test func equalSeedsGiveEqualRuns() throws {
        var first = VirtualFleet(.init(seed: 77, cutovers: 8))
        var second = VirtualFleet(.init(seed: 77, cutovers: 8))
        let audits = [try #require(try first.run()), try #require(try second.run())]
        #expect(audits[0].scores == audits[1].scores && audits[0].committed == audits[1].committed)
        #expect(audits[0].repeatedMarkers == audits[1].repeatedMarkers)
    }

    /// Without this the simulation could be blind.
    @Test(arguments: VirtualWorker.Fault.allCases)
    func aFleetThatBreaksARuleIsCaught(fault: VirtualWorker.Fault) throws {
        var caught = 0
        for seed in UInt64(0)..<10 {
            var fleet = VirtualFleet(.init(seed: seed, fault: fault))
            let audit = try fleet.run()
            if audit?.complaints.isEmpty == false { caught += 1 }
        }
        #expect(caught > 0)
    }
}

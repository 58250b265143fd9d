import FleetSimulator
import Testing

/// The promise as a whole: whoever dies, sleeps, lies or shouts whenever, every shard is scored by the head that the
/// topics give it, by the very machines that ship. `hashiflex simulate` goes on with further seeds; `Tests/Mutations/run`
/// shows that it is not blind.
@Suite struct FleetSimulationTests {
    /// Ten jobs, so that a failure names few seeds and both processors are used.
    @Test(arguments: 0..<10) func everyShardGetsItsHeadWhateverHappens(job: Int) {
        var total = SimulationReport()
        for seed in UInt64(20 * job + 1)...UInt64(20 * job + 20) {
            let report = FleetSimulation.run(SimulationPlan(seed: seed))
            #expect(
                report.complaints.isEmpty,
                "replay it with: hashiflex simulate --seed \(seed) --runs 1")
            total.add(report)
        }
        // What the promise is about did happen.
        #expect(total.committed >= 200 && total.aborted > 10)
        #expect(total.kills > 30 && total.freezes > 30 && total.cuts > 20 && total.rebalances > 50)
        #expect(total.repeated > 5 && total.aborts > 0 && total.lostCalls > 20)
        #expect(total.partitionsAdded > 0 && total.restated > 0 && total.stuckReaders > 10)
        #expect(total.deaf > 10 && total.mute > 5 && total.departures > 0)
        #expect(total.repeatedMarkers > 0 && total.falseMarkers > 50 && total.hostileRecords > 200)
    }

    /// Who is killed is back before the group forgets its name, sometimes.
    @Test func namesAreTakenOver() {
        var total = SimulationReport()
        for seed in UInt64(1)...6 {
            var plan = SimulationPlan(seed: seed)
            (plan.isStatic, plan.faultRarity) = (true, 1)
            let report = FleetSimulation.run(plan)
            #expect(report.complaints.isEmpty, "seed \(seed)")
            total.add(report)
        }
        #expect(total.namesTaken > 0)
    }

    /// Two workers under one name shut each other out again and again; nothing is lost by it, and one alone goes on.
    @Test(arguments: [false, true], [false, true])
    func twoHoldersOfOneNameDoNoHarm(isStatic: Bool, isExactlyOnce: Bool) {
        for seed in UInt64(1)...4 {
            var plan = SimulationPlan(seed: seed)
            (plan.hasTwin, plan.isStatic, plan.isExactlyOnce) = (true, isStatic, isExactlyOnce)
            let report = FleetSimulation.run(plan)
            #expect(report.complaints.isEmpty, "seed \(seed)")
            #expect(report.committed > 0, "seed \(seed)")
        }
    }

    /// Nobody goes on where another topic stood, and the coordinator says so.
    @Test(arguments: [false, true]) func aTopicOfAnotherControlTopicIsNotRead(isExactlyOnce: Bool) {
        for seed in UInt64(1)...4 {
            var plan = SimulationPlan(seed: seed)
            (plan.isReplaced, plan.isExactlyOnce) = (true, isExactlyOnce)
            let report = FleetSimulation.run(plan)
            #expect(report.complaints.isEmpty && report.replaced == 1, "seed \(seed)")
        }
    }

    /// Every dictionary has an order of its own, in one process as well: chance that follows one shows here.
    @Test(arguments: UInt64(1)...12) func equalSeedsGiveEqualRuns(seed: UInt64) {
        let plan = SimulationPlan(seed: seed)
        let first = FleetSimulation.run(plan)
        #expect(first == FleetSimulation.run(plan))
        #expect(first.trace != FleetSimulation.run(SimulationPlan(seed: seed + 1, cutovers: 8)).trace)
    }

    /// Partitions, workers.
    @Test(arguments: [(1, 1), (1, 8), (8, 1), (12, 3), (3, 12)])
    func fleetsOfOtherSizesKeepThePromise(partitions: Int, workers: Int) {
        for isExactlyOnce in [false, true] {
            var plan = SimulationPlan(seed: 10_000, cutovers: 10)
            (plan.partitions, plan.workers) = (partitions, workers)
            (plan.isExactlyOnce, plan.isHostile) = (isExactlyOnce, true)
            plan.partitionsAdded = 2
            plan.headsMax = 5 * (partitions + 2) + 8
            let report = FleetSimulation.run(plan)
            #expect(report.complaints.isEmpty)
            #expect(report.committed > 0)
        }
    }

    @Test func aTraceTellsWhatHappened() {
        var plan = SimulationPlan(seed: 5, cutovers: 2)
        let silent = FleetSimulation.run(plan)
        plan.isTraced = true
        let told = FleetSimulation.run(plan)
        #expect(silent.lines.isEmpty && told.trace == silent.trace)
        #expect(told.lines.contains { $0.contains("commits p") })
    }
}

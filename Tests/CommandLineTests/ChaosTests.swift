import Foundation
import Testing

/// Kills things in the middle of the work and counts with a reader that is not ours.
///
/// Each run: 20 seconds of real images, two workers, something dying all the time. One run has the built-in backbone
/// and 5,000 images; the others 20,000, and a backbone that costs next to nothing, so that what dies is what sets the
/// pace and not this machine's speed.
@Suite struct ChaosTests {
    private func stream(_ deployment: Deployment, _ disturb: (Int) throws -> Void) throws {
        try deployment.push(deployment.model?.heads[0] ?? "builtin:v1")
        let images = Self.images(deployment)
        // The sample has 1,000 images.
        let ingest = try Background(
            [
                "ingest", "--repeat", "\(images / 1_000)", "--fps", "\(images / 20)", "--shard-images", "16",
                "--brokers", deployment.brokers,
            ] + (deployment.model?.ingestArguments ?? []))
        var round = 0
        while ingest.isRunning {
            usleep(2_500_000)
            guard ingest.isRunning else { break }
            try disturb(round)
            round += 1
        }
        #expect(ingest.text.contains("\(images / 1_000),000 images in"), "ingest: \(ingest.text)")
        #expect(round >= 4, "the run was over before anything was killed")
    }

    private static func images(_ deployment: Deployment) -> Int { deployment.model == nil ? 5_000 : 20_000 }

    private func check(_ deployment: Deployment) throws {
        let images = Self.images(deployment)
        let count = try deployment.waitForPredictions(images)
        #expect(count.images == images)
        #expect(count.differing == 0)
        let audit = try deployment.run("audit", "--images", "\(images)")
        #expect(audit.code == 0, "\(audit.output)\(audit.errors)")
        let counted = try eventually(seconds: 20) {
            try deployment.ledger()?.imagesCommitted == Int64(images)
        }
        let ledger = try deployment.ledger()
        #expect(counted, "the ledger has \(String(describing: ledger))")
        #expect(ledger?.alarms == [])
        print(
            "chaos: \(count.images) images, \(count.records - count.images) repeated records, all identical")
    }

    @Test func killedWorkersLoseNothingAndRepeatIdentically() throws { try killWorkers(model: nil) }

    // Two tests and not two cases of one, so that they may run side by side.
    @Test func killedQuickWorkersLoseNothingAndRepeatIdentically() throws {
        try killWorkers(model: QuickModel())
    }

    @Test func killedQuickWorkersLoseNothingAndRepeatIdenticallyAgain() throws {
        try killWorkers(model: QuickModel())
    }

    private func killWorkers(model: QuickModel?) throws {
        let deployment = try Deployment(workers: 2, model: model)
        var killed = 0
        try stream(deployment) { _ in
            guard let victim = try deployment.workers().filter({ kill($0.pid, 0) == 0 }).randomElement()
            else { return }
            kill(victim.pid, SIGKILL)
            killed += 1
        }
        #expect(killed >= 3)
        try check(deployment)
    }

    @Test func killedCoordinatorStopsNothingAndLosesNoState() throws {
        let model = try QuickModel()
        let deployment = try Deployment(workers: 2, model: model)
        var pushes: [Background] = []
        try stream(deployment) { round in
            // A head is on its way while the coordinator dies.
            let push = try deployment.start(
                "head", "push", model.heads[(round + 1) % 2], "--deadline", "20")
            usleep(UInt32.random(in: 0...120_000))
            deployment.coordinator.crash()
            try deployment.restartCoordinator()
            usleep(200_000)
            pushes.append(push)
        }
        // The last push must end one way or the other, never half.
        let settled = try eventually(seconds: 60) {
            let states = try deployment.succeed("head", "status").lines
            return !states.isEmpty
                && states.allSatisfy { $0.contains(": committed") || $0.contains(": aborted") }
        }
        let states = try deployment.succeed("head", "status").output
        #expect(settled, "\(states)")
        try check(deployment)
    }

    @Test func brokerConnectionsThatGoDownAndUpLoseNothing() throws {
        let deployment = try Deployment(workers: 2, model: try QuickModel())
        try stream(deployment) { _ in
            try deployment.broker.say("down")
            usleep(700_000)
            try deployment.broker.say("up")
        }
        try check(deployment)
    }
}

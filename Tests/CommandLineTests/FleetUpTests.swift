import Foundation
import PipelineMessages
import Testing

/// Two supervisors of one name: their workers would bear the same names and hide each other.
@Suite(.serialized) struct FleetUpTests {
    @Test func aFleetThatRunsIsNotStartedAgainUntilItIsDead() throws {
        let model = try QuickModel(tenClassesOnly: true)
        let deployment = try Deployment(workers: 1, partitions: 2, model: model)
        let first = try #require(deployment.fleet)
        let second = try deployment.run("fleet", "up", "--workers", "1", "--model", model.path, seconds: 30)
        #expect(second.code == 76, "\(second.errors)")
        #expect(
            second.errors.contains("fleet fleet runs already, on ")
                && second.errors.contains("(pid \(first.pid))")
                && second.errors.contains("give this one another --name"), "\(second.errors)")
        // Refused before any child: the first one's worker is still the only one.
        #expect(!second.errors.contains("fleet-1 is pid"))
        #expect(try deployment.workers().count == 1)
        let other = try deployment.start(
            "fleet", "up", "--workers", "1", "--name", "other", "--model", model.path)
        #expect(eventually(seconds: 20) { other.text.contains("other-1 is pid") }, "\(other.text)")
        // Killed, its last heartbeat is still fresh; nobody beats any more.
        first.crash()
        let third = try deployment.start("fleet", "up", "--workers", "1", "--model", model.path)
        #expect(eventually(seconds: 20) { third.text.contains("fleet-1 is pid") }, "\(third.text)")
        #expect(third.finish() == 0)
        #expect(other.finish() == 0)
    }

    /// A worker that takes long to finish still has its name.
    @Test func aFleetThatDrainsIsNotStartedAgain() throws {
        let model = try QuickModel(tenClassesOnly: true)
        let deployment = try Deployment(workers: 1, partitions: 2, model: model)
        let first = try #require(deployment.fleet)
        let worker = try #require(try deployment.workers().first).pid
        kill(worker, SIGSTOP)
        kill(first.pid, SIGTERM)
        usleep(500_000)
        let second = try deployment.run("fleet", "up", "--workers", "1", "--model", model.path, seconds: 30)
        kill(worker, SIGCONT)
        #expect(second.code == 76, "\(second.errors)")
        #expect(second.errors.contains("fleet fleet runs already, on "), "\(second.errors)")
        #expect(eventually(seconds: 45) { !first.isRunning })
        #expect(first.exitCode == 0, "\(first.text)")
    }

    /// The clock of the other machine is of 1970: that it beats is heard.
    @Test func aFleetWhoseClockIsFarBehindIsNotStartedAgain() throws {
        let deployment = try Deployment(workers: 0, partitions: 2)
        let heartbeat = JSONRecord.encode(
            FleetStatus(
                fleet: "twin", host: "far", pid: 7, target: 1, workers: ["twin-1"], restarts: 0, atMs: 1))
        func beat() throws {
            try deployment.produce(topic: "hashiflex.status", key: "fleet/twin", heartbeat)
        }
        try beat()
        let model = try QuickModel(tenClassesOnly: true)
        let second = try deployment.start(
            "fleet", "up", "--workers", "1", "--name", "twin", "--model", model.path)
        let hasEnded = try eventually(seconds: 20) {
            try beat()
            return !second.isRunning
        }
        #expect(hasEnded && second.exitCode == 76, "\(second.text)")
        #expect(second.text.contains("fleet twin runs already, on far (pid 7)"), "\(second.text)")
    }

    /// A worker whose clock is far behind: that its heartbeat was written just now counts.
    @Test func aWorkerWhoseClockIsFarBehindIsShown() throws {
        let deployment = try Deployment(workers: 1, partitions: 2)
        let real = try #require(
            try deployment.succeed("fleet", "status", "--json").lines.first { $0.contains("worker-status/1") }
        )
        var late = try #require(
            try JSONSerialization.jsonObject(with: Data(real.utf8)) as? [String: Any])
        (late["worker"], late["at_ms"]) = ("late", 1)
        try deployment.produce(
            topic: "hashiflex.status", key: "worker/late",
            Array(try JSONSerialization.data(withJSONObject: late, options: .sortedKeys)))
        #expect(try deployment.workers().map(\.worker).contains("late"))
    }
}

import Foundation
import PipelineMessages
import Testing
import hashiflex

/// Two supervisors of one name: their workers would bear the same names and hide each other.
@Suite(.serialized) struct FleetUpTests {
    @Test func aFleetThatRunsIsNotStartedAgainUntilItIsDead() throws {
        let model = try QuickModel(tenClassesOnly: true)
        let deployment = try Deployment(workers: 1, partitions: 2, model: model)
        let first = try #require(deployment.fleet)
        let second = try deployment.run(
            "fleet", "up", "--workers", "1", "--name", "fleet", "--model", model.path, seconds: 30)
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
        let third = try deployment.start(
            "fleet", "up", "--workers", "1", "--name", "fleet", "--model", model.path)
        #expect(eventually(seconds: 20) { third.text.contains("fleet-1 is pid") }, "\(third.text)")
        #expect(third.finish() == 0)
        #expect(other.finish() == 0)
    }

    /// Machines that know nothing of each other must not use the same names.
    @Test func aFleetIsCalledAsItsMachine() throws {
        let model = try QuickModel(tenClassesOnly: true)
        let deployment = try Deployment(workers: 0, partitions: 2)
        let none = try deployment.run("fleet", "scale", "1")
        #expect(none.code == 1 && none.errors.contains("no fleet sends heartbeats"), "\(none.errors)")
        let first = try deployment.start("fleet", "up", "--workers", "1", "--model", model.path)
        let name = FleetName.ofThisMachine
        #expect(
            eventually(seconds: 20) { first.text.contains("fleet \(name): \(name)-1 is pid") },
            "\(first.text)")
        let crews = try ["a", "b"].map {
            try deployment.start("fleet", "up", "--workers", "1", "--name", $0, "--model", model.path)
        }
        #expect(eventually(seconds: 20) { crews.allSatisfy { $0.text.contains("-1 is pid") } })
        let second = try deployment.run("fleet", "up", "--workers", "1", "--model", model.path, seconds: 30)
        #expect(second.code == 76 && second.errors.contains("fleet \(name) runs already"), "\(second.errors)")
        // Without a name this machine's is meant, then nobody can tell, then the only one.
        try deployment.succeed("fleet", "drain")
        #expect(eventually(seconds: 45) { !first.isRunning }, "the machine's own fleet did not drain")
        #expect(crews.allSatisfy { $0.isRunning })
        let either = try deployment.run("fleet", "drain")
        #expect(either.code == 64 && either.errors.contains("--name a|b"), "\(either.errors)")
        try deployment.succeed("fleet", "drain", "--name", "a")
        #expect(eventually(seconds: 45) { !crews[0].isRunning })
        #expect(try deployment.succeed("fleet", "scale", "2").output.contains("fleet b is to run 2 workers"))
        #expect(eventually(seconds: 20) { crews[1].text.contains("b-2 is pid") }, "\(crews[1].text)")
        #expect(crews[1].finish() == 0)
    }

    @Test func aHostsNameBecomesAFleets() {
        #expect(FleetName.of(host: "line-3.plant_b") == "line-3.plant_b")
        #expect(FleetName.of(host: "täglich 7/x") == "t--glich-7-x")
        #expect(FleetName.of(host: "") == "fleet")
        #expect(FleetName.of(host: String(repeating: "h", count: 300)).utf8.count == 64)
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
        let second = try deployment.run(
            "fleet", "up", "--workers", "1", "--name", "fleet", "--model", model.path, seconds: 30)
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

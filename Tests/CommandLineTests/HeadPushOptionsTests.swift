import Foundation
import Testing

/// What `head push` is told about when, where and by whom: its deadline, its partitions, workers that do not count.
@Suite(.serialized) struct HeadPushOptionsTests {
    private struct Record: Decodable {
        let request: String, state: String, reasons: [String]?, ignore: [String]?
    }

    private func record(_ line: String) throws -> Record {
        try JSONDecoder().decode(Record.self, from: Data(line.utf8))
    }

    @Test func whatNobodyDecidedByTheDeadlineIsNeverSwitched() throws {
        let deployment = try Deployment(workers: 0, partitions: 2)
        deployment.coordinator.crash()
        let late = try deployment.run("head", "push", "builtin:v1", "--deadline", "0.2", "--json")
        #expect(late.code == 75, "\(late.errors)")
        #expect(late.errors.contains("was not switched on anywhere: nobody decided by the deadline"))
        #expect(late.errors.contains("is `hashiflex coordinator` running?"), "\(late.errors)")
        let aborted = try record(try #require(late.lines.first))
        #expect(aborted.state == "aborted" && aborted.reasons == ["nobody decided by the deadline"])

        // One that stands in front is named.
        let front = try record(
            try deployment.succeed("head", "push", "builtin:v1", "--no-wait", "--json").lines[0])
        let behind = try deployment.run("head", "push", "builtin:v2", "--deadline", "0.2")
        #expect(behind.code == 75, "\(behind.errors)")
        #expect(behind.errors.contains("cut-over \(front.request) to fashion@v1 is before it"))
        try deployment.succeed("head", "abandon")

        // A coordinator that comes later, and a worker that has the heads, switch none of them.
        try deployment.restartCoordinator()
        let worker = try deployment.start("worker", "--name", "one", "--replicas", "1")
        try deployment.push("builtin:v2", "--deadline", "60")
        let states = try deployment.succeed("head", "status", "--json").lines.map { try record($0).state }
        #expect(states == ["aborted", "aborted", "aborted", "committed"])
        // A rollback has nothing to return to: nothing else was ever in force.
        #expect(try deployment.run("head", "rollback").code == 65)
        #expect(worker.finish() == 0)
    }

    @Test func partitionsThatAreNotThereAreRefusedBeforeAnythingIsWritten() throws {
        let deployment = try Deployment(workers: 0, partitions: 2)
        let refused = try deployment.run("head", "push", "builtin:v1", "--partitions", "1,2")
        #expect(refused.code == 64, "\(refused.errors)")
        #expect(refused.errors.contains("hashiflex.shards has partitions 0 to 1, not 2"), "\(refused.errors)")
        #expect(try deployment.run("head", "rollback", "--partitions", "2").code == 64)
        #expect(try deployment.succeed("head", "list", "--json").lines.isEmpty)
    }

    @Test func onlyTheNameThatWasPushedIsListedInForce() throws {
        let deployment = try Deployment(workers: 1, partitions: 2)
        try deployment.push("builtin:v1", "--as", "blue@v1")
        try deployment.push("builtin:v1", "--as", "green@v1")
        let lines = try deployment.succeed("head", "list").lines
        let (blue, green) = (
            lines.first { $0.hasPrefix("blue@v1 ") }, lines.first { $0.hasPrefix("green@v1 ") }
        )
        #expect(green?.split(separator: " ").last == "default", "\(lines)")
        #expect(blue?.split(separator: " ").last == "-", "\(lines)")
    }

    /// A heartbeat of a worker that is not there, or is stuck: its clock is of the year 2100, its head is frozen.
    @Test func aHeartbeatOfNobodyHoldsUpNoPushThatIgnoresIt() throws {
        let deployment = try Deployment(workers: 1, partitions: 2)
        let heartbeat = try #require(
            try deployment.succeed("fleet", "status", "--json").lines.first { $0.contains("worker-status/1") }
        )
        var ghost = try #require(
            try JSONSerialization.jsonObject(with: Data(heartbeat.utf8)) as? [String: Any])
        (ghost["worker"], ghost["at_ms"]) = ("ghost", 4_102_444_800_000)
        ghost["frozen_head"] = [
            "head": String(repeating: "ab", count: 32), "label": "ghost@v1", "cutovers_ignored": 0,
        ]
        let beat = Array(try JSONSerialization.data(withJSONObject: ghost, options: .sortedKeys))
        for others in [[], ["--ignore", "fleet-1"]] {
            // Whatever its own clock says, it counts for 10 s after this was written.
            try deployment.produce(topic: "hashiflex.status", key: "worker/ghost", beat)
            let refused = try Program.run(
                ["head", "push", "builtin:v2", "--brokers", deployment.brokers] + others)
            #expect(
                refused.code == 76 && refused.errors.contains("ghost: head ghost@v1"), "\(refused.errors)")
        }
        try deployment.produce(topic: "hashiflex.status", key: "worker/ghost", beat)
        let pushed = try deployment.succeed(
            "head", "push", "builtin:v2", "--ignore", "ghost", "--ignore", "nobody", "--json")
        let committed = try record(try #require(pushed.lines.first))
        #expect(committed.state == "committed" && committed.ignore == ["ghost", "nobody"])
        #expect(try deployment.succeed("head", "status").output.contains(", ignoring ghost, nobody"))
        try deployment.succeed("ingest", "--images", "40")
        #expect(try deployment.waitForPredictions(40).images == 40)
    }
}

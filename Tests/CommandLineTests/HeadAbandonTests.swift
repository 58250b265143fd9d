import Foundation
import Testing

/// Cut-overs that were requested and are not decided: given up by a person, or left to stand at Ctrl-C.
@Suite(.serialized) struct HeadAbandonTests {
    private struct Record: Decodable {
        let request: String, state: String, reasons: [String]?
    }

    private func record(_ outcome: Program.Outcome) throws -> Record {
        try JSONDecoder().decode(Record.self, from: Data(try #require(outcome.lines.first).utf8))
    }

    /// A broker without coordinator or worker.
    private func withoutCoordinator() throws -> Deployment {
        let deployment = try Deployment(workers: 0, partitions: 2)
        deployment.coordinator.crash()
        return deployment
    }

    /// The name of the request of a push that waits.
    private func request(of push: Background, _ deployment: Deployment) throws -> String {
        var found: String?
        _ = try eventually(seconds: 30) {
            let status = try deployment.run("head", "status", "--json")
            found = status.lines.isEmpty ? nil : try record(status).request
            return found != nil
        }
        return try #require(found, "\(push.text)")
    }

    @Test func aPersonGivesRequestsUpAndNoLaterCoordinatorSwitchesThem() throws {
        let deployment = try withoutCoordinator()
        let none = try deployment.run("head", "abandon")
        #expect(none.code == 65 && none.errors.contains("no cut-over is open"), "\(none.errors)")
        let first = try record(try deployment.succeed("head", "push", "builtin:v1", "--no-wait", "--json"))
        let second = try record(try deployment.succeed("head", "push", "builtin:v2", "--no-wait", "--json"))
        let status = try deployment.succeed("head", "status")
        #expect(status.output.contains("requested, request \(first.request)"), "\(status.output)")

        let unnamed = try deployment.run("head", "abandon")
        #expect(unnamed.code == 64, "\(unnamed.errors)")
        #expect(unnamed.errors.contains(first.request) && unnamed.errors.contains(second.request))
        let named = try record(
            try deployment.succeed("head", "abandon", first.request, "--reason", "a typo", "--json"))
        #expect(named.state == "aborted" && named.reasons == ["abandoned by a person: a typo"])
        // Now it is the only one.
        let only = try deployment.succeed("head", "abandon")
        #expect(only.output.contains("\(second.request) to fashion@v2 for default is abandoned"))
        let again = try deployment.succeed("head", "abandon", "fashion@v2")
        #expect(again.output.contains("was aborted already: abandoned by a person"), "\(again.output)")
        for unknown in ["fashion@v9", "no-such-request"] {
            #expect(try deployment.run("head", "abandon", unknown).code == 65)
        }

        // Coordinator and worker come: only what is asked for now is switched.
        try deployment.restartCoordinator()
        let worker = try deployment.start("worker", "--name", "one", "--replicas", "1")
        try deployment.push("builtin:v2", "--deadline", "60")
        let states = try deployment.succeed("head", "status", "--json").lines
        #expect(states.count == 3 && states.count { $0.contains(#""state":"committed""#) } == 1)
        let late = try deployment.run("head", "abandon", "fashion@v2")
        #expect(late.code == 76 && late.errors.contains("it is in force"), "\(late.errors)")
        #expect(worker.finish() == 0)
    }

    @Test func aDecisionToSwitchThatCameFirstStands() throws {
        let deployment = try withoutCoordinator()
        let push = try deployment.start("head", "push", "builtin:v2", "--deadline", "600", "--json")
        let request = try request(of: push, deployment)
        // What a coordinator writes, which then dies.
        let asked = try deployment.succeed("head", "status", "--json").lines[0]
        var decision = try #require(
            try JSONSerialization.jsonObject(with: Data(asked.utf8)) as? [String: Any])
        decision["state"] = "committing"
        decision["token"] = "0123456789abcdef0123456789abcdef"
        decision["scan_from"] = [0, 1].map { ["partition": $0, "offset": 0] }
        try deployment.produce(
            topic: "hashiflex.control", key: "decision/\(request)/by-hand",
            Array(try JSONSerialization.data(withJSONObject: decision, options: .sortedKeys)))

        let abandoned = try deployment.run("head", "abandon", "--json")
        #expect(abandoned.code == 76, "\(abandoned.errors)")
        #expect(abandoned.errors.contains("the coordinator had decided to switch"), "\(abandoned.errors)")
        #expect(try record(abandoned).state == "committing")
        #expect(push.finish() == 75)
        #expect(push.text.contains("is decided and will be completed"), "\(push.text)")
        // It is: by the next coordinator, without a worker.
        try deployment.restartCoordinator()
        let isCommitted = try eventually(seconds: 30) {
            try record(try deployment.run("head", "status", "--json")).state == "committed"
        }
        #expect(isCommitted, "\(deployment.coordinator.text)")
    }

    @Test(arguments: [SIGINT, SIGTERM]) func aSignalEndsTheWaitAndNotTheRequest(_ signal: Int32) throws {
        let deployment = try withoutCoordinator()
        let push = try deployment.start("head", "push", "builtin:v2", "--deadline", "600")
        let request = try request(of: push, deployment)
        kill(push.pid, signal)
        #expect(eventually(seconds: 30) { !push.isRunning })
        #expect(push.exitCode == 75, "\(push.text)")
        #expect(push.text.contains("requested and undecided"), "\(push.text)")
        #expect(push.text.contains("hashiflex head abandon \(request)"), "\(push.text)")
        #expect(try record(try deployment.succeed("head", "status", "--json")).state == "requested")
    }
}

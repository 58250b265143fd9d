import Foundation
import Testing
import hashiflex

/// What a supervisor and its workers are to each other as processes.
@Suite(.serialized) struct FleetProcessTests {
    /// The system's link to a program whose file was replaced names no file.
    @Test func aProgramWhoseFileIsGoneIsStartedAllTheSame() {
        #expect(ChildProcess.executable(at: "/opt/hashiflex (deleted)") == "/proc/self/exe")
        #expect(ChildProcess.executable(at: "/opt/hashiflex") == "/opt/hashiflex")
    }

    /// An upgrade puts another file in its place while it runs; the old fleet goes on until it is drained.
    @Test func aWorkerIsStartedAgainAfterTheFileWasReplaced() throws {
        let model = try QuickModel(tenClassesOnly: true)
        let deployment = try Deployment(workers: 0, partitions: 2)
        let folder = try TemporaryFolder()
        let copy = folder.file("hashiflex")
        try FileManager.default.copyItem(atPath: Program.path, toPath: copy)
        let fleet = try Background(
            [
                "fleet", "up", "--workers", "1", "--name", "fleet", "--model", model.path, "--brokers",
                deployment.brokers,
            ], executable: copy)
        try deployment.waitForWorkers(1)
        try FileManager.default.removeItem(atPath: copy)
        let worker = try #require(
            fleet.text.split(separator: "\n").first { $0.contains("fleet-1 is pid") }?
                .split(separator: " ").last.flatMap { Int32($0) })
        kill(worker, SIGKILL)
        #expect(
            eventually(seconds: 20) {
                fleet.text.split(separator: "\n").count { $0.contains("fleet-1 is pid") } == 2
            },
            "\(fleet.text)")
        #expect(fleet.text.contains("died by signal 9"))
        #expect(fleet.finish() == 0, "\(fleet.text)")
    }

    /// It may be gone before the child looks, and whoever takes its place is not who started it.
    @Test func aWorkerEndsWithWhoStartedItThoughThatIsGoneAlready() throws {
        let model = try QuickModel(tenClassesOnly: true)
        let deployment = try Deployment(workers: 0, partitions: 2)
        let orphan = try Background(
            ["worker", "--exit-with-parent", "--model", model.path, "--brokers", deployment.brokers],
            environment: ["HASHIFLEX_PARENT_PID": "1"])
        #expect(eventually(seconds: 40) { !orphan.isRunning }, "\(orphan.text)")
        #expect(orphan.exitCode == 0, "\(orphan.text)")
    }
}

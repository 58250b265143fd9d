import Foundation
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
}

import Foundation
import TestSupport
import Testing

/// `hashiflex simulate`, as people use it.
@Suite struct SimulateTests {
    private struct Result: Decodable {
        let trace: String, passed: Bool
        let committed: Int, committedUnderFaults: Int
    }

    private func simulate(_ arguments: String...) throws -> Result {
        let run = try Program.run(["simulate", "--json"] + arguments)
        #expect(run.code == 0, "\(run.errors)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Result.self, from: Data(run.output.utf8))
    }

    /// Dictionaries have another order in every process: what a seed does must not follow it.
    @Test func aSeedIsTheSameRunInEveryProcess() throws {
        let results = try (0..<3).map { _ in try simulate("--seed", "11", "--runs", "6") }
        #expect(Set(results.map(\.trace)).count == 1)
        #expect(results[0].passed && results[0].committedUnderFaults > 0)
        #expect(results[0].committedUnderFaults <= results[0].committed)
    }

    /// With more threads than runs, and with the last run on another thread than the first.
    @Test func waitingForTheLastRunIsNoFloodOfLines() throws {
        let run = try Program.run(["simulate", "--seed", "1", "--runs", "1", "--threads", "4"])
        #expect(run.code == 0 && run.output.contains("PASS"))
        #expect(run.errors.split(separator: "\n").count < 60, "a line a second at most")
    }
}

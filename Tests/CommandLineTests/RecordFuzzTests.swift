import ControlPlane
import FleetMachines
import Foundation
import RecordFuzzing
import TestSupport
import Testing
import hashiflex

/// Whatever anyone writes to a topic: refused or taken, never a trap, and shown without moving a cursor.
///
/// `Tests/Fuzz/run records` does the same with libFuzzer, for as long as one likes.
@Suite struct RecordFuzzTests {
    private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()

    /// What libFuzzer kept: together they reach every line that its runs reached.
    private static func corpus() throws -> [[UInt8]] {
        try FileManager.default.contentsOfDirectory(
            at: tests.appendingPathComponent("Fuzz/records"), includingPropertiesForKeys: nil
        ).sorted { $0.path < $1.path }.map { Array(try Data(contentsOf: $0)) }
    }

    /// Records that stopped earlier versions, if they are beside this checkout.
    private static var reported: [[UInt8]] {
        let kinds: [(file: String, kind: RecordKind)] = [
            ("cutover-committing-unknown-partition.json", .cutover), ("drain-for-ever.json", .command),
            ("marker-number-max.json", .marker), ("marker-unknown-head.json", .marker),
            ("receipt-images-before-max.json", .receipt), ("worker-status-at-ms-min.json", .workerStatus),
        ]
        let folder = tests.appendingPathComponent("../../shared/data/inputs").standardizedFileURL
        return kinds.compactMap { file, kind in
            (try? Data(contentsOf: folder.appendingPathComponent(file))).map {
                RecordFrame.input([RecordFrame(kind, Array($0))])
            }
        }
    }

    private func play(_ input: [UInt8]) -> [String] {
        var snapshot = FleetSnapshot()
        let start = Moment(steadyMs: 0, wallMs: 0)
        snapshot.take(.caughtUp, nil, atMs: start.steadyMs)
        return RecordStage.play(
            input,
            view: RecordView(
                lines: { heartbeat in
                    snapshot.take(heartbeat, nil, atMs: start.steadyMs)
                    return snapshot.lines(at: start)
                }, escape: Terminal.noted))
    }

    @Test func whatIsKeptIsTakenOrRefused() throws {
        let inputs = try Self.corpus() + RecordSeeds.inputs + Self.reported
        #expect(inputs.count > 100)
        for input in inputs { #expect(play(input).isEmpty, "\(input)") }
    }

    /// Changes of changes, from the same seed every time.
    @Test func mutatedRecordsAreTakenOrRefused() throws {
        let iterations = 10_000
        let seed: UInt64 = 20_261_129
        var inputs = try Self.corpus() + RecordSeeds.inputs + Self.reported
        var mutator = RecordMutator(seed: seed)
        var draws = SeededRandom(seed: seed)
        for iteration in 0..<iterations {
            let place = Int.random(in: 0..<inputs.count, using: &draws)
            let input = mutator.mutate(inputs[place], bytesMax: 16_384)
            let problems = play(input)
            #expect(problems.isEmpty, "iteration \(iteration): \(problems) of \(input)")
            guard problems.isEmpty else { return }
            if iteration % 8 == 0 { inputs[place] = input }
        }
    }
}

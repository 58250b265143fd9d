import FleetSimulator
import Foundation

// Runs seed after seed until one complains: `Simulate SECONDS`. Prints the seed and the first complaint, or how many
// seeds passed.
let seconds = CommandLine.arguments.dropFirst().first.flatMap { Double($0) } ?? 10
let begin = Date()
var seed: UInt64 = 0
while Date().timeIntervalSince(begin) < seconds {
    seed += 1
    print("seed \(seed)")
    fflush(nil)
    let report = FleetSimulation.run(SimulationPlan(seed: seed))
    guard let complaint = report.complaints.first else { continue }
    print("found: \(complaint)")
    exit(1)
}

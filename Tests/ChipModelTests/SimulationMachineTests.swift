import HardenedBackbone
import QuantizedTensors
import TestSupport
import Testing

@testable import ChipModel

/// The machine that steps every register in every cycle against the recurrence, to the cycle.
@Suite struct SimulationMachineTests {
    /// An unoptimised machine steps fifty times slower; the release build runs them all.
    #if DEBUG
    static let configurations = 60
    #else
    static let configurations = 10_000
    #endif

    struct Configuration {
        let plan: LanePlan
        let depth: DepthPlan
        let entries: [Int]
    }

    static func random(_ random: inout SeededRandom) throws -> Configuration {
        let sizes = [32, 32, 32, 32, 64, 64, 96, 128, 224]
        let size = try #require(sizes.randomElement(using: &random))
        let network = try #require(
            NetworkDescription(widthPercent: .random(in: 10...200, using: &random), inputSize: size))
        let legal = LanePlan.cyclesRange(of: network)
        let most = Int.random(in: 0..<20, using: &random) == 0 ? size * 8 : size * 2
        let cycles = Int.random(in: legal.lowerBound...most, using: &random)
        let plan = try #require(LanePlan(network: network, cyclesPerImage: cycles))
        let deepest = [0, 3, 4, 16].randomElement(using: &random) ?? 3
        let depth = DepthPlan(network) { _ in .random(in: 0...deepest, using: &random) }
        var entries: [Int] = []
        var entry = Int.random(in: 0...20, using: &random)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            entries.append(entry)
            let gap = Bool.random(using: &random) ? 0 : Int.random(in: 0...cycles, using: &random)
            entry += cycles + gap
        }
        return Configuration(plan: plan, depth: depth, entries: entries)
    }

    @Test("Recurrence and machine agree for every row of every layer", arguments: [configurations])
    func agree(configurations: Int) throws {
        var random = SeededRandom(seed: 12)
        for number in 0..<configurations {
            let given = try Self.random(&random)
            let schedule = RowSchedule(plan: given.plan, depth: given.depth, entries: given.entries)
            var machine = RowMachine(plan: given.plan, depth: given.depth)
            machine.run(entries: given.entries)
            for (index, stage) in machine.stages.enumerated() {
                let times = schedule.layers[index]
                let same =
                    stage.begin == times.begin && stage.available == times.available
                    && (index == 0 || stage.inputRows == times.inputRows)
                    && stage.residualRows == times.residualRows
                    && stage.cycles == schedule.stageCycles(of: index, total: machine.cycle)
                try #require(same, "configuration \(number), layer \(given.plan.network.layers[index].name)")
            }
            // What lets the chip be simulated image by image.
            try #require(schedule.isTransparent, "configuration \(number)")
            let alone = RowSchedule(plan: given.plan, depth: given.depth, images: 1).latency
            let rows = given.plan.layers[given.plan.layers.count - 1].rows
            for (image, entry) in given.entries.enumerated() {
                let end = schedule.layers[schedule.layers.count - 1].available[image * rows + rows - 1]
                try #require(end - entry == alone, "configuration \(number)")
            }
        }
    }
}

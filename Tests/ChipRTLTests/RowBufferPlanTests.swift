import ChipModel
import HardenedBackbone
import QuantizedTensors
import TestSupport
import Testing

@testable import ChipRTL

/// The rows of the buffers: enough that no start of the schedule waits, and not one more.
@Suite struct RowBufferPlanTests {
    /// When rows start if every writer waits for free rows: the fixed point of schedule and credits.
    ///
    /// - Parameter missing: a buffer, by layer and kind, that has one row less.
    private func begins(
        _ schedule: RowSchedule,
        _ buffers: RowBufferPlan,
        without missing: (layer: Int, isResidual: Bool)? = nil
    ) -> [[Int]] {
        let layers = schedule.plan.network.layers
        var begin = schedule.layers.map(\.begin)
        var isSettled = false
        while !isSettled {
            isSettled = true
            for index in layers.indices {
                let lanes = schedule.plan.layers[index]
                var free = 0
                for row in begin[index].indices {
                    let image = row / lanes.rows
                    var start = max(schedule.layers[index].begin[row], free)
                    if index > 0 {
                        let previous = schedule.plan.layers[index - 1]
                        let needed = image * previous.rows + layers[index].lastInputRow(of: row % lanes.rows)
                        start = max(
                            start,
                            begin[index - 1][needed] + previous.cyclesPerRow - 1
                                + schedule.depth.layers[index - 1])
                    }
                    for reader in BackboneText.readers(of: index, layers: layers, range: layers.indices) {
                        let buffer =
                            reader.isResidual ? buffers.residuals[reader.layer] : buffers.inputs[reader.layer]
                        guard let buffer else { continue }
                        let rows = buffer.rows - (missing.map { $0 == reader } ?? false ? 1 : 0)
                        guard row >= rows else { continue }
                        let old = row - rows
                        let last =
                            reader.isResidual
                            ? old
                            : old / lanes.rows * schedule.plan.layers[reader.layer].rows
                                + layers[reader.layer].lastReader(of: old % lanes.rows)
                        start = max(start, begin[reader.layer][last] + buffer.releaseBeat + 1)
                    }
                    if start != begin[index][row] {
                        begin[index][row] = start
                        isSettled = false
                        // One start that waits is enough to know.
                        if missing != nil { return begin }
                    }
                    free = start + lanes.cyclesPerRow
                }
            }
        }
        return begin
    }

    struct Choice: Sendable, CustomStringConvertible {
        let size, cycles, depth: Int
        var description: String { "\(size)x\(size), \(cycles) cycles, depth \(depth)" }
    }

    @Test(
        "No start waits for a free row, and with one row less some start does",
        arguments: [
            Choice(size: 32, cycles: 1_024, depth: 3), Choice(size: 32, cycles: 48, depth: 3),
            Choice(size: 64, cycles: 100, depth: 4), Choice(size: 96, cycles: 1_000, depth: 3),
        ])
    func rowsAreExact(_ choice: Choice) throws {
        let network = try #require(NetworkDescription(widthPercent: 10, inputSize: choice.size))
        let plan = try #require(LanePlan(network: network, cyclesPerImage: choice.cycles))
        let schedule = RowSchedule(plan: plan, depth: .uniform(choice.depth, of: network))
        let buffers = RowBufferPlan(schedule)
        let expected = schedule.layers.map(\.begin)
        #expect(begins(schedule, buffers) == expected)
        for index in network.layers.indices.dropFirst() {
            let layer = network.layers[index]
            // A 3x3 layer has three rows even where its map has fewer.
            if buffers.inputs[index].rows > layer.kernelSize {
                #expect(begins(schedule, buffers, without: (index, false)) != expected, "\(layer.name)")
            }
            if let residual = buffers.residuals[index], residual.rows > 1 {
                #expect(begins(schedule, buffers, without: (index, true)) != expected, "\(layer.name)")
            }
        }
    }

    @Test("No column is written before its last reader has read it, in any plan")
    func releaseIsLateEnough() throws {
        var random = SeededRandom(seed: 3)
        for _ in 0..<50 {
            let size = Int.random(in: 1...7, using: &random) * 32
            let network = try #require(NetworkDescription(widthPercent: 10, inputSize: size))
            let cycles = Int.random(in: size...(size * size), using: &random)
            let plan = try #require(LanePlan(network: network, cyclesPerImage: cycles))
            let depth = DepthPlan(network) { _ in Int.random(in: 3...16, using: &random) }
            let schedule = RowSchedule(plan: plan, depth: depth, images: 2)
            let buffers = RowBufferPlan(schedule)
            for index in network.layers.indices.dropFirst() {
                let layer = network.layers[index]
                let (writer, reader) = (plan.layers[index - 1], plan.layers[index])
                var isLateEnough = buffers.inputs[index].releaseBeat < reader.cyclesPerRow
                for beat in 0..<reader.cyclesPerRow {
                    for lane in 0..<reader.lanes where beat * reader.lanes + lane < layer.output.width {
                        let centre = (beat * reader.lanes + lane) * layer.stride
                        let column = min(layer.input.width - 1, layer.kernelSize == 1 ? centre : centre + 1)
                        // The overwriting row starts right when it may.
                        let written =
                            buffers.inputs[index].releaseBeat + depth.layers[index - 1] + column
                            / writer.lanes
                        isLateEnough = isLateEnough && written >= beat
                    }
                }
                #expect(isLateEnough, "\(layer.name) at \(cycles) cycles")
            }
        }
    }
}

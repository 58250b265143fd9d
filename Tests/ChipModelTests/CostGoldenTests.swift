import HardenedBackbone
import QuantizedTensors
import TestSupport
import Testing

import ChipModel

/// Whole chips against the figures of `seven-nm.md`, 2.3 and 3.
@Suite struct CostGoldenTests {
    /// Weights of all exponents, `zeros` of them zero.
    private static func parameters(_ layer: NetworkLayer, seed: UInt64, zeros: Double) -> LayerParameters {
        var random = Generator(state: seed &* 0x9e37_79b9_7f4a_7c15 | 1)
        let weights = (0..<layer.weightCount).map { _ -> Int8 in
            let draw = random.next()
            guard Double(draw >> 40) / Double(1 << 24) >= zeros else { return 0 }
            let magnitude = Int8(1) << Int8(draw % 7)
            return draw >> 8 & 1 == 0 ? magnitude : -magnitude
        }
        return LayerParameters(
            weights: weights, bias: [Int32](repeating: 1_000, count: layer.output.channels),
            shift: [UInt8](repeating: 8, count: layer.output.channels))
    }

    private struct Generator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    private static func census(_ network: NetworkDescription, zeros: Double) async -> [LayerCensus] {
        await withTaskGroup(of: (Int, LayerCensus).self) { group in
            for (index, layer) in network.layers.enumerated() {
                group.addTask {
                    (
                        index,
                        LayerCensus(layer, parameters(layer, seed: UInt64(index + 1), zeros: zeros))
                    )
                }
            }
            var found: [Int: LayerCensus] = [:]
            for await (index, census) in group { found[index] = census }
            return network.layers.indices.compactMap { found[$0] }
        }
    }

    @Test("Full width, one row a cycle, 4 % zeros: 20.4 M full adders, 4.3 mm2 of them, 12.6 mm2 placed")
    func fullWidth() async throws {
        let network = try #require(NetworkDescription(widthPercent: 100, inputSize: 224))
        let census = await Self.census(network, zeros: 0.04)
        let head = HeadFacts(classes: 1_000, features: 1_280)
        let rows = ChipPreset.rows.design(for: network)
        let chip = try ChipCost(network, census: census, design: rows, head: head)
        #expect(abs(Double(chip.adders) / 2.57e6 - 1) < 0.01)
        // 20.4 M takes 7.95 for every weight; narrow layers take fewer.
        #expect(abs(Double(chip.fullAdders) / 20.4e6 - 1) < 0.04)
        #expect(abs(chip.adderArea.value / 4.3 - 1) < 0.03)
        #expect(abs(chip.logicArea.value / 6.9 - 1) < 0.05)
        #expect(abs(chip.placedArea.value / 12.6 - 1) < 0.05)
        #expect(chip.placedArea.low < 11 && chip.placedArea.high > 20)
        // 288 M weights of an image at 13.3 fJ.
        let adders = chip.layers.reduce(Estimate.zero) { $0 + $1.adderEnergy }
        #expect(abs(adders.value - 3.8) < 0.1 && abs(adders.low - 2.8) < 0.1 && abs(adders.high - 4.9) < 0.15)
        let sizes = BufferSizes(
            RowSchedule(
                plan: try #require(LanePlan(network: network, cyclesPerImage: 224)), depth: rows.depth))
        #expect(chip.registers.buffers == 8 * sizes.total)

        // The same weights with the head in silicon: no NPU, no SRAM, and the digits of every weight instead.
        var hard = rows
        hard.isHeadFrozen = true
        let frozen = try ChipCost(network, census: census, design: hard, head: head)
        #expect(frozen.head.npuArea == .zero && frozen.head.sramArea == .zero)
        #expect(frozen.head.adders == head.signedDigits && frozen.placedArea.value > chip.placedArea.value)
        #expect(frozen.energy.value < chip.energy.value)

        // Classes closes 1.21 GHz with a second cut, which costs flip-flops and latency.
        let fast = try ChipCost(
            network, census: census, design: ChipPreset.classes.design(for: network), head: head)
        #expect(fast.registers.cut > 2 * chip.registers.cut && fast.throughput.latency > 1_046)
        #expect((fast.clocks.slowest?.clock ?? 0) >= 1_210)
    }

    @Test("A pruned artefact shows its saving: adders, area and energy, not rows", arguments: [10, 20])
    func pruned(_ width: Int) throws {
        let network = try #require(NetworkDescription(widthPercent: width, inputSize: 64))
        let head = HeadFacts(classes: 10, features: network.featureCount)
        func chip(_ zeros: Double) throws -> ChipCost {
            let census = network.layers.enumerated().map { index, layer in
                LayerCensus(layer, Self.parameters(layer, seed: UInt64(index + 1), zeros: zeros))
            }
            return try ChipCost(
                network, census: census, design: ChipPreset.rows.design(for: network), head: head)
        }
        let (full, half) = (try chip(0), try chip(0.5))
        #expect(abs(Double(half.adders) / Double(full.adders) - 0.5) < 0.02)
        #expect((0.45...0.6).contains(half.adderArea.value / full.adderArea.value))
        #expect(half.placedArea.value < full.placedArea.value && half.energy.value < full.energy.value)
        #expect(half.registers.buffers == full.registers.buffers)
        // What the page draws for pruned artefacts is this saving, by the law.
        let drawn = full.placedArea(nonZeroWeights: half.layers.map(\.census.nonZeroWeights))
        #expect(
            abs(drawn.value - half.placedArea.value) < 0.1 * (full.placedArea.value - half.placedArea.value)
                + LayerCost.placed(full.registerArea).value - LayerCost.placed(half.registerArea).value)
        let same = full.placedArea(nonZeroWeights: full.layers.map(\.census.nonZeroWeights))
        #expect(abs(same.value - full.placedArea.value) < 1e-9)
    }

    @Test("Every width and size, also without a single weight left")
    func extremes() throws {
        for (width, size) in [(10, 32), (35, 96), (10, 512)] {
            let network = try #require(NetworkDescription(widthPercent: width, inputSize: size))
            for zeros in [0.2, 1.1] {
                let census = network.layers.map {
                    LayerCensus($0, Self.parameters($0, seed: 5, zeros: zeros))
                }
                let chip = try ChipCost(
                    network, census: census, design: ChipPreset.rows.design(for: network),
                    head: HeadFacts(classes: 2, features: network.featureCount))
                #expect(chip.placedArea.value > 0 && chip.energy.value > 0 && chip.powerDensity.isFinite)
                #expect((zeros > 1) == (chip.adders == 0))
                let head = HeadFacts(classes: 2, features: network.featureCount)
                #expect(throws: DesignError.self) {
                    var design = ChipPreset.rows.design(for: network)
                    design.cyclesPerImage = 1
                    _ = try ChipCost(network, census: census, design: design, head: head)
                }
            }
        }
    }
}

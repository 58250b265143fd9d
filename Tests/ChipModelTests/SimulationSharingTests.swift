import HardenedBackbone
import QuantizedTensors
import Testing

@testable import ChipModel

/// Copies of layers that datapaths share.
@Suite struct SimulationSharingTests {
    private func setup(datapaths: Int, npus: Int, frozen: Bool = false, size: Int = 224) throws -> ChipSetup {
        let network = try #require(NetworkDescription(widthPercent: 100, inputSize: size))
        let design = ChipDesign(
            clock: 896, cyclesPerImage: size, npuMACs: 1_729, datapaths: datapaths, npus: npus,
            isHeadFrozen: frozen, depth: .uniform(3, of: network))
        return try #require(ChipSetup(design, network: network, classes: 1_000))
    }

    @Test("The 7x7 layers hold 73 % of the weights and idle 78 % of the time")
    func golden() throws {
        let setup = try setup(datapaths: 1, npus: 1, frozen: true)
        let network = setup.plan.network
        let late = network.layers.indices.filter { network.layers[$0].output.height == 7 }
        let weights = late.reduce(0) { $0 + network.layers[$1].weightCount }
        #expect(weights == 1_608_064)
        #expect((Double(weights) / Double(network.weightCount) * 100).rounded() == 73)
        let images = 40
        let run = ChipSimulation(setup).run(.saturated, images: images)
        let sustained = try #require(run.sustained)
        #expect(sustained.cycles == 224 * sustained.images)
        let schedule = RowSchedule(plan: setup.plan, depth: setup.depth, images: images)
        for index in late {
            let cycles = schedule.stageCycles(of: index, total: schedule.latency + (images - 1) * 224)
            // In steady state 49 of 224 cycles.
            #expect(cycles.working == 49 * images)
            #expect((Double(224 - cycles.working / images) / 224 * 100).rounded() == 78)
        }
    }

    @Test("One datapath shares nothing")
    func single() throws {
        let setup = try setup(datapaths: 1, npus: 1)
        let sharing = LaneSharing(setup.plan, datapaths: 1, interval: 741)
        #expect(sharing.savedWeights == 0 && sharing.multiplexers == 0)
        #expect(sharing.layers.allSatisfy { $0.sharers == 1 && $0.copies == 1 })
    }

    @Test("Four datapaths at full rate: one copy of the 7x7 layers, rate unchanged")
    func four() throws {
        let setup = try setup(datapaths: 4, npus: 1, frozen: true)
        let sharing = LaneSharing(setup.plan, datapaths: 4, interval: setup.interval)
        for (description, layer) in zip(setup.plan.network.layers, sharing.layers) {
            #expect(layer.copies == (description.output.height == 7 ? 1 : 4))
            #expect(layer.copies * (setup.interval / layer.busyCycles) >= 4)
        }
        #expect(sharing.savedWeights == 3 * 1_608_064)
        let trial = try #require(SharingTrial(setup, sharing, rounds: 6))
        #expect(trial.keepsRate)
        #expect(trial.apart.cycles * 4 == trial.apart.images * 224)
        #expect(trial.shared.latency >= trial.apart.latency)
        #expect(trial.shared.bufferBytes >= trial.apart.bufferBytes)
    }

    @Test("Too many sharers lose rate: the trial says so")
    func tooMany() throws {
        let setup = try setup(datapaths: 2, npus: 1, frozen: true, size: 32)
        // As if half the rate were enough: both datapaths on one copy of everything.
        let sharing = LaneSharing(setup.plan, datapaths: 2, interval: 64)
        #expect(sharing.layers.allSatisfy { $0.copies == 1 })
        let trial = try #require(SharingTrial(setup, sharing, rounds: 6))
        #expect(!trial.keepsRate)
    }

    @Test("A layer whose multiplexers cost more than its weights is not shared")
    func areas() throws {
        let plan = try setup(datapaths: 4, npus: 1).plan
        let areas = LaneSharing.Areas(weight: 1.7, multiplexer: 2.0)
        let sharing = LaneSharing(plan, datapaths: 4, interval: 224, areas: areas)
        for (description, layer) in zip(plan.network.layers, sharing.layers) {
            let isLate = description.output.height == 7
            #expect(layer.copies == (isLate && description.kind != .depthwise ? 1 : 4), "\(description.name)")
        }
        let saved = Double(sharing.savedWeights) * 1.7 - Double(sharing.multiplexers) * 2
        #expect(sharing.savedArea(areas) == saved && saved > 0)
    }
}

import HardenedBackbone
import TestSupport
import Testing

@testable import ChipModel

/// One datapath, one NPU, always an image waiting: the rate by credits, formula against simulation.
@Suite struct SimulationCreditTests {
    static func setup(
        cycles: Int, macs: Int, credits: Int, size: Int = 224, depth: Int = 3, classes: Int = 1_000
    ) throws -> ChipSetup {
        let network = try #require(NetworkDescription(widthPercent: 100, inputSize: size))
        let design = ChipDesign(
            clock: 896, cyclesPerImage: cycles, npuMACs: macs, depth: .uniform(depth, of: network))
        var setup = try #require(ChipSetup(design, network: network, classes: classes))
        setup.credits = credits
        return setup
    }

    struct Golden: Sendable {
        let cycles, macs, credits: Int
        /// Cycles for so many images.
        let period, images: Int
    }

    @Test(
        "Golden rates of hardware-and-po2.md 1.3",
        arguments: [
            Golden(cycles: 224, macs: 1_729, credits: 1, period: 1_667, images: 1),
            // 833.5 cycles an image.
            Golden(cycles: 224, macs: 1_729, credits: 2, period: 1_667, images: 2),
            Golden(cycles: 224, macs: 1_729, credits: 3, period: 741, images: 1),
            Golden(cycles: 303, macs: 1_280, credits: 2, period: 1_023, images: 1),
            Golden(cycles: 303, macs: 1_280, credits: 3, period: 1_000, images: 1),
            // 230 cycles an image.
            Golden(cycles: 224, macs: 5_715, credits: 5, period: 1_150, images: 5),
            Golden(cycles: 224, macs: 5_715, credits: 6, period: 224, images: 1),
        ])
    func golden(_ golden: Golden) throws {
        let setup = try Self.setup(cycles: golden.cycles, macs: golden.macs, credits: golden.credits)
        let run = ChipSimulation(setup).run(.saturated, images: 600)
        let sustained = try #require(run.sustained)
        #expect(sustained.cycles * golden.images == golden.period * sustained.images)
        let formula = setup.head.averageCycles(
            interval: golden.cycles, latency: setup.latency, credits: golden.credits)
        #expect(formula.cycles * golden.images == golden.period * formula.images)
    }

    @Test("Five credits at (224, 224, 926): 230 cycles an image; a run from empty shows less")
    func fiveCredits() throws {
        let setup = try Self.setup(cycles: 224, macs: 5_715, credits: 5)
        #expect((setup.head.cycles, setup.latency) == (224, 926))
        let run = ChipSimulation(setup).run(.saturated, images: 200)
        // The first five images enter at full rate: the document's 229.9 is such an average.
        let average = Double(run.departures[199] - run.departures[0]) / 199
        #expect((229.8..<230).contains(average), "\(average)")
    }

    @Test("Formula and simulation agree exactly over random chips")
    func random() throws {
        var random = SeededRandom(seed: 5)
        for _ in 0..<100 {
            let setup = try Self.setup(
                cycles: .random(in: 32...400, using: &random),
                macs: .random(in: 500...20_000, using: &random),
                credits: .random(in: 1...9, using: &random),
                size: try #require([32, 64].randomElement(using: &random)),
                depth: .random(in: 0...8, using: &random),
                classes: .random(in: 2...2_000, using: &random))
            let run = ChipSimulation(setup).run(.saturated, images: setup.credits * 40)
            let sustained = try #require(run.sustained)
            let formula = setup.head.averageCycles(
                interval: setup.plan.cyclesPerImage, latency: setup.latency, credits: setup.credits)
            try #require(sustained.cycles * formula.images == formula.cycles * sustained.images)
            let whole = setup.head.cyclesPerImage(
                interval: setup.plan.cyclesPerImage, latency: setup.latency, credits: setup.credits)
            // Rounded up, never by a whole cycle.
            try #require((whole - 1) * formula.images < formula.cycles)
            try #require(whole * formula.images >= formula.cycles)
        }
    }

    @Test("The fewest full-rate credits are enough, and one less is not")
    func fewest() throws {
        for macs in [1_280, 1_729, 2_500, 5_715, 9_000] {
            let enough = try Self.setup(cycles: 224, macs: macs, credits: 1).fullRateCredits
            let bottleneck = try Self.setup(cycles: 224, macs: macs, credits: 1).interval
            for (credits, isFull) in [(enough, true), (enough - 1, false)] {
                let setup = try Self.setup(cycles: 224, macs: macs, credits: credits)
                let sustained = try #require(
                    ChipSimulation(setup).run(.saturated, images: 60 * credits).sustained)
                #expect((sustained.cycles == bottleneck * sustained.images) == isFull, "\(macs) \(credits)")
            }
        }
    }
}

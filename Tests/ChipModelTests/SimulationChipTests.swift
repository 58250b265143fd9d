import HardenedBackbone
import TestSupport
import Testing

@testable import ChipModel

/// The chip with its arrivals, FIFOs and shared NPUs.
@Suite struct SimulationChipTests {
    static func setup(
        size: Int = 32, cycles: Int = 40, macs: Int = 2_000, classes: Int = 100, datapaths: Int = 1,
        npus: Int = 1, frozen: Bool = false, depth: Int = 3, clock: Double = 1_000
    ) throws -> ChipSetup {
        let network = try #require(NetworkDescription(widthPercent: 100, inputSize: size))
        let design = ChipDesign(
            clock: clock, cyclesPerImage: cycles, npuMACs: macs, datapaths: datapaths, npus: npus,
            isHeadFrozen: frozen, depth: .uniform(depth, of: network))
        return try #require(ChipSetup(design, network: network, classes: classes))
    }

    static func random(_ random: inout SeededRandom) throws -> (ChipSetup, ArrivalProcess) {
        var setup = try setup(
            cycles: .random(in: 16...90, using: &random), macs: .random(in: 600...6_000, using: &random),
            classes: .random(in: 2...150, using: &random), datapaths: .random(in: 1...5, using: &random),
            npus: .random(in: 1...3, using: &random), frozen: .random(in: 0..<5, using: &random) == 0,
            depth: .random(in: 0...4, using: &random))
        setup.credits = .random(in: 1...7, using: &random)
        if Bool.random(using: &random) {
            setup.bandwidth = setup.modelledRate * 3_072 * .random(in: 0.3...3, using: &random)
        }
        if Bool.random(using: &random) { setup.queueLimit = .random(in: 1...20, using: &random) }
        let rate = setup.modelledRate * .random(in: 0.2...1.5, using: &random)
        let arrivals: [ArrivalProcess] = [
            .saturated, .periodic(rate: rate), .poisson(rate: rate, seed: random.next()),
        ]
        return (setup, try #require(arrivals.randomElement(using: &random)))
    }

    @Test("Every cycle of every unit is accounted for, and every image leaves or is dropped")
    func accounting() throws {
        var random = SeededRandom(seed: 3)
        for _ in 0..<200 {
            let (setup, arrivals) = try Self.random(&random)
            let run = ChipSimulation(setup).run(arrivals, images: 120)
            try #require(run.datapaths.allSatisfy { $0.total == run.cycles })
            try #require(run.npus.allSatisfy { $0.total == run.cycles })
            try #require(run.npus.count == (setup.head.cycles == 0 ? 0 : setup.npus))
            try #require(run.waitingFeatures.reduce(0, +) == run.cycles)
            try #require(run.waitingFeatures.count <= setup.datapaths * setup.credits + 1)
            try #require(run.departures.count + run.dropped == 120)
            let working = run.datapaths.reduce(0) { $0 + $1.working }
            try #require(working == run.departures.count * setup.plan.cyclesPerImage)
            let served = run.npus.reduce(0) { $0 + $1.working }
            try #require(served == run.departures.count * setup.head.cycles)
            try #require(run.latencies().allSatisfy { $0 >= setup.latency + setup.head.cycles })
            try #require(run.dropped == 0 || run.queuePeak == setup.queueLimit)
        }
    }

    @Test("Image by image and row by row are the same chip")
    func rowByRow() throws {
        var random = SeededRandom(seed: 8)
        for _ in 0..<12 {
            let (setup, arrivals) = try Self.random(&random)
            let fast = ChipSimulation(setup).run(arrivals, images: 30)
            let slow = ChipSimulation(setup, sharers: setup.plan.layers.map { _ in 1 })
                .run(arrivals, images: 30)
            try #require(fast.images == slow.images)
            try #require(fast.datapaths == slow.datapaths && fast.npus == slow.npus)
            try #require(fast.waitingFeatures == slow.waitingFeatures)
        }
    }

    @Test("Layers: the image-level account is what the machine counts cycle by cycle")
    func layers() throws {
        var setup = try Self.setup(frozen: true)
        setup.credits = 2
        let run = ChipSimulation(setup).run(.periodic(rate: 9e6), images: 12)
        var machine = RowMachine(plan: setup.plan, depth: setup.depth)
        machine.run(entries: run.images.compactMap(\.entry))
        let stages = run.stageCycles(setup)
        for (stage, seen) in zip(stages, machine.stages) {
            #expect(stage.working == seen.cycles.working)
            #expect(stage.waitingForRow == seen.cycles.waitingForRow)
            // The machine counts the cycle of the last row as well.
            #expect(stage.waitingForImage == seen.cycles.waitingForImage - 1)
            #expect(stage.total == run.cycles)
        }
    }

    @Test("Rows in flight: as many as the schedule's buffers hold")
    func buffers() throws {
        var setup = try Self.setup(size: 96, cycles: 96, frozen: true)
        setup.credits = 40
        let run = ChipSimulation(setup, sharers: setup.plan.layers.map { _ in 1 })
            .run(.saturated, images: 4)
        let schedule = RowSchedule(plan: setup.plan, depth: setup.depth)
        let inputs = try #require(run.inputRows)
        #expect(inputs.dropFirst() == schedule.layers.map(\.inputRows).dropFirst())
        #expect(run.residualRows == schedule.layers.map(\.residualRows))
    }

    @Test(
        "Mean wait under Poisson arrivals: M/D/1 within 3 %",
        arguments: [(0.3, 40_000), (0.6, 40_000), (0.8, 100_000)])
    func queueing(_ load: Double, _ images: Int) throws {
        // Three datapaths before one NPU: their entries never hold it up.
        var setup = try Self.setup(cycles: 32, classes: 100, datapaths: 3)
        setup.credits = 1_000
        let service = Double(setup.head.cycles)
        let run = ChipSimulation(setup).run(
            .poisson(rate: load * 1e9 / service, seed: 2_026), images: images)
        let latencies = run.latencies()
        let mean = latencies.reduce(0.0) { $0 + Double($1) } / Double(latencies.count)
        let wait = mean - Double(setup.latency) - service
        let expected = load * service / (2 * (1 - load))
        #expect(abs(wait - expected) < 0.03 * expected + 0.5, "\(wait) against \(expected)")
        #expect(abs(run.npuOccupancy - load) < 0.01)
    }

    @Test("M datapaths, K NPUs: the least of backbones, NPUs and bandwidth")
    func bottlenecks() throws {
        for (datapaths, npus, share) in [(1, 1, nil), (4, 1, nil), (4, 3, nil), (2, 4, nil), (3, 2, 0.4)]
            as [(Int, Int, Double?)]
        {
            var setup = try Self.setup(cycles: 40, classes: 100, datapaths: datapaths, npus: npus)
            if let share { setup.bandwidth = setup.modelledRate * 3_072 * share }
            let run = ChipSimulation(setup).run(.saturated, images: 3_000)
            let sustained = try #require(run.sustained)
            let rate = Double(sustained.images) / Double(sustained.cycles) * 1e9
            #expect(abs(rate / setup.modelledRate - 1) < 0.002, "\(datapaths) \(npus)")
            // A wait for a shared NPU is at most one service of each of the others.
            #expect(run.waitingFeatures.count <= datapaths * setup.credits + 1)
        }
    }

    @Test("Overload: the queue grows by what is too much, or images are dropped")
    func overload() throws {
        var setup = try Self.setup()
        let rate = setup.modelledRate * 1.25
        let run = ChipSimulation(setup).run(.periodic(rate: rate), images: 10_000)
        #expect((1_950...2_010).contains(run.queueAtLastArrival), "\(run.queueAtLastArrival)")
        #expect(run.queuePeak >= run.queueAtLastArrival)
        setup.queueLimit = 10
        let bounded = ChipSimulation(setup).run(.periodic(rate: rate), images: 10_000)
        #expect((1_940...2_010).contains(bounded.dropped), "\(bounded.dropped)")
        #expect(bounded.queuePeak == 10)
    }
}

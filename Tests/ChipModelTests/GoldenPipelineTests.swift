import HardenedBackbone
import QuantizedTensors
import Testing

import ChipModel

/// The figures of `hardware-and-po2.md` 1.2 and 1.3 and of `seven-nm.md` 2.2, exact.
@Suite struct GoldenPipelineTests {
    private let network: NetworkDescription

    init() throws { network = try #require(NetworkDescription(widthPercent: 100, inputSize: 224)) }

    private func plan(_ cycles: Int) throws -> LanePlan {
        try #require(LanePlan(network: network, cyclesPerImage: cycles))
    }

    private func schedule(_ cycles: Int, _ depth: DepthPlan) throws -> RowSchedule {
        RowSchedule(plan: try plan(cycles), depth: depth)
    }

    @Test("The network's facts")
    func facts() {
        #expect(network.weightCount == 2_189_760)
        #expect(network.macCount == 299_494_272)
        #expect(network.layers.reduce(0) { $0 + $1.output.channels } == 17_056)
        #expect(network.layers.reduce(0) { $0 + $1.output.elementCount } == 6_678_112)
    }

    struct Row: Sendable {
        let cycles, depth, latency, instances, neurons: Int
        /// KiB.
        let line, registers, residual: Double
    }

    @Test(
        "Latency, instances and buffers of the table",
        arguments: [
            Row(
                cycles: 224, depth: 0, latency: 770, instances: 2_678_816, neurons: 37_824, line: 355.7,
                registers: 114.0, residual: 38.7),
            Row(
                cycles: 224, depth: 3, latency: 926, instances: 2_678_816, neurons: 37_824, line: 355.7,
                registers: 114.0, residual: 46.2),
            Row(
                cycles: 303, depth: 3, latency: 1_046, instances: 2_609_072, neurons: 35_472, line: 366.8,
                registers: 114.0, residual: 44.4),
            Row(
                cycles: 741, depth: 3, latency: 1_596, instances: 2_346_768, neurons: 23_728, line: 351.1,
                registers: 114.0, residual: 40.9),
        ])
    func table(_ row: Row) throws {
        let schedule = try schedule(row.cycles, .uniform(row.depth, of: network))
        #expect(schedule.latency == row.latency)
        #expect(schedule.initiationInterval == row.cycles)
        #expect(schedule.plan.weightInstances == row.instances)
        #expect(schedule.plan.neurons == row.neurons)
        let sizes = BufferSizes(schedule)
        func kib(_ bytes: Int) -> Double { (Double(bytes) / 1024 * 10).rounded() / 10 }
        #expect(kib(sizes.lineBuffers) == row.line)
        #expect(kib(sizes.rowRegisters) == row.registers)
        #expect(kib(sizes.residuals) == row.residual)
    }

    @Test("Latencies with a fourth stage")
    func fourthStage() throws {
        func latencies(_ depth: DepthPlan) throws -> [Int] {
            try [224, 303, 741].map { try schedule($0, depth).latency }
        }
        #expect(try latencies(.uniform(4, of: network)) == [978, 1_098, 1_648])
        #expect(try latencies(.pointwise(from: 384, deep: 4, of: network)) == [936, 1_056, 1_606])
        #expect(try latencies(.pointwise(from: 1, deep: 4, of: network)) == [960, 1_080, 1_630])
    }

    @Test("Lanes at one row a cycle")
    func lanes() throws {
        let plan = try plan(224)
        let expected = [112: (56, 2), 56: (14, 4), 28: (4, 7), 14: (1, 14), 7: (1, 7)]
        for (layer, lanes) in zip(network.layers, plan.layers) {
            #expect(lanes.lanes == expected[layer.output.width]?.0)
            #expect(lanes.cyclesPerRow == expected[layer.output.width]?.1)
        }
    }

    @Test("First and last output rows, line buffers and residual rows at (224, 3)")
    func rows() throws {
        let schedule = try schedule(224, .uniform(3, of: network))
        let golden = [
            ("stem", 6, 228), ("b00.depthwise", 12, 234), ("b01.expand", 20, 242),
            ("b01.depthwise", 28, 248), ("b03.depthwise", 75, 291), ("b06.depthwise", 187, 393),
            ("b09.project", 395, 595), ("b13.depthwise", 628, 806), ("b16.project", 812, 917),
            ("last", 821, 926),
        ]
        for (name, first, last) in golden {
            let index = try #require(network.layers.firstIndex { $0.name == name })
            let times = schedule.layers[index]
            #expect(times.available[0] == first, "\(name)")
            #expect(times.available[network.layers[index].output.height - 1] == last, "\(name)")
        }
        for (layer, times) in zip(network.layers, schedule.layers) where layer.kernelSize == 3 {
            let isLate = layer.name == "b13.depthwise"
            #expect(times.inputRows == (layer.stride == 2 && !isLate ? 4 : 3), "\(layer.name)")
        }
        #expect(schedule.layers.map(\.residualRows).filter { $0 > 0 } == [5, 5, 5, 4, 5, 5, 5, 5, 2, 3])
    }

    @Test("Credits and the NPU")
    func credits() {
        let preset = HeadService(weights: 1_280_000, macs: 1_729)
        #expect(preset.cycles == 741)
        #expect(
            (1...3).map { preset.cyclesPerImage(interval: 224, latency: 926, credits: $0) } == [
                1_667, 834, 741,
            ])
        #expect(preset.fullRateCredits(interval: 224, latency: 926) == 3)
        let classes = HeadService(weights: 1_280_000, macs: 1_280)
        #expect(classes.cycles == 1_000)
        #expect(
            (2...3).map { classes.cyclesPerImage(interval: 303, latency: 1_046, credits: $0) } == [
                1_023, 1_000,
            ])
        let matched = HeadService(weights: 1_280_000, macs: 5_715)
        #expect(matched.cycles == 224)
        #expect(
            (5...6).map { matched.cyclesPerImage(interval: 224, latency: 926, credits: $0) } == [230, 224])
        #expect(matched.fullRateCredits(interval: 224, latency: 926) == 6)
        #expect(HeadService.hardened.fullRateCredits(interval: 224, latency: 926) == 5)
    }
}

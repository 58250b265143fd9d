import HardenedBackbone
import Testing

import ChipModel

/// Rates, limits and who limits.
@Suite struct CostThroughputTests {
    private let network: NetworkDescription

    init() throws { network = try #require(NetworkDescription(widthPercent: 100, inputSize: 224)) }

    private func throughput(
        _ preset: ChipPreset = .rows, credits: Int? = nil, bandwidth: Double? = nil,
        _ change: (inout ChipDesign) -> Void = { _ in }
    ) throws -> ChipThroughput {
        var design = preset.design(for: network)
        change(&design)
        let plan = try #require(LanePlan(network: network, cyclesPerImage: design.cyclesPerImage))
        return ChipThroughput(
            design, schedule: RowSchedule(plan: plan, depth: design.depth),
            head: HeadFacts(classes: 1_000, features: 1_280), credits: credits, inputBandwidth: bandwidth)
    }

    @Test("The presets meet both published rates within 1 %", arguments: ChipPreset.allCases)
    func presets(_ preset: ChipPreset) throws {
        let rates = try throughput(preset)
        #expect(abs(rates.rate / ChipThroughput.published.programmable - 1) < 0.01)
        #expect(abs(rates.hardenedRate / ChipThroughput.published.hardened - 1) < 0.01)
        #expect(rates.bottleneck == .npu && rates.npuBusy == 1 && rates.credits == 3)
        #expect(abs(rates.backboneBusy - 0.3023) < 0.002)
    }

    @Test("Each limit is named where it is the least")
    func bottlenecks() throws {
        let wide = try throughput { $0.npuMACs = 5_715 }
        #expect(wide.bottleneck == .backbone && abs(wide.rate - 4e6) < 1)
        let single = try throughput(credits: 1)
        #expect(single.bottleneck == .credits && abs(single.rate - 896e6 / 1_667) < 1)
        let narrow = try throughput(bandwidth: 100e9)
        #expect(narrow.bottleneck == .inputBandwidth && abs(narrow.rate - 100e9 / 150_528) < 1)
        #expect(narrow.hardenedRate == narrow.rate)
        let frozen = try throughput { $0.isHeadFrozen = true }
        #expect(frozen.bottleneck == .backbone && frozen.service == 0 && frozen.rate == frozen.hardenedRate)
        #expect(frozen.credits == 5 && frozen.npuBusy == 0)
    }

    @Test("Datapaths and NPUs multiply what is theirs")
    func units() throws {
        let one = try throughput()
        let two = try throughput { $0.datapaths = 2 }
        #expect(two.rate == one.rate && two.hardenedRate == 2 * one.hardenedRate)
        let four = try throughput {
            $0.datapaths = 1
            $0.npus = 4
        }
        #expect(four.bottleneck == .backbone)
    }

    @Test("A head that is not there yet is assumed with the mean number of signed digits")
    func assumedHead() {
        let head = HeadFacts(classes: 1_000, features: 1_280)
        #expect(!head.isCounted && head.weights == 1_280_000)
        #expect((2.7...2.8).contains(Double(head.signedDigits) / Double(head.weights)))
    }
}

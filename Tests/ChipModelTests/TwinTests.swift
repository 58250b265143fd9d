import HardenedBackbone
import TestSupport
import Testing

import ChipModel

/// A fleet's rate beside its chip.
@Suite struct TwinTests {
    private static let backbone = Result { try SmallBackbone.make() }
    private static let census = backbone.map { backbone in
        zip(backbone.network.layers, backbone.layers).map { LayerCensus($0, $1) }
    }

    private func twin(_ change: (inout ChipDesign) -> Void = { _ in }) throws -> ChipTwin {
        let network = try Self.backbone.get().network
        var design = ChipPreset.rows.design(for: network)
        change(&design)
        return try ChipTwin(
            network, census: try Self.census.get(), design: design,
            head: HeadFacts(classes: 1_000, features: network.featureCount))
    }

    @Test("The programmable head's rate, the backbone's rate when it is frozen, and the fleet in chips")
    func rates() throws {
        let twin = try twin()
        let frozen = try #require(twin.frozen)
        // 1,280,000 weights on 1,729 MACs: 741 cycles at 896 MHz; 32 cycles without.
        #expect(twin.chip.imagesPerSecond == 896e6 / 741 && twin.chip.bottleneck == .npu)
        #expect(frozen.imagesPerSecond == 896e6 / 32 && frozen.bottleneck == .backbone)
        #expect(twin.worth(ofMeasured: 896e6 / 741) == 1)
        #expect(abs(twin.worth(ofMeasured: 3_627.5) - 0.003) < 1e-5)
        #expect(twin.worth(ofMeasured: 0) == 0)
        // A hardened head reads no weights, which costs more than its adders.
        #expect(frozen.microjoules.value < twin.chip.microjoules.value)
    }

    @Test("A frozen head has no second figure")
    func frozen() throws {
        let twin = try twin { $0.isHeadFrozen = true }
        #expect(twin.frozen == nil && twin.chip.imagesPerSecond == 896e6 / 32)
    }

    @Test("A chip that can not be built is refused")
    func refusals() throws {
        #expect(throws: ClockRefusal.self) { try twin { $0.clock = 5_000 } }
        #expect(throws: DesignError.self) { try twin { $0.cyclesPerImage = 1 } }
    }
}

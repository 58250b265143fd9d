import HardenedBackbone
import Testing

import ChipModel

/// The timing table, and the clocks that it allows.
@Suite struct CostTimingTests {
    @Test("Timed neurons give their own clock")
    func entries() {
        for entry in TimingTable.entries {
            for (wire, clock) in zip(WireLength.allCases, entry.clocks) {
                let found = TimingTable.clock(fanIn: entry.fanIn, rows: entry.rows, wire: wire) ?? 0
                // Or what a narrower neuron closes, where that is slower.
                let narrower = TimingTable.entries.filter { $0.rows == entry.rows && $0.fanIn <= entry.fanIn }
                let index = WireLength.allCases.firstIndex(of: wire) ?? 0
                #expect(abs(found - (narrower.map { $0.clocks[index] }.min() ?? 0)) < 1e-6)
                #expect(found <= clock + 1e-6)
            }
        }
    }

    @Test(
        "No golden clock is missed by more than 3 %, without wires",
        arguments: [
            (32, 2, 1_702.0), (96, 2, 1_336), (384, 2, 1_016), (960, 2, 888), (384, 6, 1_281),
            (960, 9, 1_181),
        ])
    func golden(_ fanIn: Int, _ rows: Int, _ clock: Double) throws {
        // `seven-nm.md`, 2.2: a prototype of the same neurons.
        let found = try #require(TimingTable.clock(fanIn: fanIn, rows: rows, wire: .none))
        #expect(found > 0.97 * clock && found < 1.15 * clock)
    }

    @Test("Between and beyond them: slower with more inputs and with longer wires; other cuts are unknown")
    func order() throws {
        for rows in TimingTable.rows {
            for (wire, isCutTwice) in WireLength.allCases.flatMap({ [($0, false), ($0, true)] }) {
                guard !isCutTwice || rows < 9 else { continue }
                let clocks = [1, 9, 32, 64, 144, 384, 576, 960, 1_920, 1 << 40].map {
                    TimingTable.clock(fanIn: $0, rows: rows, isCutTwice: isCutTwice, wire: wire) ?? 0
                }
                #expect(zip(clocks, clocks.dropFirst()).allSatisfy { $0 >= $1 } && clocks[9] > 0)
            }
            let wires = WireLength.allCases.map { TimingTable.clock(fanIn: 576, rows: rows, wire: $0) ?? 0 }
            #expect(zip(wires, wires.dropFirst()).allSatisfy { $0 > $1 })
        }
        #expect(TimingTable.clock(fanIn: 96, rows: 3, wire: .none) == nil)
    }

    @Test(
        "Presets close their clock with 3 um of wire: rows at every width, classes up to 1.4",
        arguments: [10, 35, 100, 140, 200])
    func presets(_ width: Int) throws {
        let network = try #require(NetworkDescription(widthPercent: width, inputSize: 224))
        for preset in ChipPreset.allCases {
            let check = ClockCheck(network, preset.design(for: network))
            let cutTwice = check.layers.filter(\.hasEarlyCut)
            #expect((check.refusal == nil) == (preset == .rows || width <= 140))
            #expect(preset == .rows ? cutTwice.isEmpty : cutTwice.allSatisfy { $0.fanIn > 96 })
        }
    }

    private func refusal(_ change: (inout ChipDesign) -> Void) throws -> String? {
        let network = try #require(NetworkDescription(widthPercent: 100, inputSize: 224))
        var design = ChipPreset.rows.design(for: network)
        change(&design)
        return ClockCheck(network, design).refusal?.description
    }

    @Test("A clock that does not close is refused with the layer and what would close it")
    func refusals() throws {
        let early = try #require(
            try refusal {
                ($0.clock, $0.cut, $0.wire) = (1_000, .uniform(2), .none)
            })
        #expect(early.contains("fan-in 960, cut at 2 rows, depth 3 closes 903 MHz without wires, not 1,000"))
        #expect(early.contains("--cut 4 would (1,027 MHz)"))
        let fast = try #require(try refusal { $0.clock = 1_210 })
        #expect(fast.contains("a second cut, would") && fast.contains("--depth 4 --cut 2"))
        #expect(fast.contains("other layers"))
        let impossible = try #require(try refusal { $0.clock = 9_000 })
        #expect(impossible.contains("no cut or depth of the timing table does"))
        let network = try #require(NetworkDescription(widthPercent: 100, inputSize: 224))
        let shallow = try #require(try refusal { $0.depth = .uniform(2, of: network) })
        #expect(shallow.contains("depth 2") && shallow.contains("--depth 3"))
        let unknown = try #require(try refusal { $0.cut = .uniform(28) })
        #expect(unknown.contains("was not timed; cuts that were: 2, 4, 6, 9, 13"))
        let shared = try #require(try refusal { $0.sharesPairs = true })
        #expect(shared.contains("--depth 4"))
        #expect(try refusal { $0.wire = .none } == nil)
    }
}

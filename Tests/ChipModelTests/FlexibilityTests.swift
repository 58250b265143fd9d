import HardenedBackbone
import QuantizedTensors
import TestSupport
import Testing

import ChipModel

/// Cuts between a frozen and a programmable chip, from a small network's real weights.
@Suite struct FlexibilityTests {
    private let backbone: BackboneArtifact
    private let census: [LayerCensus]
    private let study: FlexibilityStudy
    private let head: HeadFacts

    /// Made and counted once: in a debug build the counting takes seconds.
    private static let shared = Result {
        let backbone = try SmallBackbone.make()
        return (backbone, zip(backbone.network.layers, backbone.layers).map { LayerCensus($0, $1) })
    }

    init() throws {
        (backbone, census) = try Self.shared.get()
        let network = backbone.network
        head = HeadFacts(classes: 1_000, features: network.featureCount)
        study = try FlexibilityStudy(
            network, census: census, design: ChipPreset.rows.design(for: network), head: head)
    }

    private func close(_ left: Estimate, _ right: Estimate) -> Bool {
        func same(_ one: Double, _ two: Double) -> Bool { abs(one - two) <= 1e-9 * max(1, abs(two)) }
        return same(left.low, right.low) && same(left.value, right.value) && same(left.high, right.high)
    }

    @Test("The first two cuts are the chips that the cost model knows")
    func ends() throws {
        #expect(study.cuts.count == backbone.network.layers.count + 2)
        let (frozen, head) = (study.cuts[0], study.cuts[1])
        #expect(frozen.name == "frozen" && head.name == "head only" && study.cuts[3].name == "last 2")
        #expect(frozen.modelled.squareMillimetres == study.frozen.placedArea)
        #expect(frozen.modelled.imagesPerSecond == study.frozen.throughput.rate)
        #expect(close(head.modelled.squareMillimetres, study.open.placedArea))
        #expect(close(head.modelled.microjoules, study.open.energy))
        #expect(head.modelled.imagesPerSecondSameNpus == study.open.throughput.rate)
        #expect(head.modelled.npuMacs == study.open.design.npuMACs)
    }

    @Test("Shares rise from nothing to all")
    func shares() throws {
        let cuts = study.cuts
        for (less, more) in zip(cuts, cuts.dropFirst()) {
            #expect(less.counted.parameterShare < more.counted.parameterShare)
            #expect(less.counted.macShare < more.counted.macShare)
            #expect(less.modelled.areaShare < more.modelled.areaShare)
            #expect(less.modelled.energyShare < more.modelled.energyShare)
            #expect(less.modelled.imagesPerSecondSameNpus >= more.modelled.imagesPerSecondSameNpus)
        }
        let (none, all) = (cuts[0], try #require(cuts.last))
        #expect(none.counted.parameters == 0 && none.counted.classShare == 0 && none.modelled.npuMacs == 0)
        #expect(all.counted.parameterShare == 1 && all.counted.macShare == 1 && all.counted.classShare == 1)
        #expect(all.modelled.areaShare == 1 && all.modelled.energyShare == 1)
        #expect(all.firstLayer == "stem" && cuts[2].firstLayer == "last")
        let network = backbone.network
        let biases = network.layers.reduce(0) { $0 + $1.output.channels }
        #expect(all.counted.parameters == network.weightCount + biases + head.weights + 1_000)
        #expect(all.counted.macs == network.macCount + head.weights)
    }

    @Test("Just as many MACs as keep the rate, and the rate of the NPUs as they are")
    func macs() throws {
        let design = study.open.design
        let rate = study.open.throughput.rate
        for cut in study.cuts.dropFirst(2) {
            func reached(_ macs: Int) -> Double {
                Double(macs) * design.clock * 1e6 / Double(cut.counted.macs)
            }
            #expect(reached(cut.modelled.npuMacs) >= rate * (1 - 1e-6))
            #expect(
                cut.modelled.npuMacs == design.npuMACs || reached(cut.modelled.npuMacs - 1) < rate,
                "\(cut.name)")
            let cycles = (cut.counted.macs - 1) / design.npuMACs + 1
            #expect(cut.modelled.imagesPerSecondSameNpus == min(rate, design.clock * 1e6 / Double(cycles)))
        }
    }

    @Test("The cost of one programmable layer, by hand")
    func byHand() throws {
        let layer = try #require(study.open.layers.last)
        let tail = ProgrammableTail(head: head, layers: [layer])
        let weights = layer.layer.weightCount
        let rows = layer.layer.output.height
        #expect(tail.macs == head.weights + layer.layer.macCount)
        #expect(tail.reads.low == Double(head.weights + weights))
        #expect(tail.reads.value == Double(head.weights + weights * rows))
        let buffers = Double(layer.registers.buffers) * (0.2916 + 0.19) * 1e-6
        let array = 2_000 * 40 * 1e-6
        let banks = Double(head.weights + weights) * 16 * 0.05 * 1e-6
        let area = tail.area(macs: 2_000, design: study.open.design)
        #expect(abs(area.value - ((buffers + array) / 0.6 + banks)) < 1e-9)
        #expect(area.low < area.value && area.value < area.high)
    }

    @Test("Two datapaths and NPUs: twice the hardened area, as much as the cost model says")
    func several() throws {
        var design = ChipPreset.rows.design(for: backbone.network)
        (design.datapaths, design.npus) = (2, 3)
        let network = backbone.network
        let several = try FlexibilityStudy(
            network, census: census, design: design, head: head)
        #expect(close(several.cuts[1].modelled.squareMillimetres, several.open.placedArea))
        #expect(close(several.cuts[1].modelled.microjoules, several.open.energy))
        #expect(several.cuts[1].modelled.npuMacs == 3 * design.npuMACs)
    }

    private func report(_ accuracy: RecoveredAccuracy? = nil) -> FlexibilityReport {
        FlexibilityReport(
            study, subject: .init(backbone, treatment: "as it is", head: head), accuracy: accuracy)
    }

    @Test("Every column of the CSV but the cut's name says its kind; a row for each cut")
    func csv() throws {
        let lines = report().csv.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        #expect(lines.count == study.cuts.count + 1)
        for column in lines[0].dropFirst(3) {
            #expect(["counted", "modelled", "measured"].contains { column.hasSuffix("_\($0)") }, "\(column)")
        }
        #expect(lines.allSatisfy { $0.count == lines[0].count })
        #expect(lines[1].last == "" && lines[2].last == "")
    }

    @Test("The table fits a terminal; the page is whole, escaped and the same again")
    func texts() throws {
        let recovered = try RecoveredAccuracyTests.recovered(backbone: "ab", data: "<b>&\"tar")
        let (plain, full) = (report(), report(recovered))
        #expect(
            plain.lines.allSatisfy { $0.count <= 110 }, "\(plain.lines.max { $0.count < $1.count } ?? "")")
        #expect(
            full.lines.contains { $0.contains("Measured") }
                && !plain.lines.contains { $0.contains("Measured:") })
        #expect(full.html == report(recovered).html && full.html.hasSuffix("</html>\n"))
        #expect(full.html.contains("&lt;b&gt;&amp;&quot;tar") && !full.html.contains("<b>&\"tar"))
        #expect(
            full.html.contains("id=\"accuracy-heading\"") && !plain.html.contains("id=\"accuracy-heading\""))
        #expect(!full.html.contains("<script") && !full.html.contains("http"))
        // Accuracy stands at the three cuts that were measured and at no other.
        #expect(full.cuts.count { full.result(of: $0) != nil } == 3)
    }
}

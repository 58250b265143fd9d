import HardenedBackbone
import TestSupport
import Testing

import ChipModel

/// What is printed, drawn and written.
@Suite struct ReportTests {
    private static func report(
        _ change: (inout ChipDesign) -> Void = { _ in }, accuracy: [AccuracyPoint] = []
    ) throws -> ChipReport {
        let artifact = try SmallBackbone.make()
        let network = artifact.network
        var design = ChipPreset.rows.design(for: network)
        change(&design)
        let head = HeadFacts(classes: 10, features: network.featureCount)
        let census = zip(network.layers, artifact.layers).map {
            LayerCensus($0, $1, cut: design.cut, sharesPairs: design.sharesPairs)
        }
        return ChipReport(
            try ChipCost(network, census: census, design: design, head: head),
            subject: .init(artifact, treatment: "weights as they are", head: head), accuracy: accuracy)
    }

    @Test("The table fits 110 columns and names the kind of every column")
    func text() throws {
        let lines = try Self.report().lines
        #expect(lines.allSatisfy { $0.count <= 110 })
        for kind in ["simulated", "counted", "synth. law, mm2", "modelled"] {
            #expect(lines[3].contains(kind))
        }
        #expect(lines.count { $0.hasPrefix("b") } == 50 && lines.contains { $0.hasPrefix("MODELLED") })
        let frozen = try Self.report { $0.isHeadFrozen = true }.lines
        #expect(frozen.contains { $0.contains("ASSUMED") } && !frozen.contains { $0.contains("NPU, mm2") })
    }

    @Test("Every column of the CSV ends with its kind, and every row is a layer")
    func csv() throws {
        let report = try Self.report()
        let rows = report.csv.split(separator: "\n").map { $0.split(separator: ",") }
        #expect(rows.count == 53 && rows.allSatisfy { $0.count == rows[0].count })
        let kinds = FigureKind.allCases.map { "_" + $0.rawValue }
        #expect(rows[0].dropFirst().allSatisfy { name in kinds.contains { name.hasSuffix($0) } })
        let adders = rows.dropFirst().reduce(0) { $0 + (Int($1[8]) ?? 0) }
        #expect(adders == report.counted.adders)
    }

    @Test("The waterfall's steps add up to the placed area", arguments: [false, true])
    func waterfall(_ isFrozen: Bool) throws {
        let report = try Self.report {
            $0.isHeadFrozen = isFrozen
            $0.datapaths = 3
        }
        let sum = AreaWaterfall(report: report).steps.reduce(0) { $0 + $1.area }
        #expect(abs(sum - report.modelled.placedMm2.value) < 1e-9 * sum)
    }

    @Test("The page needs nothing else, is the same again, and escapes what comes from files")
    func page() throws {
        let points = [("baseline", ""), ("exponents", "<b>"), ("pruning", "50")].enumerated().map {
            AccuracyPoint(
                study: $1.0, setting: $1.1, accuracy: (0.7, 0.69, 0.71), images: 100,
                placedArea: Estimate(Double($0) + 1))
        }
        let html = try Self.report(accuracy: points).html
        #expect(html == (try Self.report(accuracy: points).html))
        for forbidden in ["<script", "http:", "https:", "@import", "url(//", "src=", "<b>"] {
            #expect(!html.contains(forbidden))
        }
        #expect(html.contains("Accuracy against area") && html.contains("&lt;b&gt;"))
        #expect(!(try Self.report().html.contains("Accuracy against area")))
        for kind in FigureKind.allCases { #expect(html.contains("<caption>\(kind.label)")) }
    }

    @Test("Shared pairs: a stage more, fewer adders, counted cells instead of the law")
    func sharedPairs() throws {
        let plain = try Self.report()
        let network = try SmallBackbone.make().network
        let shared = try Self.report {
            $0.sharesPairs = true
            $0.depth = DepthPlan(network) { $0.kind == .depthwise ? 3 : 4 }
        }
        #expect(shared.counted.fullAdders < plain.counted.fullAdders)
        #expect(shared.counted.flipFlops.input > 0 && plain.counted.flipFlops.input == 0)
        #expect(shared.synthesisedLaw.adderMm2.value < plain.synthesisedLaw.adderMm2.value)
        #expect(shared.simulated.latencyCycles > plain.simulated.latencyCycles)
    }
}

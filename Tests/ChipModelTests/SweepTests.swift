import HardenedBackbone
import TestSupport
import Testing

import ChipModel

/// Lists, points, fronts and their texts.
@Suite struct SweepTests {
    private static let weights = [SweepWeights(), SweepWeights(pruned: 50)]

    private static func report(_ change: (inout SweepAxes) -> Void) throws -> SweepReport {
        let artifact = try SmallBackbone.make()
        let network = artifact.network
        let base = ChipPreset.rows.design(for: network)
        let head = HeadFacts(classes: 10, features: network.featureCount)
        var axes = SweepAxes(base)
        change(&axes)
        let census = zip(network.layers, artifact.layers).map { LayerCensus($0, $1) }
        return try SweepReport(
            network, axes: axes, base: base,
            census: Dictionary(uniqueKeysWithValues: weights.map { ($0, census) }), head: head,
            subject: .init(artifact, treatment: "as listed", head: head), command: "hashiflex chip report M")
    }

    @Test("Lists and ranges")
    func lists() throws {
        func numbers(_ text: String) throws(ValueListError) -> [Double] {
            try ValueList.numbers(text, option: "--x", in: 0...1_000)
        }
        #expect(try numbers("1,2,4") == [1, 2, 4])
        #expect(try numbers("100:300:100,7,100") == [100, 200, 300, 7])
        #expect(try numbers("0:1:0.1").count == 11 && numbers("5:5:1") == [5])
        #expect(try ValueList.integers("1:4:1", option: "--n", in: 1...64) == [1, 2, 3, 4])
    }

    @Test(
        "What is no list is refused by name",
        arguments: [
            "", "1,,2", "x", "1:2", "1:2:0", "2:1:1", "1:2:-1", "nan", "inf", "1:2:nan", "0:1000:1e-300",
            "1001", "-1", "1e400", "0:1000:1",
        ])
    func badLists(_ text: String) {
        #expect(throws: ValueListError.self) {
            try ValueList.numbers(text, option: "--x", in: 0...1_000)
        }
        let error = #expect(throws: ValueListError.self) {
            try ValueList.integers("1.5", option: "--npus", in: 1...64)
        }
        #expect(error?.description.hasPrefix("--npus") == true)
    }

    @Test("A point equals the report of its design, and refused points keep their reason")
    func points() throws {
        let sweep = try Self.report {
            $0.clocks = [448, 896, 1_300]
            $0.cycles = [32, 64]
            $0.frozen = [false, true]
            $0.npuMACs = [100, 1_729]
            $0.weights = Self.weights
        }
        #expect(sweep.points.count == 2 * (3 * 2 * 2 + 3 * 2))
        #expect(sweep.points.map(\.number) == Array(1...sweep.points.count))
        let point = try #require(
            sweep.points.first { $0.clock == 896 && $0.cyclesPerImage == 64 && $0.npuMacs == 100 })
        let artifact = try SmallBackbone.make()
        var design = ChipPreset.rows.design(for: artifact.network)
        (design.cyclesPerImage, design.npuMACs) = (64, 100)
        let chip = try ChipCost(
            artifact.network,
            census: zip(artifact.network.layers, artifact.layers).map { LayerCensus($0, $1) },
            design: design, head: HeadFacts(classes: 10, features: artifact.network.featureCount))
        #expect(point.modelled?.placedMm2 == chip.placedArea && point.modelled?.microjoules == chip.energy)
        #expect(point.simulated?.imagesPerSecond == chip.throughput.rate)
        #expect(
            point.command
                == "hashiflex chip report M --clock 896 --cycles 64 --datapaths 1 --npu-macs 100 --npus 1")
        let refused = sweep.points.filter { $0.refusal != nil }
        #expect(!refused.isEmpty && refused.allSatisfy { $0.clock == 1_300 && !$0.isPareto })
        #expect(
            sweep.points.contains { $0.isPareto && $0.isHeadFrozen && $0.command.hasSuffix("--prune 50") })
    }

    @Test("No Pareto point is beaten by a point of the same weights, every other one is")
    func front() throws {
        let points = try Self.report {
            $0.clocks = [224, 448, 896]
            $0.datapaths = [1, 2, 3]
            $0.npus = [1, 2]
            $0.npuMACs = [16, 400]
        }.points
        func costs(_ point: SweepPoint) -> [Double] {
            [
                -(point.simulated?.imagesPerSecond ?? 0), point.modelled?.placedMm2.value ?? 0,
                point.modelled?.microjoules.value ?? 0,
            ]
        }
        #expect(points.contains(where: \.isPareto) && points.contains { !$0.isPareto })
        for point in points {
            let beaten = points.contains { ParetoFront.dominates(costs($0), costs(point)) }
            #expect(beaten != point.isPareto)
        }
        #expect(!ParetoFront.dominates([1, 2], [1, 2]) && ParetoFront.dominates([1, 1], [1, 2]))
    }

    @Test("Too many points are refused before any is worked out")
    func bounds() throws {
        let error = #expect(throws: SweepSizeError.self) {
            _ = try Self.report {
                $0.clocks = (1...256).map(Double.init)
                $0.npuMACs = Array(1...256)
                $0.datapaths = Array(1...64)
                $0.npus = Array(1...64)
                $0.depths = Array(0...16)
            }
        }
        #expect(error?.description.contains("more than 4096") == true)
    }

    @Test("The table fits 110 columns, the page needs nothing else, and every point has its command")
    func texts() throws {
        let sweep = try Self.report {
            $0.clocks = [448, 896, 1_300]
            $0.frozen = [false, true]
        }
        let commands = sweep.lines.filter {
            $0.hasPrefix("#") && ($0.contains("hashiflex") || $0.contains("refused:"))
        }
        #expect(sweep.lines.filter { !commands.contains($0) }.allSatisfy { $0.count <= 110 })
        for point in sweep.points { #expect(sweep.lines.contains("#\(point.number)  \(point.command)")) }
        #expect(sweep.csv.split(separator: "\n").count == sweep.points.count + 1)
        let html = sweep.html
        #expect(html == sweep.html && !html.contains("<script") && !html.contains("http"))
        #expect(sweep.points.allSatisfy { html.contains($0.command) })
        let many = try Self.report {
            $0.clocks = (1...8).map { Double($0) * 100 }
            $0.datapaths = Array(1...10)
        }
        #expect(many.lines.contains { $0.contains("only the Pareto points") })
    }
}

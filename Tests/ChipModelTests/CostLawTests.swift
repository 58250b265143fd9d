import Foundation
import HardenedBackbone
import QuantizedTensors
import TestSupport
import Testing

import ChipModel

/// The area law against synthesised layers, and against the trees that it stands for.
@Suite struct CostLawTests {
    @Test(
        "Synthesised layers within the law's tolerance, most of them far within",
        arguments: [
            // Non-zero weights, neurons, um2 of ASAP7 cells, tolerance.
            (2_215, 24, 3_749.0, 0.01), (6_031, 32, 10_060, 0.01), (24_164, 64, 39_969, 0.01),
            (40_315, 1_280, 72_117, 0.03),
        ])
    func layers(_ weights: Int, _ neurons: Int, _ area: Double, _ tolerance: Double) {
        let law = AreaLaw.area(weights: weights, neurons: neurons)
        #expect(abs(law / area - 1) < tolerance)
        #expect(tolerance < AreaLaw.layerTolerance)
    }

    @Test("A weight costs what the synthesised neurons say, by fan-in")
    func weight() {
        func each(_ fanIn: Double) -> Double { AreaLaw.weightArea(fanIn: fanIn) + 1.4 / fanIn }
        #expect(abs(each(32) - 1.75) < 0.02 && abs(each(96) - 1.69) < 0.01)
        #expect(each(384) <= 1.66 && each(960) <= 1.66)
        #expect(AreaLaw.area(weights: 0, neurons: 3) == 1.4 * 3 && AreaLaw.area(weights: 0, neurons: 0) == 0)
    }

    /// Non-zero weights and neurons of the width-10 network at 32x32, 84340b8e, layer by layer.
    static let widthTen = CostWidthTen.layers

    @Test("The width-10 network within 3 % of 127,963 um2, without its last layer of 55,846")
    func network() throws {
        let last = try #require(Self.widthTen.last)
        #expect(Self.widthTen.reduce(0) { $0 + $1.weights } == 71_272)
        #expect(Self.widthTen.reduce(0) { $0 + $1.neurons } == 3_616)
        let area = Self.widthTen.reduce(0) { $0 + AreaLaw.area(weights: $1.weights, neurons: $1.neurons) }
        #expect(abs(area / 127_963 - 1) < AreaLaw.networkTolerance)
        let rest = area - AreaLaw.area(weights: last.weights, neurons: last.neurons)
        #expect(abs(rest / 55_846 - 1) < AreaLaw.networkTolerance)
    }

    @Test(
        "Every layer of whole networks as `chip synth` found it, and all of them together",
        arguments: [
            ("synthesis-width-10.csv", 10, 71_272), ("synthesis-built-in.csv", 100, 2_148_957),
        ])
    func synthesised(_ name: String, _ width: Int, _ weights: Int) throws {
        let network = try #require(NetworkDescription(widthPercent: width, inputSize: 96))
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../Sources/ChipModel/ChipModel.docc/Measurements/\(name)")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let column = try #require(
            lines[0].split(separator: ",").firstIndex(of: "synthesised_combinational_um2"))
        var (sum, law, all) = (0.0, 0.0, 0)
        #expect(lines.count == network.layers.count + 1)
        for (line, layer) in zip(lines.dropFirst(), network.layers) {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            #expect(String(fields[0]) == layer.name)
            let count = try #require(Int(fields[2]))
            all += count
            let area = try #require(Double(fields[column]))
            let expected = AreaLaw.area(weights: count, neurons: layer.output.channels)
            #expect(abs(expected / area - 1) < AreaLaw.layerTolerance, "\(fields[0])")
            (sum, law) = (sum + area, law + expected)
        }
        #expect(all == weights && abs(law / sum - 1) < AreaLaw.networkTolerance)
    }

    @Test("One weight less: eight adders less, and the law's area of a weight")
    func zeroedWeight() throws {
        let backbone = try SmallBackbone.make()
        let index = try #require(backbone.network.layers.firstIndex { $0.name == "b16.project" })
        let (layer, parameters) = (backbone.network.layers[index], backbone.layers[index])
        var weights = parameters.weights
        let zeroed = try #require(weights.firstIndex { $0 != 0 })
        weights[zeroed] = 0
        let (before, after) = (
            LayerCensus(layer, parameters),
            LayerCensus(
                layer,
                LayerParameters(
                    weights: weights, bias: parameters.bias, shift: parameters.shift,
                    residualShift: parameters.residualShift))
        )
        #expect(before.nonZeroWeights - after.nonZeroWeights == 1)
        // Each adder takes one bit away; a column more or less at the top may move one of them.
        let fewer =
            before.fullAdders + before.halfAdders + before.majorities
            - (after.fullAdders + after.halfAdders + after.majorities)
        #expect((6...10).contains(fewer))
        let saved = AreaLaw.area(of: before) - AreaLaw.area(of: after)
        let fanIn = Double(before.nonZeroWeights) / Double(before.neurons)
        #expect(abs(saved - AreaLaw.weightArea(fanIn: fanIn)) < 0.1)
    }

    @Test("Estimates keep their order through sums, products and quotients")
    func estimates() {
        let (a, b) = (Estimate(low: 1, value: 2, high: 4), Estimate(low: 0.5, value: 1, high: 2))
        #expect(a + b == Estimate(low: 1.5, value: 3, high: 6))
        #expect(a * b == Estimate(low: 0.5, value: 2, high: 8))
        #expect(a / b == Estimate(low: 0.5, value: 2, high: 8))
        #expect(a * 2 == Estimate(low: 2, value: 4, high: 8))
    }

    @Test("Every constant has a unit and a source, and names are not used twice")
    func constants() {
        #expect(CellConstants.all.allSatisfy { !$0.unit.isEmpty && !$0.source.isEmpty })
        #expect(Set(CellConstants.all.map(\.name)).count == CellConstants.all.count)
    }
}

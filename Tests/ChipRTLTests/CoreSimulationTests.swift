import ChipModel
import ChipRTL
import HardenedBackbone
import QuantizedTensors
import TestSupport
import Testing

/// Neurons against the numeric specification: extreme and random windows, byte for byte.
@Suite struct CoreSimulationTests {
    /// Windows at both ends of some channels' sums, then random ones, with the bytes of the specification.
    private func vectors(_ artifact: BackboneArtifact, _ index: Int, count: Int) -> CoreBench.Vectors {
        let (layer, parameters) = (artifact.network.layers[index], artifact.layers[index])
        let window = LayerWindow(layer)
        let perChannel = layer.weightsPerChannel
        let range = layer.inputType.range
        var random = SeededRandom(seed: UInt64(index))
        let windows = (0..<count).map { number -> [UInt8] in
            if number < 2 { return [UInt8](repeating: number == 0 ? 0 : 255, count: window.bytes) }
            guard number < count / 2 else { return random.bytes(window.bytes) }
            let channel = number / 2 * 5 % layer.output.channels
            var bytes = [UInt8](repeating: 0, count: window.bytes)
            for weight in 0..<perChannel {
                let isHigh = (parameters.weights[channel * perChannel + weight] > 0) == (number % 2 == 0)
                bytes[window.byte(ofWeight: weight, channel: channel)] =
                    layer.inputType.byte(of: isHigh ? range.upperBound : range.lowerBound)
            }
            return bytes
        }
        let hasResidual = layer.residualSource != nil
        let residuals = hasResidual ? (0..<count).map { _ in random.bytes(layer.output.channels) } : []
        let outputs = windows.indices.map { number in
            (0..<layer.output.channels).map { channel -> UInt8 in
                var sum = parameters.bias[channel]
                for weight in 0..<perChannel {
                    let byte = windows[number][window.byte(ofWeight: weight, channel: channel)]
                    sum +=
                        Int32(parameters.weights[channel * perChannel + weight])
                        * layer.inputType.value(of: byte)
                }
                return layer.outputType.byte(
                    of: Requantization.requantize(
                        accumulator: sum,
                        residual: hasResidual ? ActivationType.s8.value(of: residuals[number][channel]) : 0,
                        shift: parameters.shift[channel], residualShift: parameters.residualShift,
                        to: layer.outputType))
            }
        }
        return CoreBench.Vectors(layer: index, windows: windows, residuals: residuals, outputs: outputs)
    }

    private func simulator(
        _ artifact: BackboneArtifact,
        layers: [Int],
        style: CoreStyle,
        depth: Int = 3
    ) throws -> (Simulator, bytes: Int) {
        let rtl = try ChipFixture.network(
            artifact, cycles: 1_024, depth: .uniform(depth, of: artifact.network))
        let vectors = layers.map { self.vectors(artifact, $0, count: style == .area ? 8 : 16) }
        let files = layers.flatMap { rtl.core($0, style: style) } + rtl.sharedFiles(style: style)
        return (
            Simulator(files + CoreBench(rtl, vectors: vectors).files),
            vectors.reduce(0) { $0 + $1.outputs.reduce(0) { $0 + $1.count } }
        )
    }

    @Test(
        "Every layer's core gives the specified bytes",
        .enabled(if: ChipFixture.hasIcarus, "iverilog is not installed"), arguments: [4])
    func everyCore(depth: Int) throws {
        let artifact = try ChipFixture.artifact()
        let (simulator, bytes) = try simulator(
            artifact, layers: Array(artifact.network.layers.indices), style: .simulation, depth: depth)
        let report = try simulator.icarus()[0]
        #expect(report.isClean, "\(report.complaints)")
        #expect(report.summary["bytes"] == bytes)
    }

    @Test("Explicit adders give the same", .enabled(if: ChipFixture.hasIcarus, "iverilog is not installed"))
    func explicitAdders() throws {
        let artifact = try ChipFixture.artifact()
        // Fan-in of 9 with unsigned bytes, 8 with signed ones, a residual, and 96.
        let layers = ["b02.depthwise", "b02.expand", "b02.project", "b12.project"]
        let indices = artifact.network.layers.indices.filter {
            layers.contains(artifact.network.layers[$0].name)
        }
        #expect(indices.contains { artifact.network.layers[$0].weightsPerChannel >= 64 })
        let (simulator, bytes) = try simulator(artifact, layers: indices, style: .area)
        let report = try simulator.icarus()[0]
        #expect(report.isClean, "\(report.complaints)")
        #expect(report.summary["bytes"] == bytes)
    }

    @Test(
        "Sums of two powers of two give the specified bytes, in both styles",
        .enabled(if: ChipFixture.hasIcarus, "iverilog is not installed"),
        arguments: [CoreStyle.simulation, .area])
    func sums(_ style: CoreStyle) throws {
        let artifact = try SmallBackbone.sums()
        // Fan-in of 9 with unsigned bytes, and signed ones with a residual; explicit adders take Icarus long.
        let names = style == .area ? ["b02.project"] : ["b02.depthwise", "b02.project"]
        let indices = artifact.network.layers.indices.filter {
            names.contains(artifact.network.layers[$0].name)
        }
        #expect(indices.allSatisfy { artifact.layers[$0].terms == 2 })
        let (simulator, bytes) = try simulator(artifact, layers: indices, style: style)
        let report = try simulator.icarus()[0]
        #expect(report.isClean, "\(report.complaints)")
        #expect(report.summary["bytes"] == bytes)
    }

    @Test(
        "Verilator agrees, from 64 inputs on too",
        .enabled(if: ChipFixture.hasVerilator, "verilator is not installed"))
    func verilator() throws {
        let artifact = try ChipFixture.artifact()
        let index = try #require(artifact.network.layers.firstIndex { $0.name == "b12.project" })
        #expect(artifact.network.layers[index].weightsPerChannel >= 64)
        let (simulator, bytes) = try simulator(artifact, layers: [index], style: .simulation)
        let report = try simulator.verilator()
        #expect(report.isClean, "\(report.complaints)")
        #expect(report.summary["bytes"] == bytes)
    }

    @Test("A wrong shift is seen", .enabled(if: ChipFixture.hasIcarus, "iverilog is not installed"))
    func wrongShift() throws {
        let artifact = try ChipFixture.artifact()
        let index = try #require(artifact.network.layers.firstIndex { $0.name == "b12.project" })
        var (simulator, _) = try simulator(artifact, layers: [index], style: .simulation)
        try simulator.replace(", 3'b0}", by: ", 4'b0}", in: "cores/hs_core_b12_project_p0.sv")
        let report = try simulator.icarus()[0]
        #expect((report.summary["wrong_bytes"] ?? 0) > 0)
    }
}

import ChipRTL
import ChipTools
import HardenedBackbone
import QuantizedTensors

/// Energy of one layer's adders, from its widest channel. Kind: modelled; synthesised cells, simulated activity,
/// OpenSTA's power at a stated activity; no wires, no clock tree.
public struct NeuronEnergy: Codable, Hashable, Sendable {
    /// Layer in the artefact.
    public let layer: String
    /// Output channel that was simulated.
    public let channel: Int
    /// Weights of the channel, zeros included, and those that are not zero.
    public let fanIn, nonZeroWeights: Int
    /// Output pixels, one a cycle, in which toggles were counted.
    public let pixels: Int
    /// Bytes of the netlist that were compared with the specification, those of the picture included; all equal.
    public let comparedBytes: Int
    /// Toggles a net and cycle at the outputs of the full adders; absent where there are none.
    public let carryToggles, sumToggles: Double?
    /// Toggles a net and cycle over the outputs of all gates, flip-flops left out; absent for a layer of one pixel,
    /// where nothing changes within a picture.
    public let meanToggles: Double?
    /// Energy of the gates a non-zero weight and cycle at 0.5 toggles a net and cycle, fJ.
    public let energyAtHalf: Double
    /// The same at ``meanToggles``.
    public let energy: Double?
    /// Weights of the layer that are not zero, and its output pixels.
    public let layerWeights, layerPixels: Int
    /// Energy of the layer an image, nJ: each weight once for each output pixel.
    public let imageEnergy: Double?
}

/// Synthesises single channels, runs them on a picture and asks for their power.
public struct EnergyMeter {
    /// Legal numbers of pixels.
    public static let pixelsRange = 8...16_384
    /// Toggles a net and cycle that OpenSTA is asked at.
    static let stated = 0.5

    let design: NetworkSynthesis.Design
    let tools: SynthesisTools
    let pixels: Int
    let timeLimit: Int
    private let programs: (compiler: String, runner: String, power: String)
    /// Programs and versions.
    public let icarus, opensta: String

    /// Looks for the tools.
    ///
    /// - Parameters:
    ///   - design: without shared pairs, whose adders are no channel's own.
    ///   - pixels: most output pixels of a layer that are simulated, ``pixelsRange``.
    ///   - opensta: another OpenSTA than the one on PATH.
    ///   - timeLimit: seconds for one run of a tool.
    /// - Throws: ``ToolError`` where Icarus or OpenSTA is missing.
    public init(
        _ design: NetworkSynthesis.Design,
        tools: SynthesisTools,
        pixels: Int,
        opensta: String?,
        timeLimit: Int
    ) throws {
        precondition(!design.sharesPairs && Self.pixelsRange.contains(pixels), "see the ranges")
        (self.design, self.tools, self.pixels, self.timeLimit) = (design, tools, pixels, timeLimit)
        programs = (
            try ExternalTool.iverilog.locate(), try ExternalTool.vvp.locate(),
            try ExternalTool.openSTA.locate(path: opensta)
        )
        icarus = try ExternalTool.vvp.version(executable: programs.runner).description
        self.opensta = try ExternalTool.openSTA.version(executable: programs.power).description
    }

    /// The widest channel of each layer of the design.
    ///
    /// - Parameters:
    ///   - image: `[inputSize, inputSize, 3]` RGB bytes.
    ///   - folder: an empty folder for the files of the runs.
    ///   - progress: gets each result as it comes.
    /// - Throws: the first error of a tool; ``SynthesisError`` and ``EnergyError`` for a netlist that gives a wrong
    ///   byte or has no power.
    public func run(image: [UInt8], folder: String, progress: (NeuronEnergy) -> Void) throws -> [NeuronEnergy]
    {
        let activations = LayerActivations(design.artifact, image: image)
        let run = try tools.run(workFolder: folder, timeLimit: timeLimit)
        return try design.layers.map { index in
            let result = try measure(index, activations, run: run, folder: folder)
            progress(result)
            return result
        }
    }

    private func measure(
        _ index: Int,
        _ activations: LayerActivations,
        run: YosysRun,
        folder: String
    ) throws -> NeuronEnergy {
        let neuron = try NeuronNetlist(index, of: design, tools: tools, run: run)
        let entry = neuron.files.entry
        let lead = ActivityBench.lead(clocks: neuron.clocks)
        let stream = activations.stream(index, channel: neuron.channel, count: pixels, lead: lead)
        let bench = ActivityBench(neuron: neuron, stream: stream, lead: lead, libraries: tools.libraries)
        let activity = try bench.activity(
            compiler: programs.compiler, runner: programs.runner, folder: folder, timeLimit: timeLimit)
        let energy = try PowerAnalysis(
            executable: programs.power, libertyFiles: [run.libraryFile], clockPort: "clk",
            activity: Self.stated, timeLimit: timeLimit
        ).combinationalEnergy(of: neuron.netlist, libraries: tools.libraries, folder: folder)
        guard energy > 0 || neuron.part.nonZeroWeights == 0 else {
            throw EnergyError.noPower(layer: entry.name)
        }
        let layerPixels = design.artifact.network.layers[index].output.pixelCount
        let toggles = layerPixels > 1 ? GateToggles(activity, libraries: tools.libraries) : nil
        let half = energy / Double(max(1, neuron.part.nonZeroWeights))
        let weight = toggles.map { half / Self.stated * $0.mean }
        let layerWeights = entry.parts.reduce(0) { $0 + $1.nonZeroWeights }
        return NeuronEnergy(
            layer: entry.name, channel: neuron.channel, fanIn: entry.fanIn,
            nonZeroWeights: neuron.part.nonZeroWeights, pixels: activity.cycles,
            comparedBytes: neuron.comparedBytes + bench.comparedBytes, carryToggles: toggles?.carry,
            sumToggles: toggles?.sum, meanToggles: toggles?.mean, energyAtHalf: half, energy: weight,
            layerWeights: layerWeights, layerPixels: layerPixels,
            imageEnergy: weight.map { $0 * Double(layerWeights) * Double(layerPixels) * 1e-6 })
    }
}

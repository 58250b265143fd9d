import ChipModel
import ChipRTL
import ChipTools
import Foundation

/// The clock that one channel closes between registers. Kind: synthesised cells, static timing by OpenSTA; wires as
/// a length that each segment has, no placement.
public struct NeuronTiming: Codable, Hashable, Sendable {
    /// One wire length.
    public struct Clock: Codable, Hashable, Sendable {
        /// Wire from a driver to each of its loads, um; 0 for none at all.
        public let micrometres: Double
        /// The highest clock, MHz.
        public let megahertz: Double
        /// Cells between the registers of the slowest path.
        public let cells: Int
    }

    /// Layer in the artefact.
    public let layer: String
    /// Output channel.
    public let channel: Int
    /// Weights of the channel, zeros included, and those that are not zero.
    public let fanIn, nonZeroWeights: Int
    /// Rows at the cut.
    public let cutRows: Int
    /// Rows at the earlier of two cuts; absent with one.
    public let earlyCutRows: Int?
    /// Adder levels in front of the last cut.
    public let levels: Int
    /// Flip-flops at the cut, and at the earlier one if there are two.
    public let cutFlipFlops, earlyCutFlipFlops: Int
    /// Output bytes of the netlist that were compared with the specification, all equal.
    public let comparedBytes: Int
    /// A clock for each wire length.
    public let clocks: [Clock]
}

/// Synthesises single channels and times them.
public struct NeuronTimer {
    /// Wire lengths, um.
    public let wires: [Double]
    let design: NetworkSynthesis.Design
    let tools: SynthesisTools
    let timer: String
    let timerVersion: ToolVersion
    let timeLimit: Int

    /// Looks for the tools.
    ///
    /// - Throws: ``ToolError`` where OpenSTA is missing.
    public init(
        _ design: NetworkSynthesis.Design,
        tools: SynthesisTools,
        wires: [Double],
        opensta: String?,
        timeLimit: Int
    ) throws {
        (self.design, self.tools, self.wires, self.timeLimit) = (design, tools, wires, timeLimit)
        timer = try ExternalTool.openSTA.locate(path: opensta)
        timerVersion = try ExternalTool.openSTA.version(executable: timer)
    }

    /// The widest channel of each layer of the design.
    ///
    /// - Parameters:
    ///   - folder: an empty folder for the files of the runs.
    ///   - progress: gets each result as it comes.
    /// - Throws: the first error of a tool; ``SynthesisError`` for a netlist that gives a wrong byte.
    public func run(folder: String, progress: (NeuronTiming) -> Void) throws -> [NeuronTiming] {
        let run = try tools.run(workFolder: folder, timeLimit: timeLimit)
        return try design.layers.map { index in
            let result = try time(index, run: run, folder: folder)
            progress(result)
            return result
        }
    }

    private func time(_ index: Int, run: YosysRun, folder: String) throws -> NeuronTiming {
        let neuron = try NeuronNetlist(index, of: design, tools: tools, run: run)
        let (files, part, entry) = (neuron.files, neuron.part, neuron.files.entry)
        let clocks = try wires.map { length in
            let path = try TimingAnalysis(
                executable: timer, libertyFiles: [run.libraryFile], clockPort: "clk",
                wires: length > 0 ? WireModel(micrometres: length) : nil, timeLimit: timeLimit
            ).slowestPath(of: neuron.netlist, libraries: tools.libraries, folder: folder)
            return NeuronTiming.Clock(
                micrometres: length, megahertz: path.megahertz ?? 0, cells: path.cellsBetween)
        }
        let registers = files.registers(neuron.channel)
        return NeuronTiming(
            layer: entry.name, channel: neuron.channel, fanIn: entry.fanIn,
            nonZeroWeights: part.nonZeroWeights,
            cutRows: entry.cutRows, earlyCutRows: entry.earlyCutRows, levels: registers.levels,
            cutFlipFlops: registers.cut,
            earlyCutFlipFlops: entry.earlyCutRows == nil ? 0 : registers.earlyCut,
            comparedBytes: neuron.comparedBytes, clocks: clocks)
    }

    /// Program and version.
    public var toolFacts: String { timerVersion.description }
}

import ArgumentParser
import ChipFlow
import ChipModel
import ChipTools
import Foundation
import HardenedBackbone
import PipelineMessages

/// `hashiflex chip synth`.
struct ChipSynthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synth",
        abstract: "Synthesise the cores on a cell library with Yosys; every netlist is simulated.",
        discussion: """
            Writes the cores of explicit adders in parts of 64 channels, maps each part to cells, simulates the \
            netlist with the library's own functions on 64 windows and compares every byte with the numeric \
            specification. A part that gives a wrong byte ends the command with 1: its area is of no use.

            One lane of each layer; areas are cells without placement and wires, flip-flops apart. Results of \
            parts stay in the folder: the same command goes on where it was stopped.

            Example:
              hashiflex chip synth -o synth --liberty asap7.lib.gz --layers b16 --share-pairs
            """)

    @OptionGroup var model: ChipModelArgument
    @Option(name: .shortAndLong, help: "Folder for the results of parts; made if missing.") var output: String
    @Option(help: "A liberty file of the library, .lib or .lib.gz. May be repeated.") var liberty: [String] = []
    @Option(help: "Cells that Yosys must not take, such as *x1p*. May be repeated.") var exclude: [String] =
        []
    @Option(help: "Only these layers or blocks, with commas between them.") var layers: String?
    @Flag(help: "Add pairs of inputs once for all channels of a layer.") var sharePairs = false
    @Option(help: "Cut all adder trees at this many rows: 2, 4, 6, 9 or 13. Default: by fan-in.")
    var cut: Int?
    @Option(help: "Another Yosys than the one on PATH.") var yosys: String?
    @Option(help: "Seconds that one part may take.") var timeLimit = 3_600
    @Flag(help: "Print JSON.") var json = false
    @Option(help: "Write one line a layer as comma-separated values.") var csv: String?

    func validate() throws {
        try requireRange("--time-limit", timeLimit, in: 1...1_000_000)
        if let cut, !TimingTable.rows.contains(cut) {
            let known = TimingTable.rows.map(String.init).joined(separator: ", ")
            throw ValidationError("--cut is one of \(known), not \(cut)")
        }
        if liberty.isEmpty { throw ValidationError("--liberty names at least one file") }
    }

    func run() throws {
        try runCommand {
            let artifact = try model.backbone()
            let design = NetworkSynthesis.Design(
                artifact: artifact, depth: .uniform(sharePairs ? 4 : 3, of: artifact.network),
                cut: cut.map { .uniform($0) } ?? .byFanIn, sharesPairs: sharePairs,
                layers: try chosen(artifact.network), generator: "hashiflex \(BuildFacts.version)")
            Signals.onTermination { RunningTools.shared.killAll() }
            do {
                let synthesis = try NetworkSynthesis(
                    design, libraries: try liberty.map { try LibertyLibrary(path: $0) },
                    excluding: exclude.map { NamePattern($0) }, yosys: yosys, path: output,
                    timeLimit: timeLimit)
                let results = try synthesis.run { part, wasThere in
                    guard !wasThere else { return }
                    Terminal.note(
                        "\(part.module): \(part.nonZeroWeights) weights, "
                            + String(format: "%.0f um2, ", part.combinationalArea)
                            + "\(part.comparedBytes) bytes equal, \(Int(part.seconds.rounded())) s")
                }
                try report(SynthesisReport(artifact, synthesis, results, sharesPairs: sharePairs))
            } catch let error as SynthesisError {
                if case .wrongBytes = error { throw CommandError(Exit.mismatch, "\(error)") }
                throw error
            }
        }
    }

    private func report(_ report: SynthesisReport) throws {
        if let csv { try InputFile.write(Array(report.csv.utf8), to: csv) }
        if json { return Terminal.print(JSONRecord.text(report)) }
        report.lines.forEach { Terminal.print($0) }
    }

    /// Indices of the layers asked for, in the order of the network.
    private func chosen(_ network: NetworkDescription) throws -> [Int] {
        guard let layers else { return Array(network.layers.indices) }
        var chosen = Set<Int>()
        for name in layers.split(separator: ",") {
            let found = network.layers.indices.filter {
                network.layers[$0].name == name || network.layers[$0].name.hasPrefix("\(name).")
            }
            guard !found.isEmpty else {
                throw ValidationError(
                    "--layers: there is no layer or block '\(name)'; the first are stem, b00, b01")
            }
            chosen.formUnion(found)
        }
        return chosen.sorted()
    }
}

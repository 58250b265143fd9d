import ArgumentParser
import ChipFlow
import ChipModel
import ChipTools
import Foundation
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

    @OptionGroup var source: SynthesisSource
    @Option(name: .shortAndLong, help: "Folder for the results of parts; made if missing.") var output: String
    @OptionGroup var core: SynthesisOptions
    @Option(help: "Seconds that one part may take.") var timeLimit = 3_600
    @Flag(help: "Print JSON.") var json = false
    @Option(help: "Write one line a layer as comma-separated values.") var csv: String?

    func validate() throws {
        try requireRange("--time-limit", timeLimit, in: 1...1_000_000)
    }

    func run() throws {
        try runCommand {
            let design = try core.design(of: source)
            Signals.onTermination { RunningTools.shared.killAll() }
            do {
                let tools = try core.tools()
                let synthesis = NetworkSynthesis(design, tools: tools, path: output, timeLimit: timeLimit)
                let results = try synthesis.run { part, wasThere in
                    guard !wasThere else { return }
                    Terminal.note(
                        "\(part.module): \(part.nonZeroWeights) weights, "
                            + String(format: "%.0f um2, ", part.combinationalArea)
                            + "\(part.comparedBytes) bytes equal, \(Int(part.seconds.rounded())) s")
                }
                try report(SynthesisReport(design.artifact, tools, results, sharesPairs: core.sharePairs))
            } catch let error as SynthesisError {
                if case .wrongBytes = error { throw CommandError(Exit.mismatch, "\(error)") }
                throw error
            }
        }
    }

    private func report(_ report: SynthesisReport) throws {
        if let csv { try InputFile.write(Array(report.csv.utf8), to: csv) }
        if json { return Terminal.printJSON(report) }
        report.lines.forEach { Terminal.print($0) }
    }
}

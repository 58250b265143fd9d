import ArgumentParser
import ChipFlow
import ChipModel
import ChipTools
import Foundation
import HardenedBackbone
import PipelineMessages

/// `hashiflex chip timing`.
struct ChipTimingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "timing",
        abstract: "Time the widest neuron of each layer with OpenSTA, with wires of a stated length.",
        discussion: """
            Synthesises the channel with the most weights of each layer between registers, simulates the netlist \
            against the numeric specification, and asks OpenSTA for the slowest path from register to register. \
            Wires: every segment from a driver to a load has the stated length (26.6 ohm and 0.166 fF a um, \
            ASAP7's average layer), no buffers; 0 is no wires at all. Nothing is placed or routed.

            With --clock, ends with 1 if a layer does not close it.

            Examples:
              hashiflex chip timing --liberty asap7.lib.gz --layers b00.project,b16.project
              hashiflex chip timing --liberty asap7.lib.gz --clock 1210 --early-cut 28 --layers b16
            """)

    @OptionGroup var source: SynthesisSource
    @OptionGroup var core: SynthesisOptions
    @Option(help: "Lengths of wire to time with, um, with commas between them. Default: 0,3,6,10.")
    var wires = "0,3,6,10"
    @Option(help: "Say which layers close this clock, MHz, with the wires given.") var clock: Double?
    @Option(help: "Another OpenSTA than the one on PATH.") var opensta: String?
    @Option(help: "Seconds that one run of a tool may take.") var timeLimit = 3_600
    @Flag(help: "Print JSON.") var json = false
    @Option(help: "Write one line a layer as comma-separated values.") var csv: String?

    func validate() throws {
        try requireRange("--time-limit", timeLimit, in: 1...1_000_000)
        try requireRange("--clock", clock, in: ChipDesign.clockRange)
        _ = try lengths()
    }

    private func lengths() throws -> [Double] {
        let words = wires.split(separator: ",", omittingEmptySubsequences: false)
        return try words.map { word in
            guard let length = Double(word), length == 0 || (0.1...1_000).contains(length), words.count <= 16
            else {
                throw ValidationError("--wires takes up to 16 lengths of 0 or 0.1 to 1000 um, not '\(word)'")
            }
            return length
        }
    }

    func run() throws {
        var isOpen = false
        try runCommand {
            let design = try core.design(of: source)
            Signals.onTermination { RunningTools.shared.killAll() }
            let tools = try core.tools()
            let timer = try NeuronTimer(
                design, tools: tools, wires: try lengths(), opensta: opensta, timeLimit: timeLimit)
            let folder =
                FileManager.default.temporaryDirectory.path + "/hashiflex-timing-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            do {
                let results = try timer.run(folder: folder) { Terminal.note(TimingTableText.note($0)) }
                let text = TimingTableText(
                    "\(design.artifact.digest)", yosys: tools.facts.yosys, opensta: timer.toolFacts, results,
                    clock: clock)
                if let csv { try InputFile.write(Array(text.csv.utf8), to: csv) }
                if json {
                    Terminal.printJSON(text)
                } else {
                    text.lines.forEach { Terminal.print($0) }
                }
                isOpen = text.isOpen
            } catch let error as SynthesisError {
                if case .wrongBytes = error { throw CommandError(Exit.mismatch, "\(error)") }
                throw error
            }
        }
        if isOpen { throw Exit.mismatch }
    }
}

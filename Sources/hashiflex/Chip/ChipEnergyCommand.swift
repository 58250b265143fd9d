import ArgumentParser
import ChipFlow
import ChipModel
import ChipTools
import Foundation
import HardenedBackbone
import ImageDecoding
import PipelineMessages

/// `hashiflex chip energy`.
struct ChipEnergyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "energy",
        abstract: "Energy of the hardened adders, from the toggles that a picture causes.",
        discussion: """
            Synthesises the channel with the most weights of each layer between registers, feeds it the bytes that \
            the layer reads on a picture, one output pixel a cycle, and counts the toggles of every gate in Icarus \
            Verilog with delays of cells. OpenSTA gives the power of the gates at 0.5 toggles a net and cycle; \
            energy is linear in them. Its default activities are several times too high for adders and are not used.

            Modelled: no wires, no clock tree, no flip-flops. Without --layers, five layers; --layers all takes \
            every one.

            Ends with 1 if a netlist gives another byte than the specification.

            Examples:
              hashiflex chip energy --liberty asap7.lib.gz --image cat.jpg
              hashiflex chip energy --liberty asap7.lib.gz --image cat.jpg --layers b16 --csv energy.csv
            """)

    /// Layers without --layers: fan-in from 9 to the widest kind.
    static let usual = "b00.project,b01.expand,b01.project,b07.project,b14.project"

    @OptionGroup var source: SynthesisSource
    @OptionGroup var core: SynthesisOptions
    @Option(help: "The picture, or an archive or folder whose first one is taken.") var image: String
    @Option(help: "Most output pixels of a layer to simulate, from the middle of the picture on.")
    var pixels = 256
    @Option(help: "Another OpenSTA than the one on PATH.") var opensta: String?
    @Option(help: "Seconds that one run of a tool may take.") var timeLimit = 3_600
    @Flag(help: "Print JSON.") var json = false
    @Option(help: "Write one line a layer as comma-separated values.") var csv: String?

    func validate() throws {
        try requireRange("--pixels", pixels, in: EnergyMeter.pixelsRange)
        try requireRange("--time-limit", timeLimit, in: 1...1_000_000)
        if core.sharePairs {
            throw ValidationError(
                "--share-pairs is not for energy: the adders of a pair are no channel's own")
        }
    }

    func run() throws {
        try runCommand {
            var core = core
            core.layers = core.layers == "all" ? nil : core.layers ?? Self.usual
            let design = try core.design(of: source)
            let artifact = design.artifact
            let picture = try picture(try artifact.preparation())
            Signals.onTermination { RunningTools.shared.killAll() }
            let tools = try core.tools()
            let meter = try EnergyMeter(
                design, tools: tools, pixels: pixels, opensta: opensta, timeLimit: timeLimit)
            let folder =
                FileManager.default.temporaryDirectory.path + "/hashiflex-energy-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            do {
                let results = try meter.run(image: picture, folder: folder) {
                    Terminal.note(EnergyTableText.note($0))
                }
                let text = EnergyTableText(
                    "\(artifact.digest)", image: image,
                    tools: [
                        "Yosys \(tools.facts.yosys)", "Icarus \(meter.icarus)", "OpenSTA \(meter.opensta)",
                    ], results)
                if let csv { try InputFile.write(Array(text.csv.utf8), to: csv) }
                if json {
                    Terminal.printJSON(text)
                } else {
                    text.lines.forEach { Terminal.print($0) }
                }
            } catch let error as SynthesisError {
                if case .wrongBytes = error { throw CommandError(Exit.mismatch, "\(error)") }
                throw error
            } catch let error as EnergyError {
                if case .wrongBytes = error { throw CommandError(Exit.mismatch, "\(error)") }
                throw error
            }
        }
    }

    /// The picture as the network takes it.
    private func picture(_ preparation: TensorPreparation) throws -> [UInt8] {
        guard let picture = try TensorLoading.unlabelled(image, preparation, count: 1).first else {
            throw CommandError(Exit.badInput, "\(image) has no images")
        }
        return picture
    }
}

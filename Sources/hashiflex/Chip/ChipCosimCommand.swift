import ArgumentParser
import ChipFlow
import ChipRTL
import ChipTools
import Foundation
import HardenedBackbone
import PipelineMessages

/// `hashiflex chip cosim`.
struct ChipCosimCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cosim",
        abstract: "Simulate an RTL folder and compare it with the artefact: bytes and cycles.",
        discussion: """
            Runs the text of the folder on images back to back. Compares every feature byte, every logit and \
            the head version of every image with what the specification gives, and the cycle of every result \
            with the model. The last image carries the commit of a second head. Heads are random, from --seed.

            Ends with 1 when anything differs.
            """)

    @Argument(help: "A folder that `chip rtl` wrote.") var folder: String
    @Option(help: "Images to simulate.") var images = 2
    @Option(help: "Take the images from here; without it they are made from --seed.") var data: String?
    @Option(help: "Seed of images, heads and stalls.") var seed: UInt64 = 1
    @Option(help: "icarus, or verilator for blocks.") var simulator = Cosimulation.Simulator.icarus
    @Flag(help: "Run again with random stalls, and with a source that never waits.") var stalls = false
    @Option(help: "Seconds that each program may run.") var timeLimit = 3_600
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        try requireRange("--images", images, in: Cosimulation.imagesRange)
        try requireRange("--time-limit", timeLimit, in: 1...1_000_000)
    }

    func run() throws {
        try runCommand {
            let cosimulation = try Cosimulation(path: folder)
            guard simulator == .icarus || cosimulation.manifest.style == CoreStyle.simulation.rawValue else {
                // A core of fan-in 96 in cells took Verilator 20 GB.
                throw CommandError(
                    ExitCode(64),
                    "\(folder) is of style area, cell by cell, which Verilator can not build in any memory; "
                        + "give --simulator icarus, or write the folder with --style simulation")
            }
            let pixels = try pictures(cosimulation.rtl.artifact)
            _ = RunningTools.shared
            Signals.onTermination { RunningTools.shared.killAll() }
            let reports = try cosimulation.run(
                images: pixels, seed: seed, simulator: simulator, withStalls: stalls, timeLimit: timeLimit,
                progress: Terminal.note)
            if json {
                Terminal.printJSON(reports)
            } else {
                for line in Format.table([header] + reports.map(row)) { Terminal.print(line) }
                for report in reports { report.results.forEach { Terminal.print("\(report.pace): \($0)") } }
            }
            for report in reports { report.complaints.forEach { Terminal.note("\(report.pace): \($0)") } }
            guard reports.allSatisfy(\.isEqual) else {
                throw CommandError(
                    Exit.mismatch, "\(folder): the RTL is not what the artefact and the model say")
            }
        }
    }

    private var header: [String] {
        [
            "pace", "bytes", "wrong", "logits", "wrong", "results wrong", "cycles wrong", "held back",
            "refused",
        ]
    }

    private func row(_ report: CosimulationReport) -> [String] {
        let cycles = report.pace == "planned" ? "\(report.wrongCycles)" : "-"
        return [
            report.pace, "\(report.bytes)", "\(report.wrongBytes)", "\(report.logits)",
            "\(report.wrongLogits)",
            "\(report.wrongResults)", cycles, "\(report.heldBack)", "\(report.refused)",
        ]
    }

    /// Images of `--data`, or noise over waves, so that every byte value turns up.
    private func pictures(_ artifact: BackboneArtifact) throws -> [[UInt8]] {
        let network = artifact.network
        if let data {
            let tensors = try TensorLoading.unlabelled(data, try artifact.preparation(), count: images)
            guard tensors.count == images else {
                throw CommandError(Exit.badInput, "\(data) has \(tensors.count) images, not \(images)")
            }
            return tensors
        }
        var random = SeededGenerator(seed: seed)
        return (0..<images).map { image in
            let frequency = Double(image % 5 + 2) / Double(network.inputSize)
            return (0..<network.imageBytes).map { index in
                let pixel = index / 3
                let phase = Double(pixel % network.inputSize + pixel / network.inputSize) * frequency
                let noise = Double(random.next() >> 58)
                return UInt8(min(255, max(0, 128 + 90 * sin(phase * .pi) + noise - 32)))
            }
        }
    }
}

extension Cosimulation.Simulator: ExpressibleByArgument {}

import ArgumentParser
import ClassifierHead
import Evaluation
import Foundation
import HardenedBackbone
import HardenedModel
import PipelineMessages
import Sensitivity

/// `hashiflex report`.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Write reports about a hardened model.",
        subcommands: [Sensitivity.self, Flexibility.self])

    /// `hashiflex report sensitivity`.
    struct Sensitivity: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measure how much precision the model can lose: tables and one page with plots.",
            discussion: """
                Degrades the hardened artefact, integers to integers and without training: fewer exponents, \
                fewer activation bits, more zeros, one exponent for a whole layer, each layer alone; each as \
                it is, with biases corrected from calibration images and, with --refit, with a new head.

                Writes sensitivity.csv, sensitivity.json and sensitivity.html. The same model, head and \
                images give the same bytes. Where a source has more images than asked for, they are taken \
                evenly from all of it. All are held in memory, prepared: 28 kB each at 96x96.
                """)

        @OptionGroup var model: EvaluatedModel
        @OptionGroup var heads: EvaluatedHeads
        @Option(help: "Labelled images to state the accuracy on.") var data: String
        @Option(help: "Images to correct biases from and to fit heads on; none of them from --data.")
        var calibration: String
        @Option(help: "Most images to state the accuracy on.") var limit = 10_000
        @Option(help: "Images to correct biases from.") var calibrationImages = 64
        @Option(help: "Fit heads anew on this many labelled images of --calibration; 0 leaves it out.")
        var refit = 0
        @Option(help: "Single layers are measured on every Nth image.") var layerStride = 4
        @Option(help: "Another artefact to show beside this one, as MODEL:HEAD. May be repeated.")
        var compare: [String] = []
        @Option(name: .shortAndLong, help: "The folder to write to; made if missing.") var output: String
        @Flag(help: "Print the JSON report as well.") var json = false

        func validate() throws {
            try requireRange("--limit", limit, in: 1...10_000_000)
            try requireRange("--calibration-images", calibrationImages, in: 1...1_024)
            try requireRange("--refit", refit, in: 0...10_000_000)
            try requireRange("--layer-stride", layerStride, in: 1...10_000_000)
            if heads.head.count > 1 { throw ValidationError("give one --head") }
        }

        func run() throws {
            try runCommand {
                // First, so that a long study does not end at a folder that can not be written.
                try OutputFolder.prepare(output)
                let hardened = try model.load()
                let artifact = hardened.backbone
                _ = try model.plan()
                if let isa = model.isa { setenv(ISATier.environmentVariable, isa, 1) }
                let head = try heads.load(for: hardened, default: ["builtin:v2"])[0]
                let rivals = try compare.map {
                    try Rival($0, network: artifact.network, classes: head.classNames)
                }
                let preparation = try artifact.preparation()
                let test = try TensorLoading.labelled(data, preparation, limit: limit) {
                    try heads.labelMap(head, sourceNames: $0)
                }
                let means = try TensorLoading.unlabelled(calibration, preparation, count: calibrationImages)
                let fitting =
                    refit == 0
                    ? nil
                    : try TensorLoading.labelled(calibration, preparation, limit: refit) {
                        try heads.labelMap(head, sourceNames: $0)
                    }
                let run = SensitivityRun(layerStride: layerStride)
                let study = try run.prepare(artifact, head, test.tensors, means, fitting?.tensors)
                let outcomes = try run.measure(study)
                let report = SensitivityReport(
                    artifact: artifact, head: head, test: .init(test.tensors, foreign: test.foreign),
                    calibration: .init(means), refit: fitting.map { .init($0.tensors, foreign: $0.foreign) },
                    outcomes: outcomes,
                    compared: try rivals.map { ($0.name, try study.outcome(of: $0.artifact, head: $0.head)) })
                try write(report)
            }
        }

        private func write(_ report: SensitivityReport) throws {
            let text = JSONRecord.text(report)
            let files = [
                ("sensitivity.csv", report.csv), ("sensitivity.json", text + "\n"),
                ("sensitivity.html", report.html),
            ]
            for (name, content) in files { try InputFile.write(Array(content.utf8), to: "\(output)/\(name)") }
            if json { return Terminal.printJSON(text: text) }
            for sentence in report.findings { Terminal.print(sentence) }
            Terminal.print("written: \(files.map { "\(output)/\($0.0)" }.joined(separator: ", "))")
        }
    }
}

/// Another artefact with its head.
struct Rival {
    let name: String
    let artifact: BackboneArtifact
    let head: ClassifierHead

    /// Reads `MODEL:HEAD`.
    init(_ text: String, network: NetworkDescription, classes: [String]) throws {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            throw CommandError(ExitCode(64), "--compare is MODEL:HEAD, not '\(text)'")
        }
        var options = ModelOptions()
        (options.model, options.isa) = (parts[0], nil)
        let hardened = try options.load()
        artifact = hardened.backbone
        head = try HeadFile.read(parts[1]).0
        try hardened.check(head, parts[1])
        guard artifact.network.inputSize == network.inputSize, head.classNames == classes else {
            throw CommandError(
                Exit.badInput, "\(text): another input size or other classes; compare models of the same task"
            )
        }
        let file = parts[0].split(separator: "/").last.map(String.init) ?? parts[0]
        name = file.hasSuffix(".safetensors") ? String(file.dropLast(12)) : file
    }
}

/// The folder that a report goes to.
enum OutputFolder {
    /// Makes the folder where it is missing, and makes sure that files can be written there.
    static func prepare(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandError(Exit.output, "can not make \(path): \(error.localizedDescription)")
        }
        let probe = "\(path)/.hashiflex-\(ProcessInfo.processInfo.processIdentifier)"
        try InputFile.write([], to: probe)
        unlink(probe)
    }
}

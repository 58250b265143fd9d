import ArgumentParser
import Artifacts
import ClassifierHead
import FloatNetwork
import Foundation
import HardenedBackbone
import Hardening
import ImageDecoding
import NetworkExchange
import PipelineMessages

/// `hashiflex harden`.
struct HardenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "harden",
        abstract: "Turn a MobileNetV2 into a hardened backbone of power-of-two weights, and a head.",
        discussion: """
            Reads ONNX as exporters of PyTorch and TensorFlow write it, Keras's own files, TensorFlow Lite (float \
            or quantised), torchvision's, timm's or Hugging Face's weights as safetensors or PyTorch checkpoint, \
            or integers that the training recipe exported. A float network is calibrated on --calibration: a \
            few hundred typical images do, labels are not needed; a part of them is held out and compared on. \
            Trained integers are checked and sealed as they are. Before anything is written, every weight is \
            scanned and the executor is compared with the reference. The same network, images and options \
            give the same bytes everywhere.

            Steps of --steps, in the order in which they are taken: equalise (one range for all channels of \
            a bottleneck), bias (means as in the float network), feedback (each weight makes up for those \
            rounded before it), descent (single weights move while that helps), upstream (each layer makes \
            up for the layers before it). Default: bias,feedback,descent,upstream.
            """)

    @OptionGroup var preprocessing: PreprocessingOptions
    @Argument(help: "The network, .onnx, .tflite, .safetensors, .pth, .keras or .h5.") var network: String
    @Option(help: "Images to calibrate on, any source that ingest reads.") var calibration: String?
    @Option(name: .shortAndLong, help: "The backbone to write.") var output: String
    @Option(help: "How many calibration images, 1 to 4096.") var images = 256
    @Option(help: "Distinct weight exponents, 1 to 7.") var exponents = 7
    @Option(help: "Powers of two in a weight: 1, or sums of up to 2 in every layer. Default: 1.") var terms:
        Int?
    @Option(
        help: ArgumentHelp(
            "Find the layers that need sums of two, giving up at most so many points.",
            discussion:
                "Points of agreement with the float network on held-out images, beside sums in every layer; "
                + "0 to 100. Hardens about seven times and prints what each set of layers costs."))
    var drop: Double?
    @Option(help: "Share of the images that is not calibrated on but compared on, 0 to 0.9.") var holdOut =
        0.25
    @Option(help: "Share of weights to prune, 0 to 0.95; stem and depthwise layers stay whole.") var prune =
        0.0
    @Flag(help: "Prune the stem and depthwise layers as well.") var pruneAll = false
    @Flag(help: "One weight exponent a layer instead of one a channel.") var perTensor = false
    @Option(help: "Corrections, separated by commas; none or all.") var steps: String?
    @Option(
        help: ArgumentHelp(
            "Class names in label order, separated by commas; fashion-mnist is known.",
            discussion: "Default: what the network's file says, else class 0, class 1, ..."))
    var classes: String?
    @Option(help: "The head to write, where the network has a classifier. Default: beside the backbone.")
    var headOutput: String?
    @Option(help: "name@version of the head.") var name = "head@v1"
    @Option(help: "Input size in pixels, where the file does not say.") var inputSize: Int?
    @Option(help: "Mean of red, green, blue in 0...1. Default: the file's, else ImageNet's.") var mean:
        String?
    @Option(help: "Spread of red, green, blue. Default: the file's, else ImageNet's.") var std: String?
    @Option(help: "A folder for report.json, layers.csv and report.md.") var report: String?
    @Option(help: "Threads. Default: one a processor. Any number gives the same bytes.") var threads: Int?
    @Flag(help: "Print JSON.") var json = false

    /// What was written.
    struct Facts: Codable {
        let backbone: String
        let backboneDigest: String
        let head: String?
        let headDigest: String?
        let preprocessing: String
        let summary: String
        let zeroShare: Double
        let featureSqnrDb: Double?
        let agreementOnCalibration: Double?
        /// What held-out images say.
        let heldOut: HeldOut?
        /// Layers with sums of two powers of two, and what was tried with `--drop`.
        let layersOfSums: [String]
        let search: [TermSearchRun.Row]?

        /// How the network compares on images that took no part.
        struct HeldOut: Codable {
            let images: Int
            let agreement: Double?
            let agreementLow: Double?
            let agreementHigh: Double?
            let divergenceNats: Double?
            let featureSqnrDb: Double

            init(_ report: HeldOutReport) {
                images = report.imageCount
                agreement = report.agreement?.fraction
                agreementLow = report.agreement?.wilson95.lowerBound
                agreementHigh = report.agreement?.wilson95.upperBound
                divergenceNats = report.divergence?.value
                featureSqnrDb = report.featureSqnrDb
            }
        }
    }

    func run() throws {
        try runCommand {
            var options = try hardeningOptions()
            try requireWritable()
            let read = try HardenInput.read(
                network, inputSize: inputSize, normalization: try HardenInput.colours(mean: mean, std: std))
            Terminal.note("\(network): \(read.source)")
            let (input, stated, reason) = try HardenPreprocessing(preprocessing, network: network).choose(
                read)
            Terminal.note("preprocessing \(stated.text) (\(reason))")
            options.preprocessing = stated.text
            options.classNames = try classNames() ?? input.classNames
            try HardenInput.requireNames(options.classNames, for: input)
            let tensors = try calibrationTensors(input, stated)
            let crew = try HardenCrew.make(threads: threads)
            let (calibration, heldOut) = HeldOutReport.split(tensors, share: input.isTrained ? 0 : holdOut)
            if !heldOut.isEmpty { HardenProgress.note(heldOut: heldOut.count, of: tensors.count) }
            if let drop {
                let search = TermSearchRun(drop: drop, options: options, crew: crew)
                let result = try search.run(input, calibration: calibration, heldOut: heldOut)
                return try write(result.points[result.chosen].network, search: result)
            }
            let hardened = try input.harden(
                calibration: calibration, heldOut: heldOut, options: options, crew: crew,
                progress: HardenProgress.show)
            try write(hardened)
        }
    }

    private func hardeningOptions() throws -> HardeningOptions {
        var options = HardeningOptions()
        guard let label = HeadLabel(name) else {
            throw CommandError(ExitCode(64), "--name is name@version, not '\(name)'")
        }
        guard HardeningOptions.exponentRange.contains(exponents) else {
            throw CommandError(ExitCode(64), "--exponents is 1 to 7, not \(exponents)")
        }
        if let terms {
            guard HardeningOptions.termRange.contains(terms) else {
                throw CommandError(ExitCode(64), "--terms is 1 or 2, not \(terms)")
            }
            guard drop == nil else {
                throw CommandError(ExitCode(64), "--drop chooses the terms of every layer; leave --terms out")
            }
            options.terms = terms == 2 ? .double : .single
        }
        try requireRange("--drop", drop, in: 0...100)
        try requireRange("--hold-out", holdOut, in: 0...0.9)
        guard drop == nil || holdOut > 0 else {
            throw CommandError(ExitCode(64), "--drop compares on held-out images; give a --hold-out above 0")
        }
        guard HardeningOptions.pruneRange.contains(prune) else {
            throw CommandError(ExitCode(64), "--prune is 0 to 0.95, not \(prune)")
        }
        guard HardeningOptions.imageRange.contains(images) else {
            throw CommandError(ExitCode(64), "--images is 1 to 4096, not \(images)")
        }
        options.headName = label.name
        options.headVersion = label.version
        options.exponents = exponents
        options.prune = prune
        options.prunesEveryLayer = pruneAll
        options.perTensorExponents = perTensor
        if let steps { options.steps = try Self.steps(named: steps) }
        return options
    }

    private static func steps(named text: String) throws -> Set<HardeningStep> {
        if text == "none" { return [] }
        if text == "all" { return Set(HardeningStep.allCases) }
        var steps: Set<HardeningStep> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let step = HardeningStep(rawValue: String(part)) else {
                let known = HardeningStep.allCases.map(\.rawValue).joined(separator: ", ")
                throw CommandError(ExitCode(64), "--steps knows \(known), none and all, not '\(part)'")
            }
            steps.insert(step)
        }
        return steps
    }

    private func classNames() throws -> [String]? {
        guard let classes else { return nil }
        return classes == "fashion-mnist"
            ? HeadCommand.Fit.fashionClasses : classes.split(separator: ",").map(String.init)
    }

    private func calibrationTensors(
        _ input: HardenInput, _ stated: StatedPreprocessing
    ) throws -> [[UInt8]] {
        guard let calibration else {
            guard input.isTrained else {
                throw CommandError(
                    ExitCode(64), "a float network needs --calibration SOURCE, some hundred typical images")
            }
            return []
        }
        let preparation = try stated.preparation(size: input.inputSize)
        return try CalibrationImages.read(calibration, count: images, preparation)
    }
}

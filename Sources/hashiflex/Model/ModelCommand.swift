import ArgumentParser
import Artifacts
import ClassifierHead
import Foundation
import HardenedBackbone
import HardenedModel
import ImageDecoding
import Ingest
import PipelineMessages
import Synchronization
import Threads

/// `hashiflex model`.
struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Look at, check and make hardened backbones; make sample archives.",
        subcommands: [Info.self, Initialise.self, Sample.self])

    /// `hashiflex model info`.
    struct Info: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a backbone's digest and bounds, and say what it is.")

        @OptionGroup var model: ModelOptions
        @Flag(help: "Print JSON.") var json = false

        struct Facts: Codable {
            let digest: String
            let widthPercent: Int
            let inputSize: Int
            let features: Int
            let weights: Int
            let macs: Int
            let preprocessing: String
            let description: String
            /// The digest that heads are fitted for, where a head is frozen into the backbone.
            let openDigest: String?
            let frozenHead: String?
            let frozenHeadDigest: String?
            let classes: Int?
        }

        func run() throws {
            try runCommand {
                let loaded = try model.load()
                let (artifact, head) = (loaded.backbone, loaded.frozenHead)
                let network = artifact.network
                let facts = Facts(
                    digest: loaded.digest.hex, widthPercent: network.widthPercent,
                    inputSize: network.inputSize, features: network.featureCount,
                    weights: network.weightCount, macs: network.macCount,
                    preprocessing: artifact.preprocessing, description: artifact.description,
                    openDigest: head.map { _ in artifact.digest.hex }, frozenHead: head?.title,
                    frozenHeadDigest: head?.digest.hex, classes: head?.classCount)
                if json { return Terminal.printJSON(facts) }
                Terminal.print("digest         \(facts.digest)")
                Terminal.print("what           \(facts.description)")
                Terminal.print(
                    "network        MobileNetV2, width \(Double(facts.widthPercent) / 100), "
                        + "\(facts.inputSize)x\(facts.inputSize)x3, \(facts.features) features")
                Terminal.print(
                    "work           \(Format.count(facts.weights)) weights, \(Format.count(facts.macs)) "
                        + "shift-adds an image (computed)")
                Terminal.print("preprocessing  \(facts.preprocessing)")
                guard let head else { return }
                Terminal.print(
                    "head           \(head.title), frozen: \(head.classCount) classes, digest \(head.digest)")
                Terminal.print("open digest    \(artifact.digest), of the backbone without the head")
            }
        }
    }

    /// `hashiflex model initialise`.
    struct Initialise: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a backbone that is initialised, frozen and hardened, but not trained.",
            discussion: "The same seed and calibration images give the same bytes on every machine.")

        @OptionGroup var preprocessing: PreprocessingOptions
        @Option(help: "Images to calibrate on, any source that ingest reads.") var calibration: String
        @Option(help: "How many of them.") var images = 256
        @Option(help: "Seed of the weights.") var seed: UInt64 = 1
        @Option(help: "Width, percent.") var width = 100
        @Option(help: "Input size, pixels.") var size = 96
        @Option(name: .shortAndLong, help: "The file to write.") var output: String

        func validate() throws {
            try requireRange("--images", images, in: 1...100_000)
            guard NetworkDescription(widthPercent: width, inputSize: size) != nil else {
                throw ValidationError("--width is 10 to 200, --size a multiple of 32 from 32 to 512")
            }
        }

        func run() throws {
            try runCommand {
                let preparation = try TensorPreparation(
                    try preprocessing.choice(size: size, fallback: .builtIn), size: size)
                var tensors: [[UInt8]] = []
                var source = try ImageSourceFactory.open(calibration)
                while tensors.count < images, let outcome = try source.next() {
                    guard case .image(let image) = outcome else { continue }
                    tensors.append(try preparation.tensor(of: image))
                }
                guard !tensors.isEmpty else {
                    throw CommandError(Exit.badInput, "\(calibration) has no images")
                }
                let artifact = try BackboneInitialiser.make(
                    widthPercent: width, inputSize: size, seed: seed, calibration: tensors,
                    preprocessing: preparation.identity)
                try InputFile.write(artifact.encoded(), to: output)
                Terminal.print("\(output): \(artifact.digest)")
            }
        }
    }

    /// `hashiflex model sample`.
    struct Sample: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a WebDataset tar of the first images of every class of a labelled source.")

        @Argument(help: "A labelled source, as ingest reads it.") var source: String
        @Option(help: "Images of each class.") var perClass = 100
        @Option(name: .shortAndLong, help: "The file to write.") var output: String

        func validate() throws { try requireRange("--per-class", perClass, in: OptionRange.positiveCount) }

        func run() throws {
            try runCommand {
                var source = try ImageSourceFactory.open(source)
                var counts: [Int: Int] = [:]
                try WebDatasetWriter.write(to: output) { writer throws(SourceError) in
                    while let outcome = try source.next() {
                        guard case .image(let image) = outcome, let label = image.label,
                            counts[label, default: 0] < perClass
                        else { continue }
                        counts[label, default: 0] += 1
                        try writer.append(image)
                    }
                }
                Terminal.print("\(output): \(counts.values.reduce(0, +)) images of \(counts.count) classes")
            }
        }
    }
}

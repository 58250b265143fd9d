import ArgumentParser
import Artifacts
import Evaluation
import Foundation
import HardenedBackbone
import HardenedModel
import PipelineMessages

/// `hashiflex verify`.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check a hardened backbone: digest, ranges, bounds, exactness.",
        discussion: """
            Counts every weight, bounds every accumulator over all possible inputs, and compares the \
            normative reference with every instruction-set tier of this CPU in every layer. With --golden it \
            also compares the reference with digests that another program computed, such as the training \
            simulation. The built-in model is compared with the golden vectors that ship with it.

            Exit codes: 0 all is so; 1 something is not; 65 the file is damaged.
            """)

    @Argument(help: "The hardened backbone, a safetensors file. Default: the built-in one.") var model:
        String?
    @Option(help: "Images to compare on, any source that ingest reads. Default: extreme and sample images.")
    var data: String?
    @Option(help: "How many images. Default: 16, or as many as the golden file needs.") var limit: Int?
    @Option(help: "Compare the reference with the layer digests of this file, JSON lines.") var golden:
        String?
    @Option(help: "Write the reference's layer digests as JSON lines.") var trace: String?
    @Flag(help: "Print JSON.") var json = false

    /// What was found.
    struct Report: Encodable {
        let digest: String
        let weights: WeightCensus
        let accumulators: AccumulatorSurvey
        let images: Int
        let tiers: [String]
        let layers: Int
        let tierDifference: String?
        let goldenImages: Int?
        let goldenDifference: String?
        /// Name of the head that is frozen into the model.
        let frozenHead: String?
        /// Where the frozen head's logits differ between the reference and a tier.
        let headDifference: String?

        /// What is not as it should be.
        var faults: [String] {
            var faults: [String] = []
            if weights.illegal > 0 {
                faults.append("\(weights.illegal) weights are no signed powers of two, nor sums of two")
            }
            if accumulators.unsafeChannels > 0 {
                faults.append("\(accumulators.unsafeChannels) channels can leave -2^30..<2^30")
            }
            return faults + [tierDifference, goldenDifference, headDifference].compactMap { $0 }
        }
    }

    func validate() throws {
        try requireRange("--limit", limit, in: 1...1_000_000)
        if golden != nil, trace != nil { throw ValidationError("give --golden or --trace, not both") }
    }

    func run() throws {
        try runCommand {
            var options = ModelOptions()
            (options.model, options.isa) = (model, nil)
            let hardened = try options.load()
            let artifact = hardened.backbone
            let expected = try goldenFile(artifact)
            let wanted = limit ?? max(16, (expected?.traces.last?.image ?? 0) + 1)
            let images = try VerificationImages.load(data, artifact, count: wanted)
            let run = VerificationRun(artifact: artifact, images: images)
            let found = run.perform()
            if let trace { try InputFile.write(GoldenFile(found.map(\.trace)).encoded(), to: trace) }
            let compared = try expected.map { try Self.compare($0, found.map(\.trace), limit: limit) }
            let report = Report(
                digest: hardened.digest.hex, weights: WeightCensus(artifact.layers),
                accumulators: AccumulatorSurvey(artifact), images: images.count,
                tiers: ISATier.supported.map(\.rawValue), layers: artifact.network.layers.count,
                tierDifference: found.compactMap(\.difference).first, goldenImages: compared?.images,
                goldenDifference: compared?.difference, frozenHead: hardened.frozenHead?.title,
                headDifference: try hardened.frozenHead.flatMap {
                    HeadExactness.difference($0, plan: try options.plan(of: artifact), images: images)
                })
            if json { Terminal.printJSON(report) } else { show(report, artifact) }
            guard report.faults.isEmpty else {
                report.faults.forEach { Terminal.complain($0) }
                throw Exit.mismatch
            }
        }
    }

    /// The file asked for, or the one that ships with the built-in model.
    private func goldenFile(_ artifact: BackboneArtifact) throws -> GoldenFile? {
        let bytes: [UInt8]
        if let golden {
            bytes = try InputFile.read(golden)
        } else if model == nil, data == nil, trace == nil {
            bytes = EmbeddedModel.golden()
        } else {
            return nil
        }
        do throws(EvaluationError) {
            return try GoldenFile(decoding: bytes, network: artifact.network)
        } catch {
            throw CommandError(Exit.badInput, "\(golden ?? "built-in model"): \(error)")
        }
    }

    /// Compares what both have; with a limit of its own, only images below it.
    static func compare(
        _ golden: GoldenFile, _ traces: [LayerTrace], limit: Int?
    ) throws -> (images: Int, difference: String?) {
        let wanted = golden.traces.filter { limit == nil || $0.image < limit ?? 0 }
        for expected in wanted {
            guard traces.indices.contains(expected.image) else {
                throw EvaluationError.noSuchImage(image: expected.image, imageCount: traces.count)
            }
            if let mismatch = expected.firstMismatch(traces[expected.image]) {
                return (wanted.count, mismatch.description)
            }
        }
        return (wanted.count, nil)
    }

    private func show(_ report: Report, _ artifact: BackboneArtifact) {
        let weights = report.weights
        let widest = report.accumulators.widest
        let counts = weights.byExponent.enumerated().map {
            "±\(1 << $0.offset): \(Format.count($0.element))"
        }
        Terminal.print("digest        \(report.digest), as recorded")
        Terminal.print("what          \(artifact.description)")
        Terminal.print(
            "weights       \(Format.count(weights.weights)): \(Format.count(weights.zeros)) zero "
                + "(\(Format.percent(weights.zeroShare))), \(Format.count(weights.illegal)) illegal")
        Terminal.print("              " + counts.joined(separator: ", "))
        if weights.sums > 0 {
            let layers = artifact.layers.count { $0.terms > 1 }
            Terminal.print(
                "              sums of two powers of two: \(Format.count(weights.sums)), in \(layers) layers")
        }
        Terminal.print(
            "numbers       biases up to \(Format.count(weights.biasMagnitudeMax)), "
                + "shifts \(weights.shifts[0])...\(weights.shifts[1])")
        Terminal.print(
            "accumulators  widest is \(widest.layer), channel \(widest.channel): "
                + "\(Format.count(widest.lowest))...\(Format.count(widest.highest)), "
                + "\(widest.bits) bits of 31"
        )
        Terminal.print(
            "exactness     reference and \(report.tiers.joined(separator: ", ")) "
                + (report.tierDifference == nil ? "give the same bytes" : "differ")
                + " in all \(report.layers) layers, \(report.images) images")
        let golden =
            report.goldenImages.map {
                "\($0) images, " + (report.goldenDifference == nil ? "equal in every layer" : "not equal")
            } ?? "none given"
        Terminal.print("golden        \(golden)")
        guard let head = report.frozenHead else { return }
        Terminal.print(
            "frozen head   \(head): reference and all tiers give "
                + (report.headDifference == nil ? "the same logits" : "different logits"))
    }
}

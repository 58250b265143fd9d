import ArgumentParser
import Artifacts
import ClassifierHead
import Evaluation
import Foundation
import HardenedBackbone
import HardenedModel
import ImageDecoding
import PipelineMessages
import Threads

/// `hashiflex evaluate`.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "State the accuracy on labelled images, through the integer datapath.",
        discussion: """
            Top-1 and top-5 with n and Wilson 95 % intervals, per class as well. Several heads share one \
            pass of the backbone. Images of classes that a head does not know are counted apart: it can not be \
            right there.

            With --against, the backbone is compared with the float network that it was hardened from: how often \
            both name the same class, the divergence of their class probabilities, and how many decibels features \
            and layers carry over the difference. Labels are not needed; where there are some, both are scored.
            """)

    @OptionGroup var model: EvaluatedModel
    @OptionGroup var heads: EvaluatedHeads
    @Option(help: "Labelled images: a folder, WebDataset tar or IDX file, as ingest reads them.") var data:
        String
    @Option(help: "Compare with this float network, any that harden reads; at most one head.")
    var against: String?
    @Option(help: "Most images. Default: all.") var limit: Int?
    @Option(help: "Write the confusion matrix as CSV; needs exactly one head.") var confusion: String?
    @Option(
        help: ArgumentHelp(
            "Exit with 1 if top-1 among a head's own classes is lower, for example 0.94.",
            discussion: "With --against: if the share of images of the same class is lower."))
    var atLeast: Double?
    @Flag(help: "Print JSON.") var json = false

    struct Result: Encodable {
        let head: String
        let digest: String
        let labels: LabelMap.Rule
        let summary: EvaluationSummary
    }

    struct Report: Encodable {
        let backbone: String
        let data: String
        let preprocessing: String
        let images: Int
        let undecodable: Int
        let heads: [Result]
    }

    func validate() throws {
        try requireRange("--limit", limit, in: OptionRange.positiveCount)
        try requireRange("--at-least", atLeast, in: 0...1)
    }

    func run() throws {
        try runCommand {
            let hardened = try model.load()
            if let against {
                guard confusion == nil else {
                    throw CommandError(ExitCode(64), "--confusion and --against exclude each other")
                }
                let run = AgainstRun(model: hardened, heads: heads, data: data, limit: limit ?? .max)
                return try run.run(against, json: json, atLeast: atLeast)
            }
            let artifact = hardened.backbone
            let loaded = try heads.load(for: hardened, default: ["builtin:v1", "builtin:v2"])
            guard confusion == nil || loaded.count == 1 else {
                throw CommandError(
                    ExitCode(64), "--confusion needs exactly one --head, for example builtin:v2")
            }
            let pass = LabelledPass(
                path: data, preparation: try artifact.preparation(), limit: limit ?? .max,
                progress: ProgressMeter(data))
            let names = try pass.classNames()
            let maps = try loaded.map { try heads.labelMap($0, sourceNames: names) }
            let (tallies, counts) = try Self.tallies(pass, try model.plan(), loaded, maps)
            pass.progress.finish()
            if counts.undecodable > 0 {
                Terminal.note("\(counts.undecodable) files left out, such as \(counts.problem ?? "")")
            }
            let results = zip(loaded, zip(maps, tallies)).map { head, rest in
                Result(
                    head: head.title, digest: head.digest.hex, labels: rest.0.rule,
                    summary: EvaluationSummary(rest.1))
            }
            if let confusion {
                try InputFile.write(Array(ConfusionTable.csv(tallies[0]).utf8), to: confusion)
            }
            let report = Report(
                backbone: hardened.digest.hex, data: data, preprocessing: artifact.preprocessing,
                images: counts.images,
                undecodable: counts.undecodable, heads: results)
            if json { Terminal.printJSON(report) } else { show(report, tallies) }
            try check(results)
        }
    }

    /// What is said where labels are numbers.
    static let labelsWithoutNames =
        "labels have no names: label i is taken for class i; name them with --classes"

    /// Runs the backbone and every head over the source, each thread into tallies of its own.
    static func tallies(
        _ pass: LabelledPass, _ plan: BackbonePlan, _ heads: [ClassifierHead], _ maps: [LabelMap]
    ) throws -> (tallies: [EvaluationTally], counts: LabelledPass.Counts) {
        let banks = heads.map { NPUBank($0) }
        let empty = heads.map { EvaluationTally(classNames: $0.classNames) }
        let (shares, counts) = try pass.run { next in
            let replica = BackboneReplica(plan)
            var tallies = empty
            while let block = next() {
                let features = block.tensors.flatMap { replica.features(of: $0) }
                for index in banks.indices {
                    Self.add(block, features, banks[index], maps[index], to: &tallies[index])
                }
            }
            return tallies
        }
        var total = empty
        for share in shares {
            for index in total.indices { total[index].add(share[index]) }
        }
        return (total, counts)
    }

    private static func add(
        _ block: LabelledBlock, _ features: [UInt8], _ bank: NPUBank, _ map: LabelMap,
        to tally: inout EvaluationTally
    ) {
        let classes = bank.classCount
        var logits = [Int32](repeating: 0, count: block.labels.count * classes)
        logits.withUnsafeMutableBufferPointer { logits in
            features.withUnsafeBufferPointer {
                bank.logits(features: $0, count: block.labels.count, into: logits)
            }
            for (row, label) in block.labels.enumerated() {
                let scores = UnsafeBufferPointer(rebasing: logits[row * classes..<(row + 1) * classes])
                tally.add(logits: scores, trueClass: map[label])
            }
        }
    }

    private func show(_ report: Report, _ tallies: [EvaluationTally]) {
        Terminal.print("measured on \(report.data), integer engine, n = \(Format.count(report.images))")
        Terminal.print("preprocessing \(report.preprocessing)")
        var rows = [["HEAD", "CLASSES", "OF ITS CLASSES", "TOP-1", "TOP-5", "TOP-1 OF ALL IMAGES"]]
        for result in report.heads {
            let summary = result.summary
            rows.append([
                result.head, "\(summary.classes.count)", Format.count(summary.top1.images), summary.top1.text,
                summary.top5.text, summary.top1AllImages.text,
            ])
        }
        Format.table(rows).forEach { Terminal.print($0) }
        if report.heads.contains(where: { $0.labels == .index }) {
            Terminal.print(Self.labelsWithoutNames)
        }
        guard report.heads.count == 1, let classes = report.heads.first?.summary.classes else { return }
        Terminal.print("")
        let lines = classes.prefix(40).map {
            [$0.name, "\($0.recall.images)", $0.recall.text, $0.precision.text]
        }
        Format.table([["CLASS", "IMAGES", "RECALL", "PRECISION"]] + lines).forEach { Terminal.print($0) }
        if classes.count > 40 { Terminal.print("... \(classes.count - 40) more with --json") }
        let worst = ConfusionTable.worst(tallies[0], limit: 5).map {
            "\(classes[$0.trueClass].name) as \(classes[$0.answer].name) (\($0.images))"
        }
        if !worst.isEmpty { Terminal.print("most confused: " + worst.joined(separator: ", ")) }
    }

    private func check(_ results: [Result]) throws {
        guard let atLeast else { return }
        for result in results where result.summary.top1.share < atLeast {
            Terminal.complain("\(result.head): top-1 is \(result.summary.top1.text), below \(atLeast)")
            throw Exit.mismatch
        }
    }
}

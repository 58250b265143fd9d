import ArgumentParser
import Artifacts
import ClassifierHead
import Evaluation
import FloatNetwork
import Foundation
import HardenedBackbone
import HardenedModel
import Hardening
import ImageDecoding
import NetworkExchange
import PipelineMessages

/// `hashiflex evaluate --against`: a hardened network beside the float network that it was made of.
struct AgainstRun {
    let model: HardenedModel
    let heads: EvaluatedHeads
    let data: String
    let limit: Int

    /// What came out, for programs.
    struct Report: Encodable {
        let backbone: String
        let head: String?
        let network: String
        let data: String
        let preprocessing: String
        let images: Int
        let undecodable: Int
        let agreement: Share?
        let divergenceNats: Range?
        let featureSqnrDb: Double
        /// By layer, in execution order; left out where hardening scaled channels anew.
        let layerSqnrDb: [String: Double]?
        let labelled: Int
        let top1Hardened: Share?
        let top1Float: Share?
    }

    /// A value and its 95 % interval.
    struct Range: Encodable {
        let value: Double
        let low: Double
        /// Absent where one image leaves it unknown.
        let high: Double?
    }

    /// A share of images and its 95 % interval.
    struct Share: Encodable {
        let images: Int
        let share: Double
        let low: Double
        let high: Double

        init?(_ accuracy: Accuracy?) {
            guard let accuracy, accuracy.total > 0 else { return nil }
            (images, share) = (accuracy.total, accuracy.fraction)
            (low, high) = (accuracy.wilson95.lowerBound, accuracy.wilson95.upperBound)
        }
    }

    /// What some images came to.
    struct Part: Sendable {
        var tally = NetworkComparison.Tally()
        var labelled = 0
        var right = (hardened: 0, float: 0)

        mutating func add(_ other: Part) {
            tally.add(other.tally)
            labelled += other.labelled
            right.hardened += other.right.hardened
            right.float += other.right.float
        }
    }

    /// Compares, and says what came out.
    ///
    /// - Throws: `CommandError`; exit code 1 if fewer than `atLeast` of the images get the same class.
    func run(_ path: String, json: Bool, atLeast: Double?) throws {
        let head = try chosenHead()
        let imported = try FloatCounterpart(model.backbone, path).read()
        guard atLeast == nil || (head != nil && imported.network.classifier != nil) else {
            throw CommandError(
                ExitCode(64), "--at-least needs answers to compare: a head, and a network with a final layer")
        }
        let comparison: NetworkComparison
        do {
            comparison = try NetworkComparison(imported.network, model.backbone, head: head)
        } catch {
            throw CommandError(Exit.badInput, "\(path): \(error)")
        }
        let pass = LabelledPass(
            path: data, preparation: try model.backbone.preparation(), limit: limit, requiresLabels: false,
            progress: ProgressMeter(data))
        let map = try head.map { try heads.labelMap($0, sourceNames: try pass.classNames()) }
        let (part, counts) = try compare(pass, comparison, map)
        pass.progress.finish()
        if counts.undecodable > 0 {
            Terminal.note("\(counts.undecodable) files left out, such as \(counts.problem ?? "")")
        }
        guard part.tally.isFinite else {
            throw CommandError(
                Exit.badInput,
                "\(path): its features or logits are not finite; export from a sound checkpoint")
        }
        let result = NetworkComparison.report(
            part.tally, comparesLayers: !HardeningOptions.isEqualised(model.backbone.description))
        show(
            result, part, head, imported.source, rule: map?.rule, undecodable: counts.undecodable, json: json)
        guard let atLeast, let agreement = result.agreement else { return }
        guard agreement.fraction >= atLeast else {
            Terminal.complain("agreement is \(agreement), below \(atLeast)")
            throw Exit.mismatch
        }
    }

    private func chosenHead() throws -> ClassifierHead? {
        guard model.frozenHead != nil || !heads.head.isEmpty else { return nil }
        let loaded = try heads.load(for: model, default: [])
        guard loaded.count == 1 else {
            throw CommandError(ExitCode(64), "--against compares one head; name one with --head")
        }
        return loaded[0]
    }

    /// Blocks are added in the order of the source, so that any number of threads gives the same digits.
    private func compare(
        _ pass: LabelledPass, _ comparison: NetworkComparison, _ map: LabelMap?
    ) throws -> (Part, LabelledPass.Counts) {
        let (shares, counts) = try pass.run { next in
            let worker = comparison.worker()
            var parts: [(number: Int, part: Part)] = []
            while let block = next() {
                var part = Part()
                for (tensor, label) in zip(block.tensors, block.labels) {
                    let outcome = worker.outcome(tensor)
                    part.tally.add(outcome)
                    guard let answers = outcome.answers, label >= 0, let wanted = map?[label] else {
                        continue
                    }
                    part.labelled += 1
                    if answers.hardened == wanted { part.right.hardened += 1 }
                    if answers.float == wanted { part.right.float += 1 }
                }
                parts.append((block.number, part))
            }
            return parts
        }
        var all = Part()
        for share in shares.joined().sorted(by: { $0.number < $1.number }) { all.add(share.part) }
        return (all, counts)
    }

    private func show(
        _ result: HeldOutReport, _ part: Part, _ head: ClassifierHead?, _ source: String,
        rule: LabelMap.Rule?, undecodable: Int, json: Bool
    ) {
        let artifact = model.backbone
        let layers = result.layerSqnrDb.map { zip(artifact.network.layers.map(\.name), $0) }
        let hardened = Accuracy(correct: part.right.hardened, total: part.labelled)
        let float = Accuracy(correct: part.right.float, total: part.labelled)
        if json {
            let report = Report(
                backbone: model.digest.hex, head: head?.title, network: source, data: data,
                preprocessing: artifact.preprocessing, images: result.imageCount, undecodable: undecodable,
                agreement: Share(result.agreement),
                divergenceNats: result.divergence.map {
                    Range(
                        value: $0.value, low: $0.interval.lowerBound,
                        high: $0.interval.upperBound.isFinite ? $0.interval.upperBound : nil)
                },
                featureSqnrDb: result.featureSqnrDb,
                layerSqnrDb: layers.map { Dictionary(uniqueKeysWithValues: $0) }, labelled: part.labelled,
                top1Hardened: Share(hardened), top1Float: Share(float))
            return Terminal.printJSON(report)
        }
        Terminal.print(
            "measured on \(data), integer engine beside the float network (\(source)), "
                + "n = \(Format.count(result.imageCount))")
        Terminal.print("preprocessing \(artifact.preprocessing)")
        if let agreement = result.agreement {
            Terminal.print("same class as the float network on \(agreement)")
        } else {
            Terminal.print("answers are not compared: that takes a --head, and a network with a final layer")
        }
        if let divergence = result.divergence {
            Terminal.print("divergence from its class probabilities \(divergence.text) nats")
        }
        func decibels(_ value: Double) -> String { String(format: "%.1f dB", value) }
        let weakest = layers?.min { $0.1 < $1.1 }.map { ", weakest layer \($0.0) \(decibels($0.1))" }
        Terminal.print(
            "features \(decibels(result.featureSqnrDb)) over their difference"
                + (weakest ?? "; layers are not compared, as hardening scaled channels anew"))
        guard part.labelled > 0 else { return }
        Terminal.print(
            "top-1 of \(Format.count(part.labelled)) images whose labels the head knows: \(hardened), float network "
                + "\(float)")
        if rule == .index { Terminal.print(EvaluateCommand.labelsWithoutNames) }
    }
}

import ArgumentParser
import ClassifierHead
import HardenedBackbone
import HardenedModel
import ImageDecoding
import PipelineMessages
import Threads

extension HeadCommand {
    /// `hashiflex head fit`.
    struct Fit: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fit a head on the features of labelled images, in closed form.",
            discussion: """
                Ridge regression on the frozen backbone's features, then int8. Deterministic. With --test it states \
                the accuracy on images that took no part in fitting.
                """)

        @OptionGroup var model: ModelOptions
        @Option(help: "Labelled training images, any source that ingest reads.") var data: String
        @Option(help: "Labelled images to state the accuracy on.") var test: String?
        @Option(help: "Class names in label order, separated by commas; fashion-mnist is known.") var classes:
            String
        @Option(help: "Labels to know, for example 0-7 or 0,2,5. Default: all.") var only: String?
        @Option(help: "name@version of the head.") var name = "head@v1"
        @Option(help: "Most training images. Default: all.") var images: Int?
        @Option(name: .shortAndLong, help: "The file to write.") var output: String

        static let fashionClasses = [
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
            "Ankle boot",
        ]

        func validate() throws { try requireRange("--images", images, in: OptionRange.positiveCount) }

        func run() throws {
            try runCommand {
                guard let label = HeadLabel(name) else {
                    throw CommandError(ExitCode(64), "--name is name@version, not '\(name)'")
                }
                let loaded = try model.load()
                try loaded.requireOpen(model.name)
                let artifact = loaded.backbone
                let preparation = try artifact.preparation()
                let plan = try BackbonePlan(artifact)
                let names =
                    classes == "fashion-mnist"
                    ? Self.fashionClasses : classes.split(separator: ",").map(String.init)
                let known = try wantedLabels(names.count)
                let count = known?.count ?? names.count
                let legal = ClassifierHead.classCountRange
                guard legal.contains(count), Set(known ?? []).count == known?.count ?? 0 else {
                    throw CommandError(
                        ExitCode(64),
                        "a head has \(legal.lowerBound) to \(legal.upperBound) classes, each once, not \(count): "
                            + "see --classes and --only")
                }
                var fitter = HeadFitter(
                    featureCount: plan.network.featureCount, classNames: names, classes: known)
                let taken = try FeatureExtraction.run(
                    data, preparation, plan: plan, limit: images ?? .max
                ) { features, labels in
                    try features.withUnsafeBufferPointer {
                        try fitter.add(features: $0, count: labels.count, labels: labels)
                    }
                }
                taken.sayLeftOut(of: data)
                let head = try fitter.fit(
                    name: label.name, version: label.version, backboneDigest: artifact.digest,
                    preprocessing: artifact.preprocessing)
                try InputFile.write(head.encoded(), to: output)
                Terminal.print("\(output): \(label), \(head.classCount) classes, digest \(head.digest)")
                Terminal.print(head.summary)
                Terminal.print("preprocessing \(artifact.preprocessing)")
                if let test { try state(head, on: test, preparation, plan, known ?? Array(names.indices)) }
            }
        }

        private func wantedLabels(_ count: Int) throws -> [Int]? {
            guard let only else { return nil }
            var labels: [Int] = []
            for part in only.split(separator: ",") {
                let ends = part.split(separator: "-").map { Int($0) }
                guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
                    first <= last,
                    (0..<count).contains(first), (0..<count).contains(last)
                else { throw CommandError(ExitCode(64), "--only is a list like 0-7 or 0,2,5, not '\(only)'") }
                labels += first...last
            }
            return labels
        }

        private func state(
            _ head: ClassifierHead, on test: String, _ preparation: TensorPreparation, _ plan: BackbonePlan,
            _ labels: [Int]
        ) throws {
            let classOfLabel = Dictionary(uniqueKeysWithValues: zip(labels, 0...))
            let bank = NPUBank(head)
            var correct = 0
            var known = 0
            var total = 0
            let taken = try FeatureExtraction.run(test, preparation, plan: plan, limit: .max) {
                features, labels in
                // A label that the head does not know can not be right: -1 is no class.
                let classes = labels.map { classOfLabel[$0] ?? -1 }
                let accuracy = features.withUnsafeBufferPointer {
                    Accuracy(of: bank, features: $0, count: labels.count, labels: classes)
                }
                correct += accuracy.correct
                known += classes.count { $0 >= 0 }
                total += labels.count
            }
            taken.sayLeftOut(of: test)
            Terminal.print("measured on \(test), integer engine, n = \(total):")
            Terminal.print("  all classes            \(Accuracy(correct: correct, total: total))")
            Terminal.print(
                "  classes the head knows \(Accuracy(correct: correct, total: known)), n = \(known)")
        }
    }
}

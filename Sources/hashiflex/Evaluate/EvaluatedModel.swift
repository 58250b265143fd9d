import ArgumentParser
import ClassifierHead
import Evaluation
import HardenedBackbone
import HardenedModel

/// The model that a command looks at, named first on the command line.
struct EvaluatedModel: ParsableArguments {
    @Argument(help: "The hardened backbone, a safetensors file. Default: the built-in one.")
    var model: String?

    @Option(
        help: ArgumentHelp(
            "Instruction-set tier: scalar, avx2, avx512vnni or neondot.",
            discussion: "Default: HASHIFLEX_ISA, else the best this CPU has. All give the same bytes."))
    var isa: String?

    /// What the model is called in messages.
    var name: String { model ?? "the built-in backbone" }

    private var options: ModelOptions {
        var options = ModelOptions()
        options.model = model
        options.isa = isa
        return options
    }

    /// The model: a backbone, open or with a head frozen into it.
    func load() throws -> HardenedModel { try options.load() }

    /// The backbone.
    func backbone() throws -> BackboneArtifact { try options.backbone() }

    /// The backbone, packed for the tier asked for.
    func plan() throws -> BackbonePlan { try options.plan() }
}

/// The heads that answer, and what the labels of the data are called.
struct EvaluatedHeads: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A head of the model: a file, builtin:v1 or builtin:v2.",
            discussion: "Default: the built-in heads, for the built-in model; a frozen head, for its own."))
    var head: [String] = []

    @Option(
        help: ArgumentHelp(
            "Names of the labels in label order, separated by commas; fashion-mnist is known.",
            discussion:
                "Labels then belong to the class of the same name. Default: the source's own names; else "
                + "fashion-mnist if all classes of the head are of it; else label i is class i."
        ))
    var classes: String?

    /// The heads in the order given, checked against the model: the frozen one, where the model holds one.
    func load(for model: HardenedModel, default names: [String]) throws -> [ClassifierHead] {
        guard let frozenHead = model.frozenHead else {
            return try load(for: model.backbone, default: names)
        }
        for file in head { try model.check(try HeadFile.read(file).0, file) }
        return [frozenHead]
    }

    /// The heads in the order given, checked against the backbone.
    func load(for artifact: BackboneArtifact, default names: [String]) throws -> [ClassifierHead] {
        let builtIn = try EmbeddedModel.backbone().digest == artifact.digest
        guard builtIn || !head.isEmpty else {
            throw CommandError(
                ExitCode(64), "the built-in heads belong to the built-in model; name one with --head")
        }
        return try (head.isEmpty ? names : head).map { file in
            let (head, _) = try HeadFile.read(file)
            do throws(HeadError) {
                try head.verify(
                    fits: artifact.digest, featureCount: artifact.network.featureCount,
                    preprocessing: artifact.preprocessing)
            } catch {
                throw CommandError(Exit.badInput, "\(file): \(error)")
            }
            return head
        }
    }

    /// Which class of `head` each label of a source is.
    func labelMap(_ head: ClassifierHead, sourceNames: [String]?) throws -> LabelMap {
        let names =
            classes.map {
                $0 == "fashion-mnist"
                    ? HeadCommand.Fit.fashionClasses
                    : $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            } ?? sourceNames
        guard let names else {
            // A head that leaves out classes has other indices than the labels; names tell them apart.
            let known = HeadCommand.Fit.fashionClasses
            return head.classNames.allSatisfy(known.contains)
                ? try LabelMap(labelNames: known, classNames: head.classNames)
                : LabelMap(classCount: head.classCount)
        }
        return try LabelMap(labelNames: names, classNames: head.classNames)
    }
}

extension ClassifierHead {
    /// `name@version`, or the name.
    var title: String { name + (version.map { "@\($0)" } ?? "") }
}

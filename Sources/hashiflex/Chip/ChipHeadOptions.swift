import ArgumentParser
import ChipModel
import ClassifierHead
import HardenedBackbone
import HardenedModel

/// The head of a chip, where the model holds none.
struct ChipHeadOptions: ParsableArguments {
    @Option(help: "Classes of the head. Default: 1000, as in the paper.") var classes: Int?
    @Option(help: "Take this head: a file, builtin:v1 or builtin:v2.") var head: String?

    func validate() throws {
        try requireRange("--classes", classes, in: HeadFacts.classRange)
        if classes != nil, head != nil { throw ValidationError("give --classes or --head, not both") }
    }

    /// What the chip needs to know: of the head named, of the frozen one, or of classes alone.
    func facts(for model: HardenedModel) throws -> HeadFacts {
        if let head {
            let file = try HeadFile.read(head).0
            try model.check(file, head)
            return HeadFacts(file)
        }
        if let frozen = model.frozenHead {
            guard classes == nil else {
                throw CommandError(
                    ExitCode(64),
                    "the model has head \(frozen.title) frozen into it: --classes has nothing to say")
            }
            return HeadFacts(frozen)
        }
        return HeadFacts(classes: classes ?? 1_000, features: model.backbone.network.featureCount)
    }
}

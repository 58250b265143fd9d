import ArgumentParser
import Foundation
import HardenedBackbone
import HardenedModel

/// Which backbone to run, and on what.
struct ModelOptions: ParsableArguments {
    @Option(help: "The hardened backbone, a safetensors file. Default: the built-in one.")
    var model: String?

    @Option(
        help: ArgumentHelp(
            "Instruction-set tier: scalar, avx2, avx512vnni or neondot.",
            discussion: "Default: HASHIFLEX_ISA, else the best this CPU has. All give the same bytes."))
    var isa: String?

    /// What the model is called in messages.
    var name: String { model ?? "the built-in backbone" }

    /// The model: a backbone, open or with a head frozen into it.
    func load() throws -> HardenedModel {
        guard let model else { return HardenedModel(try EmbeddedModel.backbone()) }
        do {
            return try HardenedModel(decoding: try InputFile.read(model))
        } catch let error as HardenedModelError {
            throw CommandError(Exit.badInput, "\(model): \(error)")
        }
    }

    /// The backbone, which gives the same features whether a head is frozen into it or not.
    func backbone() throws -> BackboneArtifact { try load().backbone }

    /// The backbone, packed for the tier asked for.
    func plan() throws -> BackbonePlan {
        let artifact = try backbone()
        do throws(ISATierError) {
            let tier = try isa == nil ? ISATier.best() : ISATier.best(requested: isa)
            return try BackbonePlan(artifact, tier: tier)
        } catch {
            throw CommandError(ExitCode(64), "\(error)")
        }
    }
}

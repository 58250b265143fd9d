import ArgumentParser
import Foundation
import HardenedBackbone

/// Which backbone to run, and on what.
struct ModelOptions: ParsableArguments {
    @Option(help: "The hardened backbone, a safetensors file. Default: the built-in one.")
    var model: String?

    @Option(
        help: ArgumentHelp(
            "Instruction-set tier: scalar, avx2, avx512vnni or neondot.",
            discussion: "Default: HASHIFLEX_ISA, else the best this CPU has. All give the same bytes."))
    var isa: String?

    /// The backbone.
    func backbone() throws -> BackboneArtifact {
        guard let model else { return try EmbeddedModel.backbone() }
        do {
            return try BackboneArtifact(decoding: try InputFile.read(model))
        } catch let error as BackboneArtifactError {
            throw CommandError(Exit.badInput, "\(model): \(error)")
        }
    }

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

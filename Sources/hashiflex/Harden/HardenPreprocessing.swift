import ArgumentParser
import FloatNetwork
import HardenedBackbone
import ImageDecoding
import NetworkExchange

/// The preprocessing of a network that is hardened: asked for, stated by its files, or its framework's; never
/// stretched in silence.
struct HardenPreprocessing {
    private let options: PreprocessingOptions
    private let path: String

    /// What was asked for, and the network's file.
    init(_ options: PreprocessingOptions, network path: String) {
        (self.options, self.path) = (options, path)
    }

    /// The network with its colours, what its artefact will state, and why.
    ///
    /// - Throws: `CommandError`: 64 if nobody says how the training pictures were prepared, 65 if integers that
    ///   training found state otherwise than was asked for.
    func choose(
        _ input: HardenInput
    ) throws -> (input: HardenInput, stated: StatedPreprocessing, reason: String) {
        switch input {
        case .trained(let trained):
            let stated = StatedPreprocessing(trained.artifact.preprocessing)
            try compare(stated, size: input.inputSize)
            return (input, stated, "as training stated")
        case .float(let imported):
            var (chosen, reason) = try choose(imported, size: input.inputSize)
            var network = imported
            if let colours = imported.statedNormalization {
                chosen.colours = .init(mean: colours.mean, standardDeviation: colours.standardDeviation)
            } else if let colours = chosen.colours {
                network = try imported.normalized(
                    .init(mean: colours.mean, standardDeviation: colours.standardDeviation))
            }
            try checkTurn(imported)
            if chosen.isTurned != imported.isTurned {
                chosen.isTurned = imported.isTurned
                reason += imported.isTurned ? "; turned, as the network pads like TensorFlow" : "; not turned"
            }
            return (.float(network), StatedPreprocessing(chosen), reason)
        }
    }

    /// The network's padding decides whether tensors are turned.
    private func checkTurn(_ imported: ImportedNetwork) throws {
        guard let turn = options.turn, (turn == 180) != imported.isTurned else { return }
        throw CommandError(
            ExitCode(64),
            "\(path) pads as \(imported.isTurned ? "TensorFlow does: its tensors are" : "PyTorch does: its tensors are not") "
                + "turned by 180 degrees; leave --turn out")
    }

    private func compare(_ stated: StatedPreprocessing, size: Int) throws {
        guard options.isGiven else { return }
        let asked = try options.choice(size: size, fallback: stated.preprocessing ?? .builtIn)
        let mismatch = PreprocessingMismatch(
            "the command line", StatedPreprocessing(asked), path, stated,
            advice: "leave --preprocess out, or train again with what you want")
        if let mismatch { throw CommandError(Exit.badInput, "\(mismatch)") }
    }

    private func choose(_ imported: ImportedNetwork, size: Int) throws -> (Preprocessing, String) {
        if options.preprocess != nil {
            let choice = try options.choice(size: size, fallback: .builtIn)
            if case .preset(let preset) = try options.source() {
                return (choice, "--preprocess \(preset.title)")
            }
            return (choice, "--preprocess")
        }
        if let found = try TrainingConfiguration.beside(path) {
            guard found.inputSize == size else {
                throw CommandError(
                    Exit.badInput,
                    "\(found.source) is for \(found.inputSize) pixels, the network for \(size); "
                        + "give --preprocess, or --input-size \(found.inputSize)")
            }
            return (try options.choice(size: size, fallback: found.preprocessing), found.source)
        }
        if let text = imported.preprocessing {
            let stated: Preprocessing
            do throws(PreprocessingError) {
                stated = try Preprocessing(identity: text)
            } catch {
                throw CommandError(Exit.badInput, "\(path): \(error)")
            }
            return (try options.choice(size: size, fallback: stated), "as the file states")
        }
        guard let framework = imported.framework else {
            throw CommandError(
                ExitCode(64),
                "\(path) does not tell how its training pictures were prepared: give --preprocess "
                    + "torchvision, torchvision-v2, timm, hf, keras, tf-slim or built-in, "
                    + "or put its config.json beside it")
        }
        let preset: PreprocessingPreset =
            switch framework {
            case .torchvision: .torchvision
            case .timm: .timm
            case .huggingFace: .hf
            case .keras: .keras
            }
        return (
            try options.choice(size: size, fallback: preset.preprocessing(size: size)),
            "names are \(framework.rawValue)'s; else give --preprocess"
        )
    }
}

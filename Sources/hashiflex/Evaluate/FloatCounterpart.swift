import ArgumentParser
import FloatNetwork
import HardenedBackbone
import ImageDecoding
import NetworkExchange

/// The float network that a backbone is compared with, fed as the backbone is.
struct FloatCounterpart {
    private let artifact: BackboneArtifact
    private let path: String

    /// A backbone, and the network's file.
    init(_ artifact: BackboneArtifact, _ path: String) { (self.artifact, self.path) = (artifact, path) }

    /// Reads the network.
    ///
    /// Colours that neither file states are ImageNet's, as for `harden`.
    ///
    /// - Throws: `CommandError` 65 for a file that is no network, and for one that wants other tensors than the
    ///   backbone gets.
    func read() throws -> ImportedNetwork {
        let input = try HardenInput.read(path, inputSize: artifact.network.inputSize, normalization: nil)
        guard case .float(let imported) = input else {
            throw CommandError(Exit.badInput, "\(path) holds integers that training found, no float network")
        }
        let stated = StatedPreprocessing(artifact.preprocessing).preprocessing
        guard imported.isTurned == stated?.isTurned ?? false else {
            throw CommandError(
                Exit.badInput,
                "\(path) pads as \(imported.isTurned ? "TensorFlow" : "PyTorch") does, the backbone was hardened from "
                    + "a network that does not; name that one")
        }
        if let text = imported.preprocessing,
            let mismatch = PreprocessingMismatch(
                path, StatedPreprocessing(text), "the backbone", StatedPreprocessing(artifact.preprocessing),
                advice: "name the network that it was hardened from")
        {
            throw CommandError(Exit.badInput, "\(mismatch)")
        }
        guard let colours = stated?.colours else { return imported }
        let wanted = FloatNetwork.Normalization(
            mean: colours.mean, standardDeviation: colours.standardDeviation)
        if let own = imported.statedNormalization, !own.isClose(to: wanted) {
            throw CommandError(
                Exit.badInput,
                "\(path) states mean \(own.mean) and spread \(own.standardDeviation), the backbone was hardened for "
                    + "\(wanted.mean) and \(wanted.standardDeviation); name the network that it was hardened from"
            )
        }
        do {
            return try imported.normalized(wanted)
        } catch {
            throw CommandError(Exit.badInput, "\(path): \(error)")
        }
    }
}

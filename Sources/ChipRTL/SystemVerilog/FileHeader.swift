import QuantizedTensors
public import HardenedBackbone

/// The comment at the head of every emitted file: which numbers it holds, and what wrote it.
///
/// No dates and no paths: the same artefact gives the same bytes.
public struct FileHeader: Hashable, Sendable {
    /// Digest of the artefact.
    public let digest: String
    /// Program and version that wrote the file.
    public let generator: String

    /// The header of `artifact`'s files.
    ///
    /// - Parameter generator: one line, such as the program's name and version.
    public init(_ artifact: BackboneArtifact, generator: String) {
        digest = "\(artifact.digest)"
        self.generator = String(
            generator.unicodeScalars.map { $0.value < 32 || $0.value > 126 ? "?" : Character($0) })
    }

    /// The comment, with an empty line behind it.
    func text(module: String, facts: [String]) -> String {
        (["\(module), backbone \(digest)"] + facts + [generator]).map { "// \($0)\n" }.joined() + "\n"
    }

    /// Counts of a layer, or of some of its output channels.
    static func facts(
        _ layer: NetworkLayer,
        _ parameters: LayerParameters,
        channels: Range<Int>? = nil
    ) -> [String] {
        let channels = channels ?? 0..<layer.output.channels
        let count = layer.weightsPerChannel
        let weights = parameters.weights[channels.lowerBound * count..<channels.upperBound * count]
        return [
            "layer \(layer.name), channels \(channels.lowerBound) to \(channels.upperBound - 1): "
                + "\(weights.count) weights, \(weights.count { $0 != 0 }) not zero"
        ]
    }
}

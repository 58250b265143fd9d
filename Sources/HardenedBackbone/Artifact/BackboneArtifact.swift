import Artifacts
import QuantizedTensors

/// A frozen backbone: the network, all its numbers, and the digest that names it.
///
/// A value of this type is always legal: both initialisers check every tensor, so executors do not.
public struct BackboneArtifact: Hashable, Sendable {
    /// Value of the metadata entry `format`.
    public static let format = "hashiflex-backbone"
    /// The version of the format in which every weight is a single power of two.
    public static let schema = "1"
    /// The version in which some layer has weights that are sums of two, with a tensor of second terms; 2 is taken
    /// by files with a frozen head.
    public static let schemaOfSums = "3"

    /// The version that a file of these layers has.
    static func schema(of layers: [LayerParameters]) -> String {
        layers.contains { $0.terms > 1 } ? schemaOfSums : schema
    }

    /// The version that a file with tensors of these names has.
    package static func schema(ofTensors names: some Sequence<String>) -> String {
        names.contains { $0.hasSuffix(secondSuffix) } ? schemaOfSums : schema
    }

    /// How the name of a tensor of second terms ends.
    static let secondSuffix = ".weight_second"

    /// The layers that the numbers belong to.
    public let network: NetworkDescription

    /// Mean of the input bytes per colour, which also is the padding byte of the stem.
    ///
    /// - Shape: `[3]`, red, green, blue.
    public let inputMean: [UInt8]

    /// Right shift of the average pool.
    ///
    /// - Range: `3...6`.
    public let poolShift: UInt8

    /// Numbers of each layer, in the order of `network.layers`.
    public let layers: [LayerParameters]

    /// Scale exponent `a` of each layer's output: one code is worth `6/255 * 2^-a`. Informative only.
    ///
    /// - Shape: `[layers]`.
    public let activationExponents: [Int8]

    /// Identity of the preprocessing that images must have gone through, such as decoder and resizer.
    public let preprocessing: String

    /// What the weights are, as one sentence for people.
    public let description: String

    /// Digest of everything above; equal digests mean equal features for equal images.
    public let digest: ContentDigest

    /// Checks and seals a backbone.
    ///
    /// - Throws: the first violation found, naming the tensor or the metadata entry.
    /// - Complexity: linear in the weights, plus one SHA-256 over them.
    public init(
        network: NetworkDescription,
        inputMean: [UInt8] = [124, 116, 104],
        poolShift: UInt8,
        layers: [LayerParameters],
        activationExponents: [Int8],
        preprocessing: String,
        description: String
    ) throws(BackboneArtifactError) {
        guard inputMean.count == 3 else {
            throw .illegalMetadata(
                key: BackboneMetadata.Key.inputMean,
                found: "\(inputMean)",
                expected: "three bytes"
            )
        }
        guard Pooling.shifts.contains(poolShift) else {
            throw .illegalMetadata(
                key: BackboneMetadata.Key.poolShift,
                found: "\(poolShift)",
                expected: "3...6"
            )
        }
        guard activationExponents.count == network.layers.count else {
            throw .illegalMetadata(
                key: BackboneMetadata.Key.activationExponents,
                found: "\(activationExponents.count) values",
                expected: "\(network.layers.count) values"
            )
        }
        guard layers.count == network.layers.count else {
            throw .wrongLayerCount(found: layers.count, expected: network.layers.count)
        }
        for (layer, parameters) in zip(network.layers, layers) { try parameters.validate(for: layer) }
        self.network = network
        self.inputMean = inputMean
        self.poolShift = poolShift
        self.layers = layers
        self.activationExponents = activationExponents
        self.preprocessing = preprocessing
        self.description = description
        let metadata = BackboneMetadata(
            network: network,
            inputMean: inputMean,
            poolShift: poolShift,
            activationExponents: activationExponents,
            preprocessing: preprocessing,
            description: description,
            schema: Self.schema(of: layers)
        )
        let file = SafetensorsFile(
            metadata: metadata.entries,
            tensors: Self.tensors(network: network, layers: layers)
        )
        digest = file.contentDigest(excludingMetadata: [BackboneMetadata.Key.digest])
    }
}

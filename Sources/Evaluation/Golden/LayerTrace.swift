public import Artifacts
public import HardenedBackbone

/// Digests of everything a network computed for one image: one line of a golden file.
///
/// Small enough to keep in a repository, and any program can write them: the training simulation does.
public struct LayerTrace: Sendable, Hashable {
    /// Index of the image in its source.
    public let image: Int
    /// Digest of the prepared image; absent where whoever wrote the file did not record it.
    public let input: ContentDigest?
    /// Digest of each layer's output, in execution order.
    public let layers: [Layer]
    /// Digest of the features.
    public let features: ContentDigest

    /// One layer's digest.
    public struct Layer: Sendable, Hashable {
        /// Name of the layer.
        public let name: String
        /// SHA-256 of the `[height, width, channels]` output bytes, signed ones as two's complement.
        public let digest: ContentDigest
    }

    /// Digests `bytes`, which `network` computed for `input`.
    public init(image: Int, input: [UInt8], bytes: LayerBytes, network: NetworkDescription) {
        self.image = image
        self.input = ContentDigest(of: input)
        layers = zip(network.layers, bytes.layers).map {
            Layer(name: $0.name, digest: ContentDigest(of: $1))
        }
        features = ContentDigest(of: bytes.features)
    }

    init(image: Int, input: ContentDigest?, layers: [Layer], features: ContentDigest) {
        self.image = image
        self.input = input
        self.layers = layers
        self.features = features
    }

    /// The line, without its end: keys in a fixed order, layers in the order of execution.
    public var line: String {
        // Layer names are letters, digits and points, so nothing needs escaping.
        let digests = layers.map { "\"\($0.name)\":\"\($0.digest.hex)\"" }.joined(separator: ",")
        let input = input.map { "\"input\":\"\($0.hex)\"," } ?? ""
        return "{\"image\":\(image),\(input)\"layers\":{\(digests)},\"features\":\"\(features.hex)\"}"
    }
}

extension LayerTrace {
    /// Where a computed trace first leaves this, the expected one.
    public enum Mismatch: Sendable, Hashable, CustomStringConvertible {
        /// The images differ before the network sees them: decoder, resizer or order of images.
        case input(image: Int)
        /// The first layer whose bytes differ, or `features`.
        case layer(image: Int, name: String)

        /// For people.
        public var description: String {
            switch self {
            case .input(let image):
                "image \(image) itself differs from the golden file's: another source, order or resizing"
            case .layer(let image, let name):
                "image \(image), layer \(name) differs from the golden file"
            }
        }
    }

    /// Compares a computed trace of the same image with this one; `nil` where they agree.
    public func firstMismatch(_ computed: LayerTrace) -> Mismatch? {
        precondition(image == computed.image, "traces of the same image are compared")
        if let input, let other = computed.input, input != other { return .input(image: image) }
        for (expected, found) in zip(layers, computed.layers) where expected.digest != found.digest {
            return .layer(image: image, name: expected.name)
        }
        return features == computed.features ? nil : .layer(image: image, name: "features")
    }
}

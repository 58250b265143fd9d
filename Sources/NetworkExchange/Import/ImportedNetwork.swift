public import FloatNetwork

/// What a file held.
public struct ImportedNetwork: Sendable {
    /// The network, batch normalisation folded.
    public let network: FloatNetwork
    /// What the classes are called, if the file says so.
    public let classNames: [String]?
    /// Format and exporter in words, for people.
    public let source: String
    /// Whose names the file's tensors or nodes have; `nil` where they tell nothing.
    public let framework: Framework?
    /// What normalisation was stated, by the caller or by the file; else ImageNet's is assumed.
    public let statedNormalization: FloatNetwork.Normalization?
    /// Version of ONNX's operators, or `nil` for other formats.
    public let opset: Int?
    /// Whether every kernel was turned by 180 degrees, because the file pads as TensorFlow does: images must be
    /// turned as well, and then the features are the file's.
    public let isTurned: Bool

    /// A framework that is known by the names it gives.
    public enum Framework: String, Sendable, Hashable {
        /// `features.0.0`, ...
        case torchvision
        /// `conv_stem`, ...
        case timm
    }

    /// The same network fed with colours of another normalisation.
    ///
    /// - Throws: `network`, if it is not three finite numbers each, or a spread is not positive.
    public func normalized(
        _ normalization: FloatNetwork.Normalization
    ) throws(NetworkImportError) -> ImportedNetwork {
        do {
            return ImportedNetwork(
                network: try FloatNetwork(
                    network: network.network, layers: network.layers, classifier: network.classifier,
                    normalization: normalization),
                classNames: classNames, source: source, framework: framework,
                statedNormalization: normalization, opset: opset, isTurned: isTurned)
        } catch {
            throw .network(error)
        }
    }
}

/// What the caller knows and a file may not say.
public struct ImportOptions: Sendable {
    /// Side of the image in pixels; must agree with the file where that states one.
    public var inputSize: Int?
    /// Overrides what the file says, or the ImageNet default.
    public var normalization: FloatNetwork.Normalization?

    /// Collects the options.
    public init(inputSize: Int? = nil, normalization: FloatNetwork.Normalization? = nil) {
        self.inputSize = inputSize
        self.normalization = normalization
    }
}

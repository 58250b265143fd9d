public import FloatNetwork

/// What a file held.
public struct ImportedNetwork: Sendable {
    /// The network, batch normalisation folded.
    public let network: FloatNetwork
    /// What the classes are called, if the file says so.
    public let classNames: [String]?
    /// Format and exporter in words, for people.
    public let source: String
    /// Version of ONNX's operators, or `nil` for safetensors.
    public let opset: Int?
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

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
    /// The small constant in batch normalisations that was assumed or stated beside the weights; `nil` where the
    /// graph itself has it or none is needed.
    public let batchNormEpsilon: Double?
    /// How pictures become tensors, where the file states it; foreign text, to be read with care.
    public let preprocessing: String?

    /// Collects what a file held.
    init(
        network: FloatNetwork, classNames: [String]?, source: String, framework: Framework?,
        statedNormalization: FloatNetwork.Normalization?, opset: Int?, isTurned: Bool,
        batchNormEpsilon: Double?, preprocessing: String?
    ) {
        self.network = network
        self.classNames = classNames
        self.source = source
        self.framework = framework
        self.statedNormalization = statedNormalization
        self.opset = opset
        self.isTurned = isTurned
        self.batchNormEpsilon = batchNormEpsilon
        self.preprocessing = preprocessing
    }

    /// A framework that is known by the names it gives.
    public enum Framework: String, Sendable, Hashable {
        /// `features.0.0`, ...
        case torchvision
        /// `conv_stem`, ...
        case timm
        /// `conv_stem.first_conv`, ..., of transformers.
        case huggingFace = "Hugging Face"
        /// Keras's own formats.
        case keras = "Keras"
    }

    /// A network that is not from a file, with all that it is to state.
    package init(_ network: FloatNetwork, source: String) {
        self.init(
            network: network, classNames: nil, source: source, framework: nil,
            statedNormalization: network.normalization, opset: nil, isTurned: false, batchNormEpsilon: nil,
            preprocessing: nil)
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
                statedNormalization: normalization, opset: opset, isTurned: isTurned,
                batchNormEpsilon: batchNormEpsilon, preprocessing: preprocessing)
        } catch {
            throw .network(error)
        }
    }

    /// The same network with other names of its classes.
    ///
    /// - Range: one name for each row of the classifier, where there is one.
    public func named(_ names: [String]) -> ImportedNetwork {
        precondition(network.classifier.map { $0.bias.count == names.count } ?? true, "one name a class")
        return ImportedNetwork(
            network: network, classNames: names, source: source, framework: framework,
            statedNormalization: statedNormalization, opset: opset, isTurned: isTurned,
            batchNormEpsilon: batchNormEpsilon, preprocessing: preprocessing)
    }
}

/// What the caller knows and a file may not say.
public struct ImportOptions: Sendable {
    /// Side of the image in pixels; must agree with the file where that states one.
    public var inputSize: Int?
    /// Overrides what the file says, or the ImageNet default.
    public var normalization: FloatNetwork.Normalization?
    /// Gives the file of a name beside the model, of at most so many bytes; `nil` where there is none to be had.
    ///
    /// Names have been checked to lead nowhere else as text; links are for the closure to check.
    public var companion: Companion?

    /// Makes safetensors of an HDF5 file: arrays by their paths, texts as `PATH@ATTRIBUTE`, each a JSON list. Keras's
    /// formats are refused without it.
    public var hdf5: (@Sendable ([UInt8]) throws(NetworkImportError) -> [UInt8])?

    /// Reads a file by its name and the most bytes that are wanted.
    public typealias Companion = @Sendable (String, Int) throws(NetworkImportError) -> [UInt8]

    /// Collects the options.
    public init(
        inputSize: Int? = nil, normalization: FloatNetwork.Normalization? = nil, companion: Companion? = nil,
        hdf5: (@Sendable ([UInt8]) throws(NetworkImportError) -> [UInt8])? = nil
    ) {
        self.inputSize = inputSize
        self.normalization = normalization
        self.companion = companion
        self.hdf5 = hdf5
    }
}

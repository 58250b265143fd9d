public import HardenedBackbone
internal import QuantizedTensors

/// A MobileNetV2 in real numbers with batch normalisation folded: what hardening starts from.
///
/// Its input is `x = (byte / 255 - mean) / standardDeviation` per colour, padded with zeros; every layer but
/// the projections ends in ReLU6; projections of blocks that keep their shape add the block's input.
public struct FloatNetwork: Sendable {
    /// Layers, shapes and names.
    public let network: NetworkDescription
    /// Numbers of each layer, in the order of `network.layers`.
    public let layers: [Layer]
    /// The final layer, if the file had one.
    public let classifier: Classifier?
    /// What happens to a byte before the stem sees it.
    public let normalization: Normalization

    /// Weights and biases of one convolution.
    public struct Layer: Sendable {
        /// Weights.
        ///
        /// - Shape: `[outputChannels, inputChannelsPerGroup, kernelSize, kernelSize]`, last index fastest.
        public var weights: [Float]
        /// Biases.
        ///
        /// - Shape: `[outputChannels]`.
        public var bias: [Float]

        /// Collects the numbers of one layer; ``FloatNetwork`` checks them.
        public init(weights: [Float], bias: [Float]) {
            self.weights = weights
            self.bias = bias
        }
    }

    /// The final dense layer over the average-pooled features.
    public struct Classifier: Sendable {
        /// Weights.
        ///
        /// - Shape: `[classes, featureCount]`, last index fastest.
        public var weights: [Float]
        /// Biases.
        ///
        /// - Shape: `[classes]`.
        public var bias: [Float]

        /// Collects the numbers; ``FloatNetwork`` checks them.
        public init(weights: [Float], bias: [Float]) {
            self.weights = weights
            self.bias = bias
        }
    }

    /// Mean and spread of a colour, of images scaled to `0...1`.
    public struct Normalization: Hashable, Sendable {
        /// Red, green, blue.
        public var mean: [Float]
        /// Red, green, blue; positive.
        public var standardDeviation: [Float]

        /// Collects the numbers; ``FloatNetwork`` checks them.
        public init(mean: [Float], standardDeviation: [Float]) {
            self.mean = mean
            self.standardDeviation = standardDeviation
        }

        /// Whether all numbers are the same to five digits.
        public func isClose(to other: Self) -> Bool {
            let pairs = zip(mean + standardDeviation, other.mean + other.standardDeviation)
            return mean.count == other.mean.count
                && pairs.allSatisfy { abs($0 - $1) <= 1e-5 * max(abs($1), 1) }
        }

        /// What torchvision's and timm's networks are trained with.
        public static let imageNet = Normalization(
            mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225])
    }

    /// Checks and collects a network.
    ///
    /// - Throws: ``FloatNetworkError`` naming the layer, for wrong counts and numbers that are not finite.
    public init(
        network: NetworkDescription,
        layers: [Layer],
        classifier: Classifier?,
        normalization: Normalization = .imageNet
    ) throws(FloatNetworkError) {
        try Self.expect(layers.count, network.layers.count, "layers")
        for (layer, numbers) in zip(network.layers, layers) {
            try Self.check(numbers.weights, count: layer.weightCount, "\(layer.name).weight")
            try Self.check(numbers.bias, count: layer.output.channels, "\(layer.name).bias")
        }
        if let classifier {
            guard !classifier.bias.isEmpty else {
                throw .wrongCount(what: "classifier.bias", found: 0, expected: 1)
            }
            try Self.check(
                classifier.weights, count: classifier.bias.count * network.featureCount, "classifier.weight")
            try Self.check(classifier.bias, count: classifier.bias.count, "classifier.bias")
        }
        try Self.check(normalization.mean, count: 3, "normalization.mean")
        try Self.check(normalization.standardDeviation, count: 3, "normalization.standard_deviation")
        if let index = normalization.standardDeviation.firstIndex(where: { $0 <= 0 }) {
            throw .notPositive(what: "normalization.standard_deviation", index: index)
        }
        self.network = network
        self.layers = layers
        self.classifier = classifier
        self.normalization = normalization
    }

    private static func expect(_ found: Int, _ expected: Int, _ what: String) throws(FloatNetworkError) {
        guard found == expected else { throw .wrongCount(what: what, found: found, expected: expected) }
    }

    private static func check(_ values: [Float], count: Int, _ what: String) throws(FloatNetworkError) {
        try expect(values.count, count, what)
        if let index = values.firstIndex(where: { !$0.isFinite }) {
            throw .notFinite(what: what, index: index)
        }
    }
}

/// Why numbers do not make a network.
public enum FloatNetworkError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A tensor has the wrong number of elements.
    case wrongCount(what: String, found: Int, expected: Int)
    /// A number is infinite or NaN.
    case notFinite(what: String, index: Int)
    /// A spread is zero or negative.
    case notPositive(what: String, index: Int)

    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .wrongCount(let what, let found, let expected):
            "\(what) has \(found) elements, expected \(expected); check width, input size and class count"
        case .notFinite(let what, let index):
            "\(what) has NaN or infinity at element \(index); export the network again from a sound checkpoint"
        case .notPositive(let what, let index):
            "\(what) is not positive for colour \(index); pass three positive numbers"
        }
    }
}

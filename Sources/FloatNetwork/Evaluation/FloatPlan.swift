public import HardenedBackbone

/// A float network packed for evaluation: made once, shared by every thread's ``FloatEvaluator``.
public struct FloatPlan: Sendable {
    /// Layers, shapes and names.
    public let network: NetworkDescription
    /// What happens to a byte before the stem sees it.
    public let normalization: FloatNetwork.Normalization
    /// Classes of the final layer, or 0 if there is none.
    public let classCount: Int

    /// Packed numbers of each layer, in the order of `network.layers`.
    let layers: [PackedFloatLayer]
    /// Packed final layer.
    let classifier: PackedFloatLayer?
    /// What each byte becomes.
    ///
    /// - Shape: `[3, 256]`, colour first.
    let byteValues: [Float]

    /// Packs `network`.
    public init(_ network: FloatNetwork) {
        self.network = network.network
        normalization = network.normalization
        classCount = network.classifier?.bias.count ?? 0
        layers = zip(network.network.layers, network.layers).map { layer, numbers in
            layer.kind == .depthwise
                ? PackedFloatLayer(filters: numbers.weights, bias: numbers.bias)
                : PackedFloatLayer(matrix: numbers.weights, bias: numbers.bias)
        }
        classifier = network.classifier.map { PackedFloatLayer(matrix: $0.weights, bias: $0.bias) }
        let (mean, spread) = (network.normalization.mean, network.normalization.standardDeviation)
        byteValues = (0..<3).flatMap { colour in
            (0..<256).map { (Float($0) / 255 - mean[colour]) / spread[colour] }
        }
    }
}

/// Numbers of one layer in the order in which the kernels read them.
struct PackedFloatLayer: Sendable {
    /// Output channels that one step of a kernel computes.
    static let lanes = 8

    /// Matrices: `[panel, input, lane]`, a panel being ``lanes`` output channels. Filters: `[tap, channel]`.
    let weights: [Float]
    /// Biases, padded with zeros to a multiple of ``lanes``.
    let bias: [Float]
    /// Inputs of one output channel; 9 for filters.
    let depth: Int

    /// Packs rows of a matrix `[outputs, inputs]` into panels; missing outputs of the last panel are zero.
    init(matrix: [Float], bias: [Float]) {
        let outputs = bias.count
        let depth = matrix.count / outputs
        let panels = (outputs + Self.lanes - 1) / Self.lanes
        var packed = [Float](repeating: 0, count: panels * depth * Self.lanes)
        for output in 0..<outputs {
            let start = output / Self.lanes * depth * Self.lanes + output % Self.lanes
            for input in 0..<depth { packed[start + input * Self.lanes] = matrix[output * depth + input] }
        }
        weights = packed
        self.depth = depth
        self.bias = bias + [Float](repeating: 0, count: panels * Self.lanes - outputs)
    }

    /// Packs filters `[channels, 9]`; channel counts are multiples of ``lanes``.
    init(filters: [Float], bias: [Float]) {
        let channels = bias.count
        precondition(channels.isMultiple(of: Self.lanes), "channel counts are multiples of 8")
        weights = (0..<9).flatMap { tap in (0..<channels).map { filters[$0 * 9 + tap] } }
        self.bias = bias
        depth = 9
    }
}

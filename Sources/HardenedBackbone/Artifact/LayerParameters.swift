import QuantizedTensors

/// The frozen numbers of one hardened layer.
public struct LayerParameters: Hashable, Sendable {
    /// Integer weights `q`.
    ///
    /// - Shape: `[outputChannels, inputChannelsPerGroup, kernelSize, kernelSize]`, rows before columns, last
    ///   index fastest.
    /// - Range: `{0, ±1, ±2, ±4, ±8, ±16, ±32, ±64}`, and sums of two of them as ``WeightTerms`` has them.
    public let weights: [Int8]

    /// Bias added to the accumulator, without the rounding constant.
    ///
    /// - Shape: `[outputChannels]`.
    /// - Range: `-2^24 ... 2^24`, in accumulator units.
    public let bias: [Int32]

    /// Right shift of the accumulator.
    ///
    /// - Shape: `[outputChannels]`.
    /// - Range: `0...20`.
    public let shift: [UInt8]

    /// Alignment of the residual: it is added as `residual << (shift + residualShift)`.
    ///
    /// - Range: `shift + residualShift` in `0...20` for every channel; 0 in layers without a residual.
    public let residualShift: Int8

    /// Collects the numbers of one layer; ``BackboneArtifact`` checks them.
    public init(weights: [Int8], bias: [Int32], shift: [UInt8], residualShift: Int8 = 0) {
        self.weights = weights
        self.bias = bias
        self.shift = shift
        self.residualShift = residualShift
    }

    /// The most powers of two that a weight of the layer is made of: 1, or 2.
    public var terms: Int { weights.allSatisfy { Po2Weight(value: $0) != nil } ? 1 : 2 }

    /// Powers of two that all weights are made of together, zeros having none: the layer's shifts and signs.
    public var termCount: Int { weights.reduce(0) { $0 + (WeightTerms(value: $1)?.count ?? 0) } }

    /// The largest magnitude of a bias.
    public static let biasMagnitudeMax: Int32 = 1 << 24
}

extension LayerParameters {
    /// Checks lengths, codes, ranges and the accumulator bound of every channel against `layer`.
    ///
    /// - Throws: the first violation, naming the tensor.
    package func validate(for layer: NetworkLayer) throws(BackboneArtifactError) {
        let channels = layer.output.channels
        try expectCount(weights.count, layer.weightCount, "\(layer.name).weight")
        try expectCount(bias.count, channels, "\(layer.name).bias")
        try expectCount(shift.count, channels, "\(layer.name).shift")
        for (index, weight) in weights.enumerated() where WeightTerms(value: weight) == nil {
            throw .illegalWeight(tensor: "\(layer.name).weight", index: index, found: Int(weight))
        }
        if layer.residualSource == nil, residualShift != 0 {
            throw .residualShiftOutOfRange(
                tensor: "\(layer.name).residual_shift",
                channel: 0,
                found: Int(residualShift),
                shift: 0
            )
        }
        for channel in 0..<channels { try validate(channel: channel, of: layer) }
    }

    private func validate(channel: Int, of layer: NetworkLayer) throws(BackboneArtifactError) {
        guard shift[channel] <= Requantization.shiftMax else {
            throw .shiftOutOfRange(
                tensor: "\(layer.name).shift",
                channel: channel,
                found: Int(shift[channel])
            )
        }
        guard bias[channel].magnitude <= Self.biasMagnitudeMax.magnitude else {
            throw .biasOutOfRange(tensor: "\(layer.name).bias", channel: channel, found: Int(bias[channel]))
        }
        let isResidual = layer.residualSource != nil
        if isResidual {
            let alignment = Int(shift[channel]) + Int(residualShift)
            guard (0...Int(Requantization.shiftMax)).contains(alignment) else {
                throw .residualShiftOutOfRange(
                    tensor: "\(layer.name).residual_shift",
                    channel: channel,
                    found: Int(residualShift),
                    shift: Int(shift[channel])
                )
            }
        }
        let count = layer.weightsPerChannel
        let bound = AccumulatorBound(
            weights: weights[channel * count..<(channel + 1) * count],
            input: layer.inputType,
            bias: bias[channel],
            shift: shift[channel],
            residualShift: isResidual ? residualShift : nil
        )
        guard bound.isSafe else {
            throw .accumulatorUnbounded(
                tensor: "\(layer.name).weight",
                channel: channel,
                lowest: bound.lowest,
                highest: bound.highest
            )
        }
    }

    private func expectCount(
        _ found: Int,
        _ expected: Int,
        _ tensor: String
    ) throws(BackboneArtifactError) {
        guard found == expected else {
            throw .wrongShape(tensor: tensor, found: [found], expected: [expected])
        }
    }
}

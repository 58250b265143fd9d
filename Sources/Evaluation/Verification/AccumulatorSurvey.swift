public import HardenedBackbone
import QuantizedTensors

/// How wide the accumulators of a backbone must be, over all inputs that could ever come.
public struct AccumulatorSurvey: Sendable, Hashable, Encodable {
    /// The worst case of one output channel.
    public struct Extreme: Sendable, Hashable, Encodable {
        /// Name of the layer.
        public let layer: String
        /// The output channel.
        public let channel: Int
        /// The smallest sum before the shift.
        public let lowest: Int64
        /// The largest sum before the shift.
        public let highest: Int64
        /// Bits of two's complement that hold both.
        public let bits: Int
    }

    /// The channel that needs most bits; of equals the first with the larger magnitude.
    public let widest: Extreme
    /// The widest channel of each layer, in execution order.
    public let layers: [Extreme]
    /// Channels whose sums could leave `-2^30 ..< 2^30`.
    public let unsafeChannels: Int

    /// Bounds every channel of `artifact`.
    ///
    /// - Complexity: linear in the weights.
    public init(_ artifact: BackboneArtifact) {
        var unsafeChannels = 0
        layers = zip(artifact.network.layers, artifact.layers).map { layer, parameters in
            let count = layer.weightsPerChannel
            let extremes = (0..<layer.output.channels).map { channel in
                let bound = AccumulatorBound(
                    weights: parameters.weights[channel * count..<(channel + 1) * count],
                    input: layer.inputType,
                    bias: parameters.bias[channel],
                    shift: parameters.shift[channel],
                    residualShift: layer.residualSource == nil ? nil : parameters.residualShift
                )
                if !bound.isSafe { unsafeChannels += 1 }
                return Extreme(layer: layer.name, channel: channel, bound)
            }
            return Self.widest(extremes)
        }
        widest = Self.widest(layers)
        self.unsafeChannels = unsafeChannels
    }

    private static func widest(_ extremes: [Extreme]) -> Extreme {
        extremes.dropFirst().reduce(extremes[0]) { best, next in
            (next.bits, next.magnitude) > (best.bits, best.magnitude) ? next : best
        }
    }
}

extension AccumulatorSurvey.Extreme {
    fileprivate init(layer: String, channel: Int, _ bound: AccumulatorBound) {
        self.init(
            layer: layer,
            channel: channel,
            lowest: bound.lowest,
            highest: bound.highest,
            bits: max(Self.bits(bound.lowest), Self.bits(bound.highest))
        )
    }

    /// Bits of the shortest two's complement of `value`.
    private static func bits(_ value: Int64) -> Int {
        65 - (value < 0 ? ~value : value).leadingZeroBitCount
    }

    fileprivate var magnitude: UInt64 { max(lowest.magnitude, highest.magnitude) }
}

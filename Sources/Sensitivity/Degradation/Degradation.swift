public import HardenedBackbone
import QuantizedTensors

/// One way of making a hardened backbone coarser, integers to integers.
///
/// Nothing is trained and no float weight is looked at: what is measured is how much of the artefact's own
/// precision the network can lose.
public enum Degradation: Sendable, Hashable {
    /// The artefact as it is.
    case none
    /// At most `count` different magnitudes in each output channel.
    ///
    /// - Range: `1...7`; 7 is no degradation.
    case exponents(Int)
    /// Every layer's output rounded to `bits` bits.
    ///
    /// - Range: `1...8`; 8 is no degradation. The image and the pooled features keep 8 bits.
    case activationBits(Int)
    /// The smallest weights set to zero until `percent` of the prunable ones are.
    ///
    /// - Range: `0...100`; weights that are zero already count. Stem and depthwise layers are kept whole.
    case pruned(percent: Int)
    /// One exponent for all channels of a layer instead of one each.
    case commonExponent(CommonExponentScope)
    /// One layer alone made coarser.
    case layer(index: Int, LayerReduction)

    /// The layers that share one exponent.
    public enum CommonExponentScope: String, Sendable, Hashable, CaseIterable {
        /// The 1x1 layers only.
        case pointwise
        /// All layers.
        case everywhere
    }

    /// What is done to a single layer.
    public enum LayerReduction: String, Sendable, Hashable, CaseIterable {
        /// Two magnitudes in each channel.
        case twoExponents
        /// Half of its weights zero.
        case halfPruned
    }

    /// Bits of every layer's output.
    public var activationBits: Int {
        if case .activationBits(let bits) = self { bits } else { 8 }
    }
}

extension Degradation {
    /// The numbers of every layer after the degradation, biases not yet corrected.
    ///
    /// In the stem the bias keeps cancelling the mean colour, since that is part of what the weights mean:
    /// the padding byte must go on contributing exactly zero.
    ///
    /// - Shape: `[layers]`, in execution order; every one is legal for its layer.
    public func degradedLayers(of artifact: BackboneArtifact) -> [LayerParameters] {
        let network = artifact.network
        switch self {
        case .none, .activationBits: return artifact.layers
        case .exponents(let count):
            return zip(network.layers, artifact.layers).map {
                ExponentReduction.reduce($1, of: $0, count: count).keepingMean(of: $1, $0, artifact.inputMean)
            }
        case .pruned(let percent):
            let prunable = network.layers.indices.filter { Pruning.isPrunable(network.layers[$0]) }
            return Pruning.prune(artifact, layers: prunable, percent: percent)
        case .commonExponent(let scope):
            return zip(network.layers, artifact.layers).map { layer, parameters in
                guard scope == .everywhere || layer.kernelSize == 1 else { return parameters }
                return CommonExponent.apply(parameters, of: layer)
                    .keepingMean(of: parameters, layer, artifact.inputMean)
            }
        case .layer(let index, let reduction):
            var layers = artifact.layers
            switch reduction {
            case .twoExponents:
                layers[index] = ExponentReduction.reduce(layers[index], of: network.layers[index], count: 2)
                    .keepingMean(of: layers[index], network.layers[index], artifact.inputMean)
            case .halfPruned:
                layers = Pruning.prune(artifact, layers: [index], percent: 50)
            }
            return layers
        }
    }
}

extension LayerParameters {
    /// These numbers with the stem's bias following its weights; other layers as they are.
    ///
    /// The bias holds `-sum of q * mean`, so it changes by what that sum does, in the units of the new shift.
    func keepingMean(of old: LayerParameters, _ layer: NetworkLayer, _ mean: [UInt8]) -> LayerParameters {
        guard layer.kind == .stem else { return self }
        let count = layer.weightsPerChannel
        let adjusted = bias.indices.map { channel -> Int32 in
            // `self` has the old bias in new units, so the old sum is brought to them as well.
            let oldSum = Self.meanSum(old.weights, channel: channel, count: count, mean: mean)
            let newSum = Self.meanSum(weights, channel: channel, count: count, mean: mean)
            let scaled = Rounding.shifted(oldSum, by: Int(shift[channel]) - Int(old.shift[channel]))
            return LayerParameters.clampedBias(Int64(bias[channel]) + scaled - newSum)
        }
        return LayerParameters(weights: weights, bias: adjusted, shift: shift, residualShift: residualShift)
    }

    private static func meanSum(_ weights: [Int8], channel: Int, count: Int, mean: [UInt8]) -> Int64 {
        (0..<count).reduce(Int64(0)) { sum, index in
            sum + Int64(weights[channel * count + index]) * Int64(mean[index / 9])
        }
    }

    /// `value` brought into the legal range of a bias.
    static func clampedBias(_ value: Int64) -> Int32 {
        let limit = Int64(biasMagnitudeMax)
        return Int32(min(max(value, -limit), limit))
    }
}

/// Integer rounding that the study shares.
enum Rounding {
    /// `value * 2^shift`, half away from zero where bits are lost.
    static func shifted(_ value: Int64, by shift: Int) -> Int64 {
        guard shift < 0 else { return value << shift }
        return divided(Int128(value), by: Int128(1) << Int128(-shift))
    }

    /// `value / divisor`, half away from zero.
    static func divided(_ value: Int128, by divisor: Int128) -> Int64 {
        precondition(divisor > 0, "a mean is over at least one value")
        let magnitude = (2 * Int128(value.magnitude) + divisor) / (2 * divisor)
        return Int64(value < 0 ? -magnitude : magnitude)
    }
}

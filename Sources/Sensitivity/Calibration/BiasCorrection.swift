public import HardenedBackbone
import QuantizedTensors

/// What the sums of every channel come to on calibration images, in the network as it is.
///
/// The means that bias correction restores.
public struct CalibrationTargets: Sendable {
    /// Total of accumulator, bias and residual over all images and pixels.
    ///
    /// - Shape: `[layers][channels]`.
    let totals: [[Int64]]

    /// Runs `images` through `artifact`.
    ///
    /// - Shape: each image is `[inputSize, inputSize, 3]`; at least one.
    /// - Cost: the reference's convolutions, about 25 images a second at 96x96 and width 1.
    public init(_ artifact: BackboneArtifact, images: [[UInt8]]) {
        precondition(!images.isEmpty, "means are over at least one image")
        var sweep = LayerSweep(network: artifact.network, inputMean: artifact.inputMean, images: images)
        totals = artifact.layers.map { parameters in
            var total: [Int64] = []
            sweep.run(weights: parameters.weights, rounding: nil) { totals in
                total = BiasCorrection.totals(totals, parameters)
                return parameters
            }
            return total
        }
    }
}

/// Moves biases so that every channel's sum has the mean that it had before the degradation.
public enum BiasCorrection {
    /// Corrects all layers in execution order, each on inputs that the corrected layers before it compute.
    ///
    /// - Rounding: half away from zero; clamped to the legal range of biases.
    /// - Source: layer by layer correction from calibration means, step 6 of the quantisation order.
    public static func correct(
        _ layers: [LayerParameters],
        activationBits: Int = 8,
        of artifact: BackboneArtifact,
        targets: CalibrationTargets,
        images: [[UInt8]]
    ) -> [LayerParameters] {
        let rounding = ActivationRounding(bits: activationBits)
        var sweep = LayerSweep(network: artifact.network, inputMean: artifact.inputMean, images: images)
        return layers.enumerated().map { index, parameters in
            sweep.run(weights: parameters.weights, rounding: rounding) { totals in
                corrected(parameters, totals, target: targets.totals[index], artifact.layers[index])
            }
        }
    }

    /// Corrects each layer on its own, as if it alone were degraded.
    ///
    /// - Parameter degraded: the numbers of layer `index` after the degradation.
    /// - Returns: the corrected numbers of each layer.
    public static func correctEachAlone(
        of artifact: BackboneArtifact,
        targets: CalibrationTargets,
        images: [[UInt8]],
        degraded: (_ index: Int) -> LayerParameters
    ) -> [LayerParameters] {
        var sweep = LayerSweep(network: artifact.network, inputMean: artifact.inputMean, images: images)
        return artifact.layers.enumerated().map { index, original in
            let parameters = degraded(index)
            let totals = sweep.totals(weights: parameters.weights)
            sweep.run(weights: original.weights, rounding: nil) { _ in original }
            return corrected(parameters, totals, target: targets.totals[index], original)
        }
    }

    /// Totals with bias and residual.
    static func totals(_ totals: LayerSweep.Totals, _ parameters: LayerParameters) -> [Int64] {
        totals.accumulators.indices.map { channel in
            let alignment = Int64(parameters.shift[channel]) + Int64(parameters.residualShift)
            return totals.accumulators[channel] + totals.count * Int64(parameters.bias[channel])
                + (totals.residuals[channel] << alignment)
        }
    }

    private static func corrected(
        _ parameters: LayerParameters,
        _ totals: LayerSweep.Totals,
        target: [Int64],
        _ original: LayerParameters
    ) -> LayerParameters {
        let found = Self.totals(totals, parameters)
        let bias = found.indices.map { channel -> Int32 in
            // Sums are in units of 2^-shift; both are brought to the finer of the two.
            let finer = Int(parameters.shift[channel]) - Int(original.shift[channel])
            let wanted = Int128(target[channel]) << Int128(max(finer, 0))
            let present = Int128(found[channel]) << Int128(max(-finer, 0))
            let count = Int128(totals.count) << Int128(max(-finer, 0))
            let change = Rounding.divided(wanted - present, by: count)
            return LayerParameters.clampedBias(Int64(parameters.bias[channel]) + change)
        }
        return LayerParameters(
            weights: parameters.weights,
            bias: bias,
            shift: parameters.shift,
            residualShift: parameters.residualShift
        )
    }
}

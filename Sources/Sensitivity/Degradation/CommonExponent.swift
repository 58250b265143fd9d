import HardenedBackbone
import QuantizedTensors

/// One exponent for a whole layer.
///
/// A channel's real weights are `q * 2^-shift` in units that its layer shares, so per-channel exponents show
/// as per-channel shifts. One exponent is one shift: every `q` is expressed anew for it.
enum CommonExponent {
    /// The layer with one shift, the one that changes its weights least.
    ///
    /// - Rounding: weights to the nearest power of two, or sum of two where the layer has sums, on the linear
    ///   scale, ties away from zero, at most 64; biases half away from zero.
    static func apply(_ parameters: LayerParameters, of layer: NetworkLayer) -> LayerParameters {
        let count = layer.weightsPerChannel
        let terms = parameters.terms
        let histograms = histograms(parameters, channels: layer.output.channels, count: count)
        var best = (shift: parameters.shift[0], error: Double.infinity)
        for shift in (parameters.shift.min() ?? 0)...(parameters.shift.max() ?? 0) {
            guard isLegal(shift, parameters, layer) else { continue }
            let error = error(of: shift, parameters.shift, histograms, terms: terms)
            if error < best.error { best = (shift, error) }
        }
        let table = Projection(to: best.shift, terms: terms)
        var weights = parameters.weights
        var bias = parameters.bias
        for channel in bias.indices {
            let old = parameters.shift[channel]
            for index in channel * count..<(channel + 1) * count {
                weights[index] = table.weight(weights[index], from: old)
            }
            let moved = Rounding.shifted(Int64(bias[channel]), by: Int(best.shift) - Int(old))
            bias[channel] = LayerParameters.clampedBias(moved)
        }
        return LayerParameters(
            weights: weights,
            bias: bias,
            shift: [UInt8](repeating: best.shift, count: bias.count),
            residualShift: parameters.residualShift
        )
    }

    /// Whether a residual can still be aligned.
    private static func isLegal(_ shift: UInt8, _ parameters: LayerParameters, _ layer: NetworkLayer) -> Bool
    {
        layer.residualSource == nil
            || (0...Int(Requantization.shiftMax)).contains(Int(shift) + Int(parameters.residualShift))
    }

    /// How many weights of each channel have each magnitude.
    private static func histograms(_ parameters: LayerParameters, channels: Int, count: Int) -> [[Int]] {
        (0..<channels).map { channel in
            var counts = [Int](repeating: 0, count: 65)
            for weight in parameters.weights[channel * count..<(channel + 1) * count] where weight != 0 {
                counts[Int(weight.magnitude)] += 1
            }
            return counts
        }
    }

    /// The summed squared change of the real weights, in units that all candidates share.
    private static func error(
        of shift: UInt8, _ shifts: [UInt8], _ histograms: [[Int]], terms: Int
    ) -> Double {
        let table = Projection(to: shift, terms: terms)
        var error = 0.0
        for (channel, counts) in histograms.enumerated() {
            let old = shifts[channel]
            for (magnitude, count) in counts.enumerated() where count > 0 {
                let weight = Int8(magnitude)
                // Integers up to 2^26 are exact.
                let before = Double(Int(weight) << (20 - Int(old)))
                let after = Double(Int(table.weight(weight, from: old)) << (20 - Int(shift)))
                error += Double(count) * (before - after) * (before - after)
            }
        }
        return error
    }

    /// Weights under another shift.
    private struct Projection {
        let shift: UInt8
        let terms: Int

        init(to shift: UInt8, terms: Int) { (self.shift, self.terms) = (shift, terms) }

        func weight(_ weight: Int8, from old: UInt8) -> Int8 {
            let raise = Int(shift) - Int(old)
            return raise >= 0
                ? WeightTerms.nearest(to: Int64(weight) << Int64(raise), over: 1, terms: terms)
                : WeightTerms.nearest(to: Int64(weight), over: 1 << Int64(-raise), terms: terms)
        }
    }
}

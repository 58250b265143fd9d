/// Turns a real head into int8 weights and int32 biases with one scale.
package struct HeadQuantizer {
    /// The integers, and the real logit that one of them stands for.
    package struct Quantized {
        /// `[classes, features]`.
        package var weights: [Int8]
        /// `[classes]`.
        package var bias: [Int32]
        /// The real logit of one integer.
        package var scale: Double
    }

    /// The parts of the largest weight that are tried as the largest that int8 can express.
    package static let clipCandidates: [Double] = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]

    /// Quantises `head` with `clip` times its largest weight mapped to 127.
    ///
    /// Weights are rounded one after the other, from the last feature to the first. Each takes up, as far
    /// as the correlation of the features allows, what rounding and clipping did to the logits before it.
    /// The bias is chosen so that the mean logit of each class stays what it was.
    ///
    /// - Rounding: weights and biases half away from zero; weights saturate at -127 and 127.
    /// - Returns: `nil` where a bias would leave ``ClassifierHead/biasRange``.
    /// - Source: nearest-plane rounding (L. Babai, 1986) in the metric of the covariance matrix.
    package static func quantize(_ head: RealHead, clip: Double) -> Quantized? {
        let scale = scale(of: head, clip: clip)
        let weights = rounded(head, scale: scale)
        var bias: [Int32] = []
        for classIndex in 0..<head.classCount {
            var mean = 0.0
            for feature in 0..<head.featureCount {
                mean += Double(weights[classIndex * head.featureCount + feature]) * head.featureMeans[feature]
            }
            let value = (head.classShares[classIndex] / scale - mean).rounded(.toNearestOrAwayFromZero)
            guard let integer = Int(exactly: value), ClassifierHead.biasRange.contains(integer) else {
                return nil
            }
            bias.append(Int32(integer))
        }
        return Quantized(weights: weights, bias: bias, scale: scale)
    }

    /// The clipping among ``clipCandidates`` that should disturb the logits least.
    ///
    /// Measured as the squared rounding error of each weight times the variance of its feature, with plain
    /// rounding: an estimate that costs one pass over the weights.
    package static func estimatedClip(_ head: RealHead) -> Double {
        let variances = head.metric.variances
        var best = (clip: 1.0, error: Double.infinity)
        for clip in clipCandidates {
            let scale = scale(of: head, clip: clip)
            var error = 0.0
            for (index, weight) in head.weights.enumerated() {
                let difference = weight - Double(nearest(weight / scale)) * scale
                error += difference * difference * variances[index % head.featureCount]
            }
            if error < best.error { best = (clip, error) }
        }
        return best.clip
    }

    /// The real logit of one integer.
    private static func scale(of head: RealHead, clip: Double) -> Double {
        let largest = head.weights.reduce(0) { max($0, $1.magnitude) }
        // All weights are 0 where the features tell nothing; the shares of the classes still do.
        return largest > 0 ? largest * clip / 127 : 1e-6
    }

    private static func nearest(_ value: Double) -> Int8 {
        Int8(min(max(value.rounded(.toNearestOrAwayFromZero), -127), 127))
    }

    /// Rounds the weights of all classes.
    ///
    /// With `D` the deviations, `L` the factor and `e` the errors of a class, its logits are disturbed by
    /// `|transpose(L) * D * e|^2`. Element `j` of that depends on `e[j...]` alone, so going down from the
    /// last feature each weight can undo what `carried[j]` holds of the errors behind it.
    private static func rounded(_ head: RealHead, scale: Double) -> [Int8] {
        let featureCount = head.featureCount
        var weights = [Int8](repeating: 0, count: head.weights.count)
        var carried = [Double](repeating: 0, count: head.weights.count)
        carried.withUnsafeMutableBufferPointer { carried in
            for first in stride(from: 0, to: head.classCount, by: CholeskyFactor.sidesPerPass) {
                let classes = first..<min(first + CholeskyFactor.sidesPerPass, head.classCount)
                for feature in (0..<featureCount).reversed() {
                    let deviation = head.metric.deviations[feature]
                    head.metric.factor.withRow(feature) { row in
                        for classIndex in classes {
                            let start = classIndex * featureCount
                            let real = head.weights[start + feature]
                            let target = real + carried[start + feature] / (deviation * row[feature])
                            let weight = nearest(target / scale)
                            weights[start + feature] = weight
                            RowArithmetic.add(
                                deviation * (real - Double(weight) * scale),
                                times: row,
                                to: .init(rebasing: carried[start..<(start + featureCount)]),
                                count: feature
                            )
                        }
                    }
                }
            }
        }
        return weights
    }
}

/// A head in real numbers, before quantisation.
package struct RealHead: Sendable {
    /// `[classes, features]`.
    package var weights: [Double]
    /// `[classes]`.
    package var bias: [Double]
    /// The mean of each feature over the samples.
    var featureMeans: [Double]
    /// The share of each class among the samples: what its mean logit is.
    var classShares: [Double]
    /// What errors of the weights do to the logits.
    var metric: Metric

    /// How much an error of the weights of one class disturbs its logits.
    ///
    /// The mean squared disturbance is that of `transpose(factor) * (deviations * error)`, ridge included.
    package struct Metric: Sendable {
        var factor: CholeskyFactor
        var deviations: [Double]

        /// What the features' variances count as.
        var variances: [Double] { deviations.map { $0 * $0 } }

        /// A metric of standardised features.
        package init(factor: CholeskyFactor, deviations: [Double]) {
            self.factor = factor
            self.deviations = deviations
        }
    }

    /// A head of the given numbers.
    package init(
        weights: [Double],
        bias: [Double],
        featureMeans: [Double],
        classShares: [Double],
        metric: Metric
    ) {
        precondition(bias.count == classShares.count, "bias and shares are not [classes]")
        precondition(
            weights.count == featureMeans.count * classShares.count,
            "weights are not [classes, features]"
        )
        self.weights = weights
        self.bias = bias
        self.featureMeans = featureMeans
        self.classShares = classShares
        self.metric = metric
    }

    var featureCount: Int { featureMeans.count }
    var classCount: Int { classShares.count }

    /// Fits one-versus-rest ridge regression to the samples of `equations`.
    ///
    /// Each class is regressed on all features, with 1 as the target of its samples and 0 of others.
    /// Features count as standardised by `sqrt(variance + 1)`: the 1 is a floor of one code, without which
    /// a feature that is nearly always 0 earns a weight that leaves no resolution for all others in int8.
    ///
    /// - Range: `ridge` is relative to a standardised feature's variance.
    /// - Returns: `nil` where the equations have no stable solution.
    package static func solve(_ equations: NormalEquations, ridge: Double) -> RealHead? {
        let featureCount = equations.featureCount
        let sampleCount = equations.sampleCount
        let sums = equations.featureSums
        let deviations = (0..<featureCount).map { feature in
            (equations.covariance(feature, feature, featureSums: sums, sampleCount: sampleCount) + 1)
                .squareRoot()
        }
        var matrix = [Double](repeating: 0, count: featureCount * featureCount)
        for row in 0..<featureCount {
            for column in 0...row {
                matrix[row * featureCount + column] =
                    equations.covariance(row, column, featureSums: sums, sampleCount: sampleCount)
                    / (deviations[row] * deviations[column])
            }
            matrix[row * featureCount + row] += ridge
            // A feature that never varies has no equation; its right side is 0, and so is its weight.
            if matrix[row * featureCount + row] == 0 { matrix[row * featureCount + row] = 1 }
        }
        guard let factor = CholeskyFactor(lowerTriangle: matrix, size: featureCount) else { return nil }

        let classCount = equations.classCounts.count
        let means = sums.map { Double($0) / Double(sampleCount) }
        let shares = equations.classCounts.map { Double($0) / Double(sampleCount) }
        var weights = [Double](repeating: 0, count: classCount * featureCount)
        weights.withUnsafeMutableBufferPointer { weights in
            for classIndex in 0..<classCount {
                let row = UnsafeMutableBufferPointer(
                    rebasing: weights[(classIndex * featureCount)..<((classIndex + 1) * featureCount)]
                )
                for feature in 0..<featureCount {
                    row[feature] =
                        equations.classCovariance(
                            classIndex,
                            feature,
                            featureSums: sums,
                            sampleCount: sampleCount
                        )
                        / deviations[feature]
                }
            }
            factor.solve(weights, count: classCount)
            for index in weights.indices { weights[index] /= deviations[index % featureCount] }
        }
        let bias = (0..<classCount).map { classIndex in
            (0..<featureCount).reduce(shares[classIndex]) { bias, feature in
                bias - weights[classIndex * featureCount + feature] * means[feature]
            }
        }
        return RealHead(
            weights: weights,
            bias: bias,
            featureMeans: means,
            classShares: shares,
            metric: Metric(factor: factor, deviations: deviations)
        )
    }
}

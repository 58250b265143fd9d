import ClassifierHead
import Testing
import TestSupport

@Suite struct HeadQuantizerTests {
    @Test func weightsOfIndependentFeaturesRoundHalfAwayFromZero() throws {
        // The largest weight is 127, so the scale is 1.
        let head = try head(
            weights: [127, 0.5, -0.5, 1.49, -127, 2.5, -2.5, 0],
            featureMeans: [0, 0, 0, 0],
            classShares: [0.5, -2.5]
        )
        let quantized = try #require(HeadQuantizer.quantize(head, clip: 1))
        #expect(quantized.scale == 1)
        #expect(quantized.weights == [127, 1, -1, 1, -127, 3, -3, 0])
        #expect(quantized.bias == [1, -3])
    }

    @Test func clippedWeightsSaturate() throws {
        let head = try head(weights: [254, -254, 100, -3], featureMeans: [0, 0], classShares: [0, 0])
        let quantized = try #require(HeadQuantizer.quantize(head, clip: 0.5))
        #expect(quantized.weights == [127, -127, 100, -3])
    }

    @Test func theBiasTakesUpTheMeanOfTheRoundingErrors() throws {
        let head = try head(weights: [127, 0.4, 0.4, -127], featureMeans: [10, 100], classShares: [7, 8])
        let quantized = try #require(HeadQuantizer.quantize(head, clip: 1))
        #expect(quantized.weights == [127, 0, 0, -127])
        #expect(quantized.bias == [7 - 1_270, 8 + 12_700])
    }

    /// Three features that always move together: 0.4 of each is 1.2 of one, not 0.
    @Test func errorsOfCorrelatedFeaturesCancel() throws {
        let correlation = [
            1, 0, 0, 0,
            0, 1, 0.999, 0.999,
            0, 0.999, 1, 0.999,
            0, 0.999, 0.999, 1,
        ]
        let head = try head(
            weights: [127, 0.4, 0.4, 0.4, 0, 0, 0, 0],
            featureMeans: [0, 0, 0, 0],
            classShares: [0, 0],
            correlation: correlation
        )
        let quantized = try #require(HeadQuantizer.quantize(head, clip: 1))
        #expect(quantized.weights[0] == 127)
        #expect(quantized.weights[1..<4].reduce(0, +) == 1)
        #expect(quantized.weights[4...].allSatisfy { $0 == 0 })
    }

    /// The first feature counts half as much as the second, so two of its steps stand for one.
    @Test func errorsAreCarriedInUnitsOfTheFeaturesDeviation() throws {
        let head = try head(
            weights: [0, 0.4, 127, 0],
            featureMeans: [0, 0],
            classShares: [0, 0],
            correlation: [1, 0.9999, 0.9999, 1],
            deviations: [0.5, 1]
        )
        let quantized = try #require(HeadQuantizer.quantize(head, clip: 1))
        // 0.4 of the second is 0.8 of the first, which rounds to 1.
        #expect(Array(quantized.weights[..<2]) == [1, 0])
    }

    @Test func anOutlierIsClippedOnlyWhereThatPays() throws {
        let even = (0..<1_000).map { Double($0 % 7) - 3 }
        func estimate(_ weights: [Double], deviations: [Double]? = nil) throws -> Double {
            let head = try head(
                weights: weights,
                featureMeans: [Double](repeating: 0, count: weights.count / 2),
                classShares: [0.5, 0.5],
                deviations: deviations
            )
            return HeadQuantizer.estimatedClip(head)
        }
        #expect(try estimate(even) == 1)
        var generator = SeededRandom(seed: 1)
        var fine = (0..<600).map { _ in Double.random(in: -1...1, using: &generator) }
        fine[0] = 10
        #expect(try estimate(fine) == 1)
        // The same outlier on a feature that hardly varies is not worth the resolution it costs.
        var deviations = [Double](repeating: 10, count: 300)
        deviations[0] = 0.01
        #expect(try estimate(fine, deviations: deviations) < 0.5)
    }

    @Test func biasesOutsideTheRangeGiveNothing() throws {
        let head = try head(weights: [1e-9, 0], featureMeans: [0], classShares: [0.5, 0.5])
        #expect(HeadQuantizer.quantize(head, clip: 1) == nil)
    }

    private func head(
        weights: [Double],
        featureMeans: [Double],
        classShares: [Double],
        correlation: [Double]? = nil,
        deviations: [Double]? = nil
    ) throws -> RealHead {
        let size = featureMeans.count
        let identity = (0..<(size * size)).map { $0 % (size + 1) == 0 ? 1.0 : 0 }
        let factor = try #require(CholeskyFactor(lowerTriangle: correlation ?? identity, size: size))
        let metric = RealHead.Metric(
            factor: factor,
            deviations: deviations ?? [Double](repeating: 1, count: size)
        )
        return RealHead(
            weights: weights,
            bias: classShares.map { _ in 0 },
            featureMeans: featureMeans,
            classShares: classShares,
            metric: metric
        )
    }
}

/// What ridge regression needs to know of the samples, in exact integers.
///
/// Integers make the sums independent of the order and grouping of the samples.
///
/// - Range: at most ``maximumSampleCount`` samples, so that the centred sums (count * sum of squares) stay
///   below 10^7 * 10^7 * 255^2 < 2^63.
package struct NormalEquations: Sendable {
    /// The most samples that fit.
    static let maximumSampleCount = 10_000_000

    let featureCount: Int
    /// Samples of each class.
    private(set) var classCounts: [Int]
    /// Sums of the features of each class, `[classes, features]`.
    private(set) var classSums: [Int64]
    /// Sums of products of features, `[features, features]`; only the lower triangle is kept.
    private var gram: [Int64]
    /// Samples whose products are not in `gram` yet, `[pending, features]`.
    private var pending: [UInt8] = []

    /// How many samples one pass over `gram` serves.
    ///
    /// - Overflow: 512 * 255 * 255 < 2^31.
    private static let blockCount = 512

    /// Equations of no samples.
    package init(featureCount: Int, classCount: Int) {
        self.featureCount = featureCount
        classCounts = [Int](repeating: 0, count: classCount)
        classSums = [Int64](repeating: 0, count: classCount * featureCount)
        gram = [Int64](repeating: 0, count: featureCount * featureCount)
    }

    var sampleCount: Int { classCounts.reduce(0, +) }

    /// Adds the sample `features` of a class.
    package mutating func add(_ features: UnsafeBufferPointer<UInt8>, classIndex: Int) {
        precondition(features.count == featureCount, "a sample has \(featureCount) features")
        classCounts[classIndex] += 1
        let start = classIndex * featureCount
        classSums.withUnsafeMutableBufferPointer { sums in
            for index in 0..<featureCount { sums[start + index] &+= Int64(features[index]) }
        }
        pending.append(contentsOf: features)
        if pending.count == Self.blockCount * featureCount { flush() }
    }

    /// Brings `gram` up to date; call before reading it.
    package mutating func flush() {
        let count = pending.count / featureCount
        guard count > 0 else { return }
        // One row for each feature, so that a product of two features is a product of two rows.
        var rows = [Int16](repeating: 0, count: pending.count)
        for sample in 0..<count {
            for feature in 0..<featureCount {
                rows[feature * count + sample] = Int16(pending[sample * featureCount + feature])
            }
        }
        rows.withUnsafeBufferPointer { rows in
            gram.withUnsafeMutableBufferPointer { gram in
                var first = 0
                while first < featureCount {
                    let height = min(DotProducts.rows, featureCount - first)
                    let block = UnsafeBufferPointer(
                        rebasing: rows[(first * count)..<((first + height) * count)]
                    )
                    for column in 0..<(first + height) {
                        let vector = UnsafeBufferPointer(
                            rebasing: rows[(column * count)..<((column + 1) * count)]
                        )
                        let sums = DotProducts.sums(of: vector, with: block)
                        for row in 0..<height {
                            gram[(first + row) * featureCount + column] &+= Int64(sums[row])
                        }
                    }
                    first += height
                }
            }
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// The sum of the products of two features, `row >= column`; needs ``flush()``.
    package func product(_ row: Int, _ column: Int) -> Int64 {
        precondition(row >= column && pending.isEmpty, "only the flushed lower triangle is kept")
        return gram[row * featureCount + column]
    }

    /// The sum of each feature over all samples.
    package var featureSums: [Int64] {
        var sums = [Int64](repeating: 0, count: featureCount)
        for start in stride(from: 0, to: classSums.count, by: featureCount) {
            for index in 0..<featureCount { sums[index] += classSums[start + index] }
        }
        return sums
    }

    /// The covariance of two features, `row >= column`, from exact integers; needs ``flush()``.
    ///
    /// - Rounding: one rounding of the exact numerator, one division.
    func covariance(_ row: Int, _ column: Int, featureSums: [Int64], sampleCount: Int) -> Double {
        let count = Int64(sampleCount)
        let numerator =
            count * product(row, column) - featureSums[row] * featureSums[column]
        return Double(numerator) / (Double(sampleCount) * Double(sampleCount))
    }

    /// The covariance of a feature with membership of a class, from exact integers.
    func classCovariance(
        _ classIndex: Int,
        _ feature: Int,
        featureSums: [Int64],
        sampleCount: Int
    ) -> Double {
        let numerator =
            Int64(sampleCount) * classSums[classIndex * featureCount + feature]
            - Int64(classCounts[classIndex]) * featureSums[feature]
        return Double(numerator) / (Double(sampleCount) * Double(sampleCount))
    }
}

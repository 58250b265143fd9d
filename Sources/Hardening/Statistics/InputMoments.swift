internal import ClassifierHead

/// First and second moments of what one output channel reads, over the sampled pixels.
struct InputMoments: Sendable {
    /// Weights of a channel.
    let size: Int
    /// Means over the sampled pixels.
    let sampleMeans: [Double]
    /// Means over all pixels.
    let means: [Double]
    /// Covariance.
    ///
    /// - Shape: `[size, size]`, both triangles.
    let covariance: [Double]

    /// The moments of the patch elements `elements`.
    ///
    /// - Cost: `size^2 / 2` dot products of all samples; rows are shared out.
    init(_ samples: InputSamples, elements: [Int], crew: WorkCrew) {
        size = elements.count
        let count = Double(samples.count)
        let sums = elements.map { element in
            samples.columns[(element * samples.count)..<((element + 1) * samples.count)]
                .reduce(Int64(0)) { $0 + Int64($1) }
        }
        sampleMeans = sums.map { Double($0) / count }
        means = elements.map { samples.means[$0] }
        let rows = crew.map(size) { row in
            samples.columns.withUnsafeBufferPointer { columns -> [Double] in
                guard let base = columns.baseAddress else { return [] }
                return (0...row).map { column in
                    let product = IntegerDot.dot(
                        base + elements[row] * samples.count, base + elements[column] * samples.count,
                        count: samples.count)
                    return (Double(product) - Double(sums[row]) * Double(sums[column]) / count) / count
                }
            }
        }
        var covariance = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for column in 0...row {
                covariance[row * size + column] = rows[row][column]
                covariance[column * size + row] = rows[row][column]
            }
        }
        self.covariance = covariance
    }

    /// The product of the covariance with `vector`.
    func covarianceTimes(_ vector: [Double]) -> [Double] {
        var product = [Double](repeating: 0, count: size)
        covariance.withUnsafeBufferPointer { covariance in
            vector.withUnsafeBufferPointer { vector in
                for row in 0..<size {
                    let line = UnsafeBufferPointer(rebasing: covariance[(row * size)..<((row + 1) * size)])
                    product[row] = RowArithmetic.dot(line, vector, count: size)
                }
            }
        }
        return product
    }
}

/// What the float network has where one output channel's sum goes, and how it goes with the inputs.
///
/// - Units: output codes.
struct TargetMoments: Sendable {
    /// Mean over all pixels, residual taken away.
    let mean: Double
    /// Variance over the sampled pixels.
    let variance: Double
    /// Covariance with every input.
    let cross: [Double]

    /// The moments of a channel whose targets at the sampled pixels are `targets`.
    init(_ samples: InputSamples, elements: [Int], sampleMeans: [Double], targets: [Double], mean: Double) {
        let count = Double(samples.count)
        let sampleMean = targets.reduce(0, +) / count
        variance = targets.reduce(0) { $0 + ($1 - sampleMean) * ($1 - sampleMean) } / count
        self.mean = mean
        // Sixteen bits of every target, so that the products with bytes are exact.
        let largest = targets.reduce(0) { max($0, ($1 - sampleMean).magnitude) }
        let scale = largest > 0 ? 32_767 / largest : 1
        let integers = targets.map { Int16((($0 - sampleMean) * scale).rounded(.toNearestOrAwayFromZero)) }
        let sum = Double(integers.reduce(Int64(0)) { $0 + Int64($1) })
        cross = integers.withUnsafeBufferPointer { integers in
            samples.columns.withUnsafeBufferPointer { columns in
                guard let integers = integers.baseAddress, let columns = columns.baseAddress else {
                    return []
                }
                return elements.enumerated().map { index, element in
                    let product = IntegerDot.dot(
                        columns + element * samples.count, integers, count: samples.count)
                    return (Double(product) - sum * sampleMeans[index]) / (count * scale)
                }
            }
        }
    }
}

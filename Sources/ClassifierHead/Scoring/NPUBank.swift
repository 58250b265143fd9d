/// A head laid out for speed, as the weight bank of an NPU would hold it.
///
/// Gives the logits of ``HeadReference`` to the bit. Read-only after it is made, so any number of threads
/// may use one bank at the same time.
public struct NPUBank: Sendable {
    /// How many classes the head tells apart.
    public let classCount: Int

    /// How many features the head takes.
    public let featureCount: Int

    /// The weights, widened once so that the inner loop multiplies 16-bit lanes.
    private let weights: [Int16]

    private let bias: [Int32]

    /// Lays out `head`.
    public init(_ head: ClassifierHead) {
        self.init(
            weights: head.weights,
            bias: head.bias,
            classCount: head.classCount,
            featureCount: head.featureCount
        )
    }

    /// Lays out the numbers of a head that has no name yet.
    init(weights: [Int8], bias: [Int32], classCount: Int, featureCount: Int) {
        self.classCount = classCount
        self.featureCount = featureCount
        self.weights = weights.map(Int16.init)
        self.bias = bias
    }

    /// The memory that the bank occupies.
    public var memoryBytes: Int {
        weights.count * MemoryLayout<Int16>.size + bias.count * MemoryLayout<Int32>.size
    }

    /// How many multiplications and additions `count` images take.
    public func multiplyAccumulates(count: Int) -> Int { count * classCount * featureCount }

    /// Computes the logits of `count` images.
    ///
    /// - Shape: `features` is `[count, features]`, `logits` is `[count, classes]`.
    /// - Cost: allocates two bytes for each feature.
    public func logits(
        features: UnsafeBufferPointer<UInt8>,
        count: Int,
        into logits: UnsafeMutableBufferPointer<Int32>
    ) {
        precondition(
            count >= 0 && features.count == count * featureCount,
            "features are not [count, features]"
        )
        precondition(logits.count == count * classCount, "logits are not [count, classes]")
        guard count > 0 else { return }
        withUnsafeTemporaryAllocation(of: Int16.self, capacity: features.count) { wide in
            for index in 0..<features.count { wide.initializeElement(at: index, to: Int16(features[index])) }
            weights.withUnsafeBufferPointer { weights in
                // All images pass over a few rows of weights while these are near; weights are read once.
                var first = 0
                while first < classCount {
                    let rows = min(DotProducts.rows, classCount - first)
                    let block = UnsafeBufferPointer(
                        rebasing: weights[(first * featureCount)..<((first + rows) * featureCount)]
                    )
                    for image in 0..<count {
                        let row = UnsafeBufferPointer(
                            rebasing: wide[(image * featureCount)..<((image + 1) * featureCount)]
                        )
                        let sums = DotProducts.sums(of: row, with: block)
                        for index in 0..<rows {
                            logits[image * classCount + first + index] = bias[first + index] &+ sums[index]
                        }
                    }
                    first += rows
                }
            }
        }
    }
}

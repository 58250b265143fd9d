internal import ClassifierHead

/// How much errors of a channel's weights disturb its output: the covariance of the inputs, made definite.
///
/// Everything here is in the metric's own order, the input that matters most last: rounding goes from the
/// last element down, so the weights rounded late, which make up for all others, matter least.
struct ErrorMetric: Sendable {
    /// Weights of a channel.
    let size: Int
    /// The natural index of each element.
    let order: [Int]
    /// Mean squared disturbance of one unit of error, per pair of elements.
    ///
    /// - Shape: `[size, size]`, both triangles.
    let matrix: [Double]
    /// Its lower factor.
    let factor: CholeskyFactor

    /// A share of the mean diagonal is added to the diagonal: rare inputs count a little.
    private static let damping = 0.01

    /// The metric of inputs with the given moments.
    ///
    /// - Parameter centred: whether the bias takes up mean errors, so that only deviations disturb.
    init(_ moments: InputMoments, centred: Bool) {
        let size = moments.size
        func value(_ row: Int, _ column: Int) -> Double {
            let value = moments.covariance[row * size + column]
            return centred ? value : value + moments.sampleMeans[row] * moments.sampleMeans[column]
        }
        let diagonal = (0..<size).map { value($0, $0) }
        let order = (0..<size).sorted { (diagonal[$0], $0) < (diagonal[$1], $1) }
        var added = max(diagonal.reduce(0, +) / Double(size) * Self.damping, 1e-3)
        while true {
            var matrix = [Double](repeating: 0, count: size * size)
            for row in 0..<size {
                for column in 0..<size { matrix[row * size + column] = value(order[row], order[column]) }
                matrix[row * size + row] += added
            }
            if let factor = CholeskyFactor(lowerTriangle: matrix, size: size) {
                self.size = size
                self.order = order
                self.matrix = matrix
                self.factor = factor
                return
            }
            // Ends: a diagonal that dominates is definite.
            added *= 10
        }
    }

    /// `vector` in the metric's order.
    func ordered<Value>(_ vector: [Value]) -> [Value] { order.map { vector[$0] } }

    /// A vector of the metric's order in natural order.
    func natural(_ vector: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: size)
        for (index, position) in order.enumerated() { result[position] = vector[index] }
        return result
    }

    /// The product of the matrix with an error.
    func gradient(_ error: [Double]) -> [Double] {
        var gradient = [Double](repeating: 0, count: size)
        matrix.withUnsafeBufferPointer { matrix in
            error.withUnsafeBufferPointer { error in
                for row in 0..<size {
                    gradient[row] = RowArithmetic.dot(
                        UnsafeBufferPointer(rebasing: matrix[(row * size)..<((row + 1) * size)]), error,
                        count: size)
                }
            }
        }
        return gradient
    }
}

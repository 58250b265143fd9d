/// The lower triangle `L` of a symmetric positive definite matrix `A = L * transpose(L)`.
///
/// All inner loops run along rows; their order of additions is fixed, so results are the same everywhere.
package struct CholeskyFactor: Sendable {
    private let size: Int
    private var rows: [Double]

    /// Factors the matrix whose lower triangle is `matrix`, `[size, size]`.
    ///
    /// - Returns: `nil` where the matrix is not positive definite beyond rounding.
    package init?(lowerTriangle matrix: [Double], size: Int) {
        precondition(matrix.count == size * size, "the matrix is not [size, size]")
        self.size = size
        rows = matrix
        let definite = rows.withUnsafeMutableBufferPointer { rows in
            for row in 0..<size {
                let current = UnsafeBufferPointer(rebasing: rows[(row * size)..<((row + 1) * size)])
                for column in 0...row {
                    let other = UnsafeBufferPointer(rebasing: rows[(column * size)..<((column + 1) * size)])
                    let rest = current[column] - RowArithmetic.dot(current, other, count: column)
                    if column < row {
                        rows[row * size + column] = rest / other[column]
                    } else {
                        guard rest > Self.smallestPivot * current[row] else { return false }
                        rows[row * size + row] = rest.squareRoot()
                    }
                }
            }
            return true
        }
        guard definite else { return nil }
    }

    /// Solves `A * x = right` in place, for several right sides at once.
    ///
    /// - Shape: `right` is `[count, size]`.
    /// - Cost: reads the factor twice for every ``sidesPerPass`` right sides.
    package func solve(_ right: UnsafeMutableBufferPointer<Double>, count: Int) {
        precondition(right.count == count * size, "the right sides are not [count, size]")
        rows.withUnsafeBufferPointer { rows in
            for first in stride(from: 0, to: count, by: Self.sidesPerPass) {
                let sides = (first..<min(first + Self.sidesPerPass, count)).map {
                    UnsafeMutableBufferPointer(rebasing: right[($0 * size)..<(($0 + 1) * size)])
                }
                for row in 0..<size {
                    let factor = UnsafeBufferPointer(rebasing: rows[(row * size)..<((row + 1) * size)])
                    for side in sides {
                        side[row] =
                            (side[row] - RowArithmetic.dot(factor, .init(side), count: row)) / factor[row]
                    }
                }
                for row in (0..<size).reversed() {
                    let factor = UnsafeBufferPointer(rebasing: rows[(row * size)..<((row + 1) * size)])
                    for side in sides {
                        let value = side[row] / factor[row]
                        side[row] = value
                        RowArithmetic.add(-value, times: factor, to: side, count: row)
                    }
                }
            }
        }
    }

    /// How many right sides share one pass over the factor.
    static let sidesPerPass = 16

    /// Gives `body` a row of `L`; elements above the diagonal mean nothing.
    package func withRow<Result>(_ row: Int, _ body: (UnsafeBufferPointer<Double>) -> Result) -> Result {
        rows.withUnsafeBufferPointer { body(.init(rebasing: $0[(row * size)..<((row + 1) * size)])) }
    }

    /// Pivots below this part of their diagonal element are rounding errors.
    private static let smallestPivot = 1e-12
}

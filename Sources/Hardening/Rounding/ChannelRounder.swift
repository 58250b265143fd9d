internal import ClassifierHead

/// Rounds the weights of one output channel to levels, in the order of an ``ErrorMetric``.
///
/// - Units: integer weights; `wanted` are real weights times a power of two.
struct ChannelRounder {
    let metric: ErrorMetric
    let levels: Po2Levels
    /// Which weights may differ from zero; empty if all may.
    let kept: [Bool]

    /// Sweeps of descent at most; most channels are done after three.
    private static let sweepsMax = 20

    @inline(__always)
    private func nearest(_ value: Double, _ index: Int) -> Double {
        kept.isEmpty || kept[index] ? levels.nearest(value) : 0
    }

    /// Levels, and how much they disturb the output.
    struct Rounded {
        var weights: [Double]
        var disturbance: Double
    }

    /// Every weight on its own; the disturbance counts every error on its own as well.
    func nearest(_ wanted: [Double]) -> Rounded {
        var rounded = Rounded(weights: wanted, disturbance: 0)
        for index in wanted.indices {
            rounded.weights[index] = nearest(wanted[index], index)
            let error = wanted[index] - rounded.weights[index]
            rounded.disturbance += error * error * metric.matrix[index * metric.size + index]
        }
        return rounded
    }

    /// One weight after the other, each making up for the errors so far.
    ///
    /// With `L` the metric's factor and `e` the errors, the disturbance is `|transpose(L) * e|^2`; element
    /// `j` of that depends on `e[j...]` alone, so going down each weight can undo what `carried[j]` holds.
    ///
    /// - Source: nearest-plane rounding (L. Babai, 1986), which is also what GPTQ computes.
    func feedback(_ wanted: [Double]) -> Rounded {
        var carried = [Double](repeating: 0, count: metric.size)
        var rounded = Rounded(weights: wanted, disturbance: 0)
        carried.withUnsafeMutableBufferPointer { carried in
            for index in (0..<metric.size).reversed() {
                metric.factor.withRow(index) { row in
                    let level = nearest(wanted[index] + carried[index] / row[index], index)
                    let error = wanted[index] - level
                    let element = carried[index] + row[index] * error
                    rounded.weights[index] = level
                    rounded.disturbance += element * element
                    RowArithmetic.add(error, times: row, to: carried, count: index)
                }
            }
        }
        return rounded
    }

    /// Moves single weights of `start` to better levels until no move helps.
    func descent(_ wanted: [Double], from start: [Double]) -> Rounded {
        var weights = start
        let size = metric.size
        var gradient = metric.gradient(wanted.indices.map { wanted[$0] - start[$0] })
        metric.matrix.withUnsafeBufferPointer { matrix in
            gradient.withUnsafeMutableBufferPointer { gradient in
                for _ in 0..<Self.sweepsMax {
                    var moved = false
                    for index in 0..<size {
                        // The disturbance is a parabola over this weight alone, lowest here.
                        let best = weights[index] + gradient[index] / matrix[index * size + index]
                        let level = nearest(best, index)
                        guard level != weights[index] else { continue }
                        let row = UnsafeBufferPointer(rebasing: matrix[(index * size)..<((index + 1) * size)])
                        RowArithmetic.add(weights[index] - level, times: row, to: gradient, count: size)
                        weights[index] = level
                        moved = true
                    }
                    if !moved { return }
                }
            }
        }
        var disturbance = 0.0
        for index in 0..<size { disturbance += gradient[index] * (wanted[index] - weights[index]) }
        return Rounded(weights: weights, disturbance: max(disturbance, 0))
    }
}

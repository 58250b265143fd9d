internal import ClassifierHead
internal import HardenedBackbone
internal import QuantizedTensors

/// Everything that the rounding of one output channel depends on.
///
/// - Units: weights in output codes for each input code.
struct ChannelProblem: Sendable {
    /// Real weights, natural order; pruned ones still as they were.
    let weights: [Double]
    /// Real bias, in output codes.
    let bias: Double
    /// Which weights may differ from zero; empty if all may.
    let kept: [Bool]
    let moments: InputMoments
    let metric: ErrorMetric
    let target: TargetMoments
    let levels: Po2Levels
    let steps: Set<HardeningStep>
    /// How many samples the moments come from.
    let samples: Int

    /// A choice of integers: `output code = (sum of code * input + bias) / 2^shift`.
    struct Solution: Sendable {
        /// Integer weights, natural order.
        var codes: [Double]
        var shift: Int
        var bias: Double
        /// What the rounding was to keep small, in squared output codes.
        var objective: Double
    }

    /// The shift that brings the largest weight nearest to 64, and its neighbours, best first.
    static func shiftCandidates(largest: Double, most: Int) -> [Int] {
        guard largest > 0 else { return [most] }
        // Halfway between powers of two on the linear scale, as for weights.
        let ratio = 64 / largest
        let exponent = Int(ratio.exponent) + (ratio.significand >= 1.5 ? 1 : 0)
        var candidates: [Int] = []
        for distance in [0, 1, -1, 2, -2] {
            let shift = min(max(exponent + distance, 0), most)
            if !candidates.contains(shift) { candidates.append(shift) }
        }
        return candidates
    }

    /// The largest shift whose bias is sure to stay within ±2^24.
    var mostShift: Int {
        let largest = max(bias.magnitude, (target.mean).magnitude + expected.magnitude, 1)
        var shift = Int(Requantization.shiftMax)
        // Room for a factor of four: rounding moves the mean of a channel.
        while shift > 0, largest * Double(4 << shift) > Double(LayerParameters.biasMagnitudeMax) {
            shift -= 1
        }
        return shift
    }

    /// The mean output without bias.
    private var expected: Double { dot(weights, moments.means) }

    /// Weights that aim at the float network's own output instead of the float weights on these inputs.
    ///
    /// Least squares, drawn towards the float weights the more, the fewer samples there are.
    var aimed: [Double] {
        let size = moments.size
        let now = moments.covarianceTimes(weights)
        let missing = (0..<size).map { target.cross[$0] - now[$0] }
        let scale = (0..<size).reduce(0.0) { $0 + moments.covariance[$1 * size + $1] } / Double(size)
        guard scale > 0 else { return weights }
        var correction = metric.ordered(missing)
        correction.withUnsafeMutableBufferPointer { metric.factor.solve($0, count: 1) }
        let trust = Double(samples) / Double(samples + Self.samplesPerWeight * size)
        let natural = metric.natural(correction)
        return (0..<size).map { weights[$0] + trust * natural[$0] }
    }

    /// Samples for each weight at which half of a correction is believed.
    private static let samplesPerWeight = 4

    /// Rounds by the steps `used` and picks the best of `shifts`.
    func solve(_ weights: [Double], using used: Set<HardeningStep>, shifts: [Int]) -> Solution {
        let rounder = ChannelRounder(
            metric: metric, levels: levels, kept: kept.isEmpty ? [] : metric.ordered(kept))
        let ordered = metric.ordered(weights)
        func wanted(_ shift: Int) -> [Double] { ordered.map { $0 * Double(1 << shift) } }
        func solution(_ rounded: ChannelRounder.Rounded, _ shift: Int) -> Solution {
            let scale = Double(1 << shift)
            return Solution(
                codes: rounded.weights, shift: shift, bias: 0,
                objective: rounded.disturbance / (scale * scale))
        }
        var found = shifts.map { shift in
            let wanted = wanted(shift)
            return solution(
                used.contains(.feedback) ? rounder.feedback(wanted) : rounder.nearest(wanted), shift)
        }
        // The order of `shifts` decides between equals.
        func rank(_ solution: Solution) -> Int { shifts.firstIndex(of: solution.shift) ?? shifts.count }
        func isBetter(_ left: Solution, _ right: Solution) -> Bool {
            (left.objective, rank(left)) < (right.objective, rank(right))
        }
        found.sort(by: isBetter)
        if used.contains(.descent) {
            found = found.prefix(Self.descended).map { start in
                solution(rounder.descent(wanted(start.shift), from: start.codes), start.shift)
            }
            found.sort(by: isBetter)
        }
        var best = found[0]
        best.codes = metric.natural(best.codes)
        best.bias = bias(of: best, corrected: used.contains(.bias))
        return best
    }

    /// How many shifts are worth a descent.
    private static let descended = 2

    /// The integer bias, as a real number: the float network's own, or what gives the float network's mean.
    private func bias(of solution: Solution, corrected: Bool) -> Double {
        let scale = Double(1 << solution.shift)
        let real = corrected ? target.mean - dot(solution.codes, moments.means) / scale : bias
        let limit = Double(LayerParameters.biasMagnitudeMax)
        return min(max((real * scale).rounded(.toNearestOrAwayFromZero), -limit), limit)
    }

    /// The mean squared difference between the channel and its target, in squared output codes.
    func error(of solution: Solution) -> Double {
        let scale = Double(1 << solution.shift)
        let real = solution.codes.map { $0 / scale }
        let mean = target.mean - dot(real, moments.means) - solution.bias / scale
        let spread = dot(real, moments.covarianceTimes(real)) - 2 * dot(real, target.cross)
        return max(target.variance + spread, 0) + mean * mean
    }

    private func dot(_ left: [Double], _ right: [Double]) -> Double {
        var sum = 0.0
        for index in left.indices { sum += left[index] * right[index] }
        return sum
    }
}

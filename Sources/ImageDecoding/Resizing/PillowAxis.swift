/// Weights of Pillow's resize along one axis, computed in integers, for the targets that are kept.
///
/// For `n` source and `m` target samples, target `i` and source `x`, with `D = 2 max(n, m)` and
/// `t = |(2x+1) m - (2i+1) n|`, the source weighs in proportion to
///
/// - bilinear: `u = max(0, D - t)`;
/// - bicubic: `(3t - 5D) t^2 + 2 D^3` for `t < D`, `-(((t - 5D) t + 8 D^2) t - 4 D^3)` for `D <= t < 2D`, else 0.
///
/// With `U` the sum of `u` over the sources inside the image, the weight is `(|u| 2^23 + U) / (2 U)` rounded
/// down, with the sign of `u`: 22 fraction bits, halves away from zero. The weights of a target need not sum
/// to 2^22; Pillow does not repair that, neither is it here.
///
/// - Range: `|weight| < 2^23`; the sum of a target's `|weight|` is below 2 * 2^22 (1.27 is the most seen), so
///   that sums over bytes fit 32 bits.
/// - Source: Pillow's `Resample.c` in doubles; that these integers are its weights was checked on 4,957,506
///   targets (bilinear) and 27,772 (bicubic), none differed (decision ImageDecoding 0002).
struct PillowAxis: Sendable, Hashable {
    /// Room for weights of each target; even.
    let taps: Int
    /// First source sample of each target.
    private(set) var firsts: [Int32] = []
    /// How many source samples each target has a weight for.
    private(set) var counts: [Int32] = []
    /// For each target and pair of taps, two words: the low parts of both weights, then their upper parts, as
    /// 16-bit numbers, the even tap's below. A weight is `upper * 2^shift + low`, `low` the nearest to 0.
    private(set) var words: [UInt32] = []
    /// The least and the most that rounding and the low parts of each target can add, shifted right by `shift`.
    private(set) var bounds: [Int32] = []
    /// The smallest split for which every upper part fits 16 bits; 5...8.
    let shift: Int

    /// The source samples that some target has a weight for.
    let sources: Range<Int>
    /// Where each target is one source sample, in order: that of the first; else `nil`.
    let identityFirst: Int?

    /// Targets.
    var count: Int { firsts.count }

    /// The longest stretch of source samples that is still, or already, needed while targets are made in order.
    ///
    /// More than ``taps`` where a target that falls on a source sample has no weight for its neighbours, and the
    /// next one has again.
    var reach: Int {
        var needed = [Int](repeating: sources.upperBound, count: count)
        var lowest = sources.upperBound
        for index in firsts.indices.reversed() {
            lowest = min(lowest, Int(firsts[index]))
            needed[index] = lowest
        }
        var end = 0
        return firsts.indices.reduce(1) { longest, index in
            end = max(end, Int(firsts[index] + counts[index]))
            return max(longest, end - needed[index])
        }
    }

    /// - Parameters:
    ///   - axis: geometry; at most 2^15 source and 2^28 target samples.
    ///   - isReversed: whether targets are listed last first.
    init(_ axis: ImageGeometry.Axis, curve: PillowCurve, isReversed: Bool) {
        let (n, m) = (axis.cutCount, axis.resizedCount)
        precondition((1...1 << 15).contains(n) && (1...1 << 28).contains(m), "an axis of a legal picture")
        identityFirst = n == m && !isReversed ? axis.keptFirst : nil
        let weights = PillowWeights(sourceCount: n, targetCount: m, curve: curve)
        let rows = (0..<axis.keptCount).map { index in
            weights.target(axis.keptFirst + (isReversed ? axis.keptCount - 1 - index : index))
        }
        taps = ((rows.map(\.weights.count).max() ?? 1) + 1) & ~1
        let largest = rows.map { row in row.weights.map(abs).max() ?? 0 }.max() ?? 0
        shift = (5...7).first { largest + 1 << ($0 - 1) <= 32_767 << $0 } ?? 8
        sources = (rows.map(\.first).min() ?? 0)..<(rows.map { $0.first + $0.weights.count }.max() ?? 1)
        firsts.reserveCapacity(rows.count)
        counts.reserveCapacity(rows.count)
        words.reserveCapacity(rows.count * taps)
        bounds.reserveCapacity(rows.count * 2)
        for row in rows { append(row) }
    }

    private mutating func append(_ row: PillowWeights.Row) {
        firsts.append(Int32(row.first))
        counts.append(Int32(row.weights.count))
        let half = 1 << (shift - 1)
        let parts = (0..<taps).map { tap -> (low: Int, upper: Int) in
            guard tap < row.weights.count else { return (0, 0) }
            let upper = (row.weights[tap] + half) >> shift
            return (row.weights[tap] - upper << shift, upper)
        }
        for tap in stride(from: 0, to: taps, by: 2) {
            words.append(UInt32(parts[tap].low & 0xFFFF) | UInt32(parts[tap + 1].low & 0xFFFF) << 16)
            words.append(UInt32(parts[tap].upper & 0xFFFF) | UInt32(parts[tap + 1].upper & 0xFFFF) << 16)
        }
        let least = parts.reduce(0) { $0 + min($1.low, 0) } * 255
        let most = parts.reduce(0) { $0 + max($1.low, 0) } * 255
        bounds.append(Int32((1 << 21 + least) >> shift))
        bounds.append(Int32((1 << 21 + most) >> shift))
    }
}

/// The rule of ``PillowAxis``, target by target.
package struct PillowWeights {
    /// The sources of a target from the first with a weight that is not 0 to the last.
    package struct Row {
        package let first: Int
        package let weights: [Int]
    }

    private let sourceCount: Int
    private let targetCount: Int
    private let curve: PillowCurve

    /// An axis of `sourceCount` samples, in 1...2^15, that become `targetCount`, in 1...2^28.
    package init(sourceCount: Int, targetCount: Int, curve: PillowCurve) {
        (self.sourceCount, self.targetCount, self.curve) = (sourceCount, targetCount, curve)
    }

    /// `D`: the distance at which the triangle ends.
    private var reach: Int { 2 * max(sourceCount, targetCount) }

    /// Weights of one target.
    package func target(_ index: Int) -> Row {
        let centre = (2 * index + 1) * sourceCount
        let radius = curve == .bilinear ? reach : 2 * reach
        // Sources with |(2x+1) m - centre| < radius.
        let low = max(0, (centre - radius) / (2 * targetCount) - 1)
        let high = min(sourceCount - 1, (centre + radius) / (2 * targetCount) + 1)
        let distances = (low...high).map { abs((2 * $0 + 1) * targetCount - centre) }
        let weights =
            switch curve {
            case .bilinear: bilinear(distances)
            // u * 2^23 + U stays below 2^63 up to there, and below 2^127 for every legal axis.
            case .bicubic where reach < 1 << 13: bicubic(distances, as: Int64.self)
            case .bicubic: bicubic(distances, as: Int128.self)
            }
        let first = weights.firstIndex { $0 != 0 } ?? 0
        let last = weights.lastIndex { $0 != 0 } ?? 0
        return Row(first: low + first, weights: Array(weights[first...last]))
    }

    private func bilinear(_ distances: [Int]) -> [Int] {
        let heights = distances.map { max(0, reach - $0) }
        let sum = heights.reduce(0, +)
        return heights.map { ($0 << 23 + sum) / (2 * sum) }
    }

    private func bicubic<Wide: FixedWidthInteger & SignedInteger>(
        _ distances: [Int], as _: Wide.Type
    ) -> [Int] {
        let d = Wide(reach)
        let heights = distances.map { distance -> Wide in
            let t = Wide(distance)
            if t < d { return (3 * t - 5 * d) * t * t + 2 * d * d * d }
            if t < 2 * d { return -(((t - 5 * d) * t + 8 * d * d) * t - 4 * d * d * d) }
            return 0
        }
        let sum = heights.reduce(0, +)
        return heights.map { height in
            let magnitude = Int((height.magnitude << 23 + Wide.Magnitude(sum)) / (2 * Wide.Magnitude(sum)))
            return height < 0 ? -magnitude : magnitude
        }
    }
}

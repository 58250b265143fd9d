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
    /// Source samples.
    let sourceCount: Int
    /// Weights of each target; even. Those beyond a target's own are 0.
    let taps: Int
    /// First source sample of each target; `first + taps` is at most `sourceCount`, or `first` is 0.
    private(set) var firsts: [Int32] = []
    /// For each target and pair of taps, two words: the low bytes of both weights, then their upper halves,
    /// as 16-bit numbers, the even tap below. A weight is `upper * 256 + low`.
    private(set) var words: [UInt32] = []

    /// Targets.
    var count: Int { firsts.count }

    /// One past the last source sample with a weight.
    private(set) var sourceEnd = 0

    /// Where each target is one source sample, in order: that of the first; else `nil`.
    let identityFirst: Int?

    /// - Parameters:
    ///   - axis: geometry; at most 2^15 source and 2^28 target samples.
    ///   - isReversed: whether targets are listed last first.
    init(_ axis: ImageGeometry.Axis, curve: PillowCurve, isReversed: Bool) {
        let (n, m) = (axis.cutCount, axis.resizedCount)
        precondition((1...1 << 15).contains(n) && (1...1 << 28).contains(m), "an axis of a legal picture")
        sourceCount = n
        identityFirst = n == m && !isReversed ? axis.keptFirst : nil
        let weights = PillowWeights(sourceCount: n, targetCount: m, curve: curve)
        let rows = (0..<axis.keptCount).map { index in
            weights.target(axis.keptFirst + (isReversed ? axis.keptCount - 1 - index : index))
        }
        let widest = rows.map(\.weights.count).max() ?? 1
        taps = (widest + 1) & ~1
        firsts.reserveCapacity(rows.count)
        words.reserveCapacity(rows.count * taps)
        for row in rows {
            sourceEnd = max(sourceEnd, row.first + row.weights.count)
            append(row)
        }
    }

    private mutating func append(_ row: PillowWeights.Row) {
        // Zero weights in front where the padding would read past the axis.
        let first = max(0, min(row.first, sourceCount - taps))
        firsts.append(Int32(first))
        func weight(_ tap: Int) -> Int {
            let index = first + tap - row.first
            return row.weights.indices.contains(index) ? row.weights[index] : 0
        }
        for tap in stride(from: 0, to: taps, by: 2) {
            let (even, odd) = (weight(tap), weight(tap + 1))
            words.append(UInt32(even & 255) | UInt32(odd & 255) << 16)
            words.append(UInt32(even >> 8 & 0xFFFF) | UInt32(odd >> 8 & 0xFFFF) << 16)
        }
    }
}

/// The rule of ``PillowAxis``, target by target.
struct PillowWeights {
    /// The sources of a target from the first with a weight that is not 0 to the last.
    struct Row {
        let first: Int
        let weights: [Int]
    }

    let sourceCount: Int
    let targetCount: Int
    let curve: PillowCurve

    /// `D`: the distance at which the triangle ends.
    private var reach: Int { 2 * max(sourceCount, targetCount) }

    /// Weights of one target.
    func target(_ index: Int) -> Row {
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

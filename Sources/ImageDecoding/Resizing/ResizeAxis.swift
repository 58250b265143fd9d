/// The weights of 12 bits that turn `sourceCount` samples into `targetCount` along one axis, for the targets
/// that are kept.
///
/// Target `i` is the sum over its taps of `weights[t] * source[first(i) + t]`.
///
/// - Range: weights in `0...4096`, those of one target summing to exactly 4096.
/// - Rounding: stated at ``WeightedResizer``.
struct ResizeAxis: Sendable, Hashable {
    /// Fraction bits of a weight.
    static let fractionBits = 12
    /// The sum of a target's weights.
    static let one = 1 << fractionBits

    let sourceCount: Int
    let targetCount: Int
    /// Whether each target is one source sample, all of them in order: nothing to compute.
    let isIdentity: Bool
    /// The first source sample of each target.
    private(set) var firsts: [Int] = []
    /// Where each target's weights start in `weights`; one entry more than targets.
    private(set) var starts: [Int] = [0]
    private(set) var weights: [UInt32] = []

    /// - Parameters:
    ///   - axis: geometry; at most 2^24 source and 2^28 target samples.
    ///   - antialiases: area average where samples become fewer; else linear always.
    ///   - isReversed: whether targets are listed last first.
    init(_ axis: ImageGeometry.Axis, antialiases: Bool, isReversed: Bool) {
        (sourceCount, targetCount) = (axis.cutCount, axis.resizedCount)
        precondition(sourceCount > 0 && targetCount > 0, "an axis has at least one sample")
        precondition(sourceCount <= 1 << 24 && targetCount <= 1 << 28, "an axis of a legal picture")
        isIdentity = sourceCount == targetCount && axis.keptCount == targetCount && !isReversed
        firsts.reserveCapacity(axis.keptCount)
        starts.reserveCapacity(axis.keptCount + 1)
        for index in 0..<axis.keptCount {
            let target = axis.keptFirst + (isReversed ? axis.keptCount - 1 - index : index)
            if antialiases && targetCount < sourceCount {
                appendArea(target)
            } else {
                appendLinear(target)
            }
            starts.append(weights.count)
        }
    }

    /// Targets.
    var count: Int { firsts.count }

    /// The sources that some target has a weight for.
    var sources: Range<Int> {
        let ends = firsts.indices.map { firsts[$0] + starts[$0 + 1] - starts[$0] }
        return (firsts.min() ?? 0)..<(ends.max() ?? 0)
    }

    /// Lends `firsts`, `starts` and `weights` as pointers, for the innermost loop.
    func withTaps(
        _ body: (UnsafePointer<Int>, UnsafePointer<Int>, UnsafePointer<UInt32>) -> Void
    ) {
        firsts.withUnsafeBufferPointer { firsts in
            starts.withUnsafeBufferPointer { starts in
                weights.withUnsafeBufferPointer { weights in
                    guard let firsts = firsts.baseAddress, let starts = starts.baseAddress,
                        let weights = weights.baseAddress
                    else { return }
                    body(firsts, starts, weights)
                }
            }
        }
    }

    /// Area average. Widths are counted in `1 / targetCount` of a source sample.
    private mutating func appendArea(_ target: Int) {
        let low = target * sourceCount
        let high = low + sourceCount
        let first = low / targetCount
        let last = (high - 1) / targetCount
        firsts.append(first)
        var before = 0
        for source in first...last {
            let covered = min(high, (source + 1) * targetCount) - low
            let upTo = (2 * covered * Self.one + sourceCount) / (2 * sourceCount)
            weights.append(UInt32(upTo - before))
            before = upTo
        }
    }

    /// Linear interpolation between the two nearest sample centres; the outermost samples extend outwards.
    private mutating func appendLinear(_ target: Int) {
        let unit = 2 * targetCount
        // Biased by one source sample so that the division below never sees a negative number.
        let position = (2 * target + 1) * sourceCount - targetCount + unit
        let low = position / unit - 1
        let high = ((position % unit) * Self.one + targetCount) / unit
        if low < 0 || low + 1 >= sourceCount || high == 0 {
            firsts.append(max(low, 0))
            weights.append(UInt32(Self.one))
        } else {
            firsts.append(low)
            weights.append(UInt32(Self.one - high))
            weights.append(UInt32(high))
        }
    }
}

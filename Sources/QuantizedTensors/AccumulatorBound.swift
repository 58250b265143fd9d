/// The worst case of one output channel's accumulator over all possible inputs.
///
/// Holding it below `2^30` is what lets every executor add in any order, fold offsets into the bias and never
/// check for overflow.
public struct AccumulatorBound: Hashable, Sendable {
    /// Sums must stay strictly within `-2^30 ..< 2^30`.
    public static let limit: Int64 = 1 << 30

    /// The smallest value before the shift that any input can produce.
    public let lowest: Int64
    /// The largest value before the shift that any input can produce.
    public let highest: Int64

    /// Computes the bound of one output channel.
    ///
    /// - Parameters:
    ///   - weights: all weights of the channel.
    ///   - input: format of the convolution's input.
    ///   - bias: bias of the channel, without the rounding constant.
    ///   - shift: right shift of the channel, `0...20`.
    ///   - residualShift: alignment of an added `s8` residual, or `nil` where nothing is added.
    public init(
        weights: some Sequence<Int8>,
        input: ActivationType,
        bias: Int32,
        shift: UInt8,
        residualShift: Int8?
    ) {
        let low = Int64(input.range.lowerBound)
        let high = Int64(input.range.upperBound)
        var lowest = Int64(bias)
        var highest = Int64(bias)
        for weight in weights {
            let weight = Int64(weight)
            lowest += min(weight * low, weight * high)
            highest += max(weight * low, weight * high)
        }
        if let residualShift {
            let alignment = Int64(shift) + Int64(residualShift)
            lowest += -128 << alignment
            highest += 127 << alignment
        }
        let rounding: Int64 = shift == 0 ? 0 : 1 << (Int64(shift) - 1)
        self.lowest = lowest
        self.highest = highest + rounding
    }

    /// Whether every sum stays within `-2^30 ..< 2^30`.
    public var isSafe: Bool { lowest >= -Self.limit && highest < Self.limit }
}

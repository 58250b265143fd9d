/// Rescales accumulators to activation bytes: the normative arithmetic of the datapath.
///
/// Every executor, the emitted hardware and every graphics kernel must equal these functions to the bit.
public enum Requantization {
    /// The largest right shift of an accumulator.
    public static let shiftMax: UInt8 = 20

    /// Rescales a convolution accumulator to an 8-bit activation.
    ///
    /// `y = saturate((accumulator + (residual << (shift + residualShift)) + 2^(shift - 1)) >> shift)`,
    /// with no rounding constant when `shift` is 0.
    ///
    /// - Shape: scalar; applied per output element. Without a residual input, `residual` is 0.
    /// - Range: `accumulator` (bias included, rounding constant excluded) and the whole sum in
    ///   `-2^30 ..< 2^30`, guaranteed by ``AccumulatorBound`` at load time; `shift` in `0...20`;
    ///   `shift + residualShift` in `0...20`; result in `type.range`.
    /// - Rounding: half up, toward positive infinity: adds half the divisor, then shifts toward negative
    ///   infinity. Saturates after the shift; never wraps.
    @inline(__always)
    public static func requantize(
        accumulator: Int32,
        residual: Int32,
        shift: UInt8,
        residualShift: Int8,
        to type: ActivationType
    ) -> Int32 {
        let aligned = residual &<< (Int32(shift) &+ Int32(residualShift))
        let rounding: Int32 = shift == 0 ? 0 : 1 &<< (Int32(shift) &- 1)
        let shifted = (accumulator &+ aligned &+ rounding) &>> Int32(shift)
        return min(max(shifted, type.range.lowerBound), type.range.upperBound)
    }
}

/// The global average pool: a sum and a shift, without a division.
public enum Pooling {
    /// The legal right shifts of the sum.
    public static let shifts: ClosedRange<UInt8> = 3...6

    /// Rescales the sum of one channel over all pixels to a feature byte.
    ///
    /// `f = min(255, (sum + 2^(shift - 1)) >> shift)`. The factor `pixels / 2^shift` belongs to the head's
    /// scale.
    ///
    /// - Range: `sum` in `0 ..< 2^30`, `shift` in `3...6`; result in `0...255`.
    /// - Rounding: half up. Saturates at 255.
    @inline(__always)
    public static func feature(sum: Int32, shift: UInt8) -> UInt8 {
        UInt8(min(255, (sum &+ (1 &<< (Int32(shift) &- 1))) &>> Int32(shift)))
    }
}

/// One power-of-two weight: a sign and an exponent in four bits.
///
/// The integer weight is `q`; the real weight is `q / 64 * 2^e` with an exponent `e` per output channel that
/// only the calibration knows. Multiplying by `q` is a shift and a sign, so it is wiring in hardware.
///
/// - Range: `q` in `{0, ±1, ±2, ±4, ±8, ±16, ±32, ±64}`, fifteen codes of sixteen.
public struct Po2Weight: Hashable, Sendable {
    /// The largest exponent; the largest magnitude is therefore 64.
    ///
    /// Two products of an activation and a weight then fit a signed 16-bit sum: `2 * 255 * 64 = 32640`.
    public static let exponentMax: UInt8 = 6

    /// The code of zero: exponent 7, sign clear.
    public static let zeroCode: UInt8 = 7

    /// Bit 3 is the sign, bits 0...2 are the exponent `k`; `k = 7` means zero.
    ///
    /// - Range: `0...14`. Code 15 would be a negative zero and does not exist.
    public let code: UInt8

    /// Reads a four-bit code; `nil` for the illegal code 15 (negative zero) and for anything above four bits.
    public init?(code: UInt8) {
        guard code < 15 else { return nil }
        self.code = code
    }

    /// Takes the weight of value `value`; `nil` for all but zero and signed powers of two up to 64.
    public init?(value: Int8) {
        let magnitude = value.magnitude
        guard magnitude <= 64, magnitude & (magnitude &- 1) == 0 else { return nil }
        guard magnitude != 0 else {
            code = Self.zeroCode
            return
        }
        code = UInt8(magnitude.trailingZeroBitCount) | (value < 0 ? 8 : 0)
    }

    /// The integer weight `q`.
    ///
    /// - Range: `{0, ±1, ±2, ±4, ±8, ±16, ±32, ±64}`.
    public var value: Int8 {
        let exponent = code & 7
        guard exponent <= Self.exponentMax else { return 0 }
        let magnitude = Int8(1) << Int8(exponent)
        return code & 8 == 0 ? magnitude : -magnitude
    }

    /// The weight nearest to `numerator / denominator` on the linear scale.
    ///
    /// - Range: `denominator > 0`; magnitudes above 64 become 64.
    /// - Rounding: thresholds halfway between neighbours (`0.5`, `1.5`, `3`, `6`, ...), ties away from zero.
    public static func nearest(to numerator: Int64, over denominator: Int64) -> Po2Weight {
        precondition(denominator > 0, "a weight needs a positive denominator")
        let magnitude = numerator.magnitude
        let unit = denominator.magnitude
        guard 2 * magnitude >= unit else { return Po2Weight(uncheckedCode: zeroCode) }
        // The step from 2^k to 2^(k+1) is taken at 1.5 * 2^k.
        var exponent: UInt8 = 0
        while exponent < exponentMax, 2 * magnitude >= 3 * (unit << UInt64(exponent)) { exponent += 1 }
        return Po2Weight(uncheckedCode: exponent | (numerator < 0 ? 8 : 0))
    }

    private init(uncheckedCode code: UInt8) { self.code = code }
}

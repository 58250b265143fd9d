import QuantizedTensors

/// The sum of two input bytes that several neurons of a layer need: `x[low] + sign * 2^distance * x[high]`.
public struct PairPattern: Hashable, Sendable {
    /// Byte of the window with the smaller weight.
    public let low: Int
    /// Byte of the window with the larger weight, or an equal one.
    public let high: Int
    /// Exponents between the two weights.
    ///
    /// - Range: `0...6`.
    public let distance: Int
    /// Whether the two weights have different signs.
    public let isDifference: Bool

    /// Bits of the pair's sum: a byte, and a byte `distance` columns above it.
    public var width: Int { 9 + distance }
    /// Bits that need a register of their own: the lowest ones are the low byte's.
    public var registeredBits: Int { 9 }

    /// The sum over unsigned bytes, as a neuron without a shift; a high byte that is subtracted is complemented.
    ///
    /// - Parameter isSigned: whether the window holds s8 bytes.
    public func adder(isSigned: Bool) -> NeuronSum {
        let flip: UInt32 = isSigned ? 0x80 : 0
        return NeuronSum(
            terms: [
                HeapTerm(firstBit: low * 8, width: 8, complement: flip, shift: 0),
                HeapTerm(
                    firstBit: high * 8, width: 8, complement: isDifference ? flip ^ 0xff : flip,
                    shift: distance),
            ], constant: 0, width: width, shift: 0, output: .u8)
    }

    /// The pair's sum, weighted by `±2^shift`, as a product of a neuron.
    func product(firstBit: Int, isSigned: Bool, isNegative: Bool, shift: Int) -> FoldedProduct {
        // With the bytes u and v that the adder sees: pattern = u + 2^d * v - offset of both.
        let offset: Int64 = isSigned ? 128 : 0
        let high = (isDifference ? 255 - offset : offset) << Int64(distance)
        let total = offset + high
        let mask: UInt32 = (1 << UInt32(width)) - 1
        return FoldedProduct(
            term: HeapTerm(
                firstBit: firstBit, width: width, complement: isNegative ? mask : 0, shift: shift),
            correction: (isNegative ? total - Int64(mask) : -total) << Int64(shift))
    }
}

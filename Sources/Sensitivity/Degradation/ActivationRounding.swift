import QuantizedTensors

/// Activations of fewer bits at the same scale: the lowest bits are rounded away.
struct ActivationRounding: Sendable {
    private let unsigned: [UInt8]
    private let signed: [UInt8]

    /// Rounding to `bits` bits; `nil` where eight are kept and nothing is to be done.
    ///
    /// - Rounding: half up, as the requantisation does; saturates at the largest code that is left.
    init?(bits: Int) {
        precondition((1...8).contains(bits), "an activation has 1...8 bits")
        guard bits < 8 else { return nil }
        unsigned = Self.table(.u8, step: 1 << Int32(8 - bits))
        signed = Self.table(.s8, step: 1 << Int32(8 - bits))
    }

    /// Rounds the bytes of a layer's output, signed ones as two's complement.
    func round(_ bytes: UnsafeMutableBufferPointer<UInt8>, of type: ActivationType) {
        let table = type == .u8 ? unsigned : signed
        table.withUnsafeBufferPointer { table in
            for index in bytes.indices { bytes[index] = table[Int(bytes[index])] }
        }
    }

    private static func table(_ type: ActivationType, step: Int32) -> [UInt8] {
        let highest = type.range.upperBound + 1 - step
        return (0...255).map { code in
            let value = type.value(of: UInt8(code))
            // Steps are powers of two, so masking rounds toward minus infinity.
            return type.byte(of: min((value + step / 2) & -step, highest))
        }
    }
}

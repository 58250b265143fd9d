/// Widens numbers of other formats to `Float`, exactly.
enum ElementDecoding {
    /// IEEE binary16.
    static func half(_ bits: UInt16) -> Float {
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10 & 31)
        let fraction = UInt32(bits & 1023)
        switch exponent {
        case 0:
            // Subnormal: a multiple of 2^-24.
            let magnitude = Float(fraction) * 0x1p-24
            return sign == 0 ? magnitude : -magnitude
        case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
        default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }

    /// The upper half of a binary32.
    static func brain(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

    /// The sixteen-bit words of `bytes`, little endian.
    static func words(_ bytes: some Collection<UInt8>) -> [UInt16] {
        var words: [UInt16] = []
        words.reserveCapacity(bytes.count / 2)
        var low: UInt8?
        for byte in bytes {
            if let first = low {
                words.append(UInt16(first) | UInt16(byte) << 8)
                low = nil
            } else {
                low = byte
            }
        }
        return words
    }
}

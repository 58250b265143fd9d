/// Text in the making: whole modules of half a million cells are written through it.
struct TextBuffer {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ bytes: [UInt8]) { self.bytes += bytes }
    mutating func add(_ text: String) { bytes.append(contentsOf: text.utf8) }
    mutating func add(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// A decimal number, not negative.
    mutating func add(_ number: Int) {
        var digits = (0 as UInt64, 0)
        var rest = number
        repeat {
            digits = (digits.0 << 4 | UInt64(rest % 10), digits.1 + 1)
            rest /= 10
        } while rest > 0
        for _ in 0..<digits.1 {
            bytes.append(48 + UInt8(digits.0 & 15))
            digits.0 >>= 4
        }
    }
}

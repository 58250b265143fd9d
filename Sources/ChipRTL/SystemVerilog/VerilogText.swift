/// Pieces of text that all emitted modules share.
enum VerilogText {
    /// Bits of a register that counts from 0 to `highest`; at least one.
    static func bits(_ highest: Int) -> Int { max(1, Int.bitWidth - highest.leadingZeroBitCount) }

    /// `[bits-1:0]`.
    static func range(_ bits: Int) -> String { "[\(bits - 1):0]" }

    /// The slice of element `index` of `bits` each.
    static func slice(_ index: Int, of bits: Int) -> String { "[\(index * bits + bits - 1):\(index * bits)]" }

    /// An unsigned literal.
    static func literal(_ value: Int, bits: Int) -> String { "\(bits)'d\(value)" }

    /// Bytes as a hexadecimal literal, the first byte lowest.
    static func literal(_ bytes: [UInt8]) -> String { "\(bytes.count * 8)'h\(hexadecimal(bytes))" }

    /// Bytes as hexadecimal digits, the last byte first.
    static func hexadecimal(_ bytes: some BidirectionalCollection<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes.reversed() {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Layer name as part of a module name: `.` becomes `_`.
    static func identifier(_ layerName: String) -> String {
        layerName.split(separator: ".").joined(separator: "_")
    }
}

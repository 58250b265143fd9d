/// One token of a structural netlist.
enum VerilogToken: Hashable {
    /// A name; of an escaped one without its backslash, and never a keyword.
    case name(String)
    /// A keyword or any plain name; keywords are known by whom they concern.
    case word(String)
    /// A constant such as 4'b01x0, its bits from the left: 0, 1, or anything else for unknown.
    case bits([UInt8])
    /// An unsigned decimal number.
    case number(Int)
    /// A mark: one byte.
    case mark(UInt8)
    /// The end of the text.
    case end
}

/// Cuts a netlist into tokens; comments and attributes are stepped over.
struct VerilogScanner {
    /// Bytes of one name at most.
    static let longestName = 1 << 14
    /// Bits of one constant at most.
    static let longestConstant = 1 << 16

    let text: UnsafeBufferPointer<UInt8>
    let file: String
    private(set) var offset = 0

    init(text: UnsafeBufferPointer<UInt8>, file: String) {
        self.text = text
        self.file = file
    }

    /// An error at the place reached.
    func malformed(_ what: String) -> NetlistError {
        let line = 1 + text.prefix(offset).lazy.filter { $0 == 0x0A }.count
        return .malformed(file: file, line: line, what: what)
    }

    /// Takes the next token.
    mutating func next() throws(NetlistError) -> VerilogToken {
        try skipBlanks()
        guard offset < text.count else { return .end }
        let first = text[offset]
        let start = offset
        if first == UInt8(ascii: "\\") {
            while offset < text.count, text[offset] > 0x20 { offset += 1 }
            guard offset - start > 1 else { throw malformed("an escaped name without letters") }
            return .name(try slice(start + 1))
        }
        if Self.isNameStart(first) {
            while offset < text.count, Self.isNameStart(text[offset]) || Self.isDigit(text[offset])
                || text[offset] == UInt8(ascii: "$")
            {
                offset += 1
            }
            return .word(try slice(start))
        }
        if Self.isDigit(first) { return try number() }
        offset += 1
        return .mark(first)
    }

    private func slice(_ start: Int) throws(NetlistError) -> String {
        guard offset - start <= Self.longestName else { throw malformed("a name that is too long") }
        return String(decoding: UnsafeBufferPointer(rebasing: text[start..<offset]), as: UTF8.self)
    }

    private mutating func number() throws(NetlistError) -> VerilogToken {
        let start = offset
        while offset < text.count, Self.isDigit(text[offset]) { offset += 1 }
        guard let value = Int(try slice(start)), value <= 1 << 30 else { throw malformed("a number too large") }
        guard offset < text.count, text[offset] == UInt8(ascii: "'") else { return .number(value) }
        offset += 1
        if offset < text.count, text[offset] == UInt8(ascii: "s") { offset += 1 }
        guard offset < text.count, (1...Self.longestConstant).contains(value) else {
            throw malformed("a constant without digits, or too long")
        }
        let base = text[offset]
        offset += 1
        let from = offset
        while offset < text.count, Self.isNameStart(text[offset]) || Self.isDigit(text[offset])
            || text[offset] == UInt8(ascii: "?")
        {
            offset += 1
        }
        let digits = text[from..<offset].filter { $0 != UInt8(ascii: "_") }
        let width: Int
        switch base {
        case UInt8(ascii: "b"), UInt8(ascii: "B"): width = 1
        case UInt8(ascii: "h"), UInt8(ascii: "H"): width = 4
        case UInt8(ascii: "o"), UInt8(ascii: "O"): width = 3
        default: throw malformed("only binary and hexadecimal constants are read: write_verilog -nodec")
        }
        var bits: [UInt8] = []
        for digit in digits {
            guard bits.count <= 4 * Self.longestConstant else { throw malformed("a constant too long") }
            if let value = Character(Unicode.Scalar(digit)).hexDigitValue, value < 1 << width {
                for bit in (0..<width).reversed() {
                    bits.append((value >> bit) & 1 == 1 ? UInt8(ascii: "1") : UInt8(ascii: "0"))
                }
            } else {
                bits += [UInt8](repeating: UInt8(ascii: "x"), count: width)
            }
        }
        guard !bits.isEmpty else { throw malformed("a constant without digits") }
        let fill = bits.first == UInt8(ascii: "x") ? UInt8(ascii: "x") : UInt8(ascii: "0")
        if bits.count < value { bits = [UInt8](repeating: fill, count: value - bits.count) + bits }
        return .bits(Array(bits.suffix(value)))
    }

    private mutating func skipBlanks() throws(NetlistError) {
        while offset < text.count {
            let byte = text[offset]
            let following = offset + 1 < text.count ? text[offset + 1] : 0
            if byte == 0x20 || (0x09...0x0D).contains(byte) {
                offset += 1
            } else if byte == UInt8(ascii: "/"), following == UInt8(ascii: "/") {
                while offset < text.count, text[offset] != 0x0A { offset += 1 }
            } else if byte == UInt8(ascii: "/"), following == UInt8(ascii: "*") {
                try skip(to: "*/")
            } else if byte == UInt8(ascii: "("), following == UInt8(ascii: "*") {
                try skip(to: "*)")
            } else {
                return
            }
        }
    }

    private mutating func skip(to end: StaticString) throws(NetlistError) {
        let (first, second) = (end.utf8Start[0], end.utf8Start[1])
        offset += 2
        while offset + 1 < text.count {
            if text[offset] == first, text[offset + 1] == second {
                offset += 2
                return
            }
            offset += 1
        }
        throw malformed("a comment or attribute that does not end")
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    private static func isNameStart(_ byte: UInt8) -> Bool {
        (byte >= 0x41 && byte <= 0x5A) || (byte >= 0x61 && byte <= 0x7A) || byte == 0x5F
    }
}

/// Why a function was not understood.
struct BooleanFunctionError: Error, CustomStringConvertible { let description: String }

/// Recursive descent over liberty's operators. Complement binds closest, then `^`, then `*`, `&` and plain
/// juxtaposition, then `+` and `|`.
///
/// - Source: Liberty User Guide, "function"; the order is also that of Yosys.
private struct BooleanFunctionParser {
    /// Brackets within brackets at most.
    static let deepest = 64

    let text: [UInt8]
    var offset = 0

    mutating func peek() -> UInt8? {
        while offset < text.count, text[offset] <= 0x20, text[offset] != 0 { offset += 1 }
        return offset < text.count ? text[offset] : nil
    }

    mutating func disjunction(_ depth: Int) throws(BooleanFunctionError) -> BooleanFunction {
        var parts = [try conjunction(depth)]
        while let next = peek(), next == UInt8(ascii: "+") || next == UInt8(ascii: "|") {
            offset += 1
            parts.append(try conjunction(depth))
        }
        return parts.count == 1 ? parts[0] : .or(parts)
    }

    private mutating func conjunction(_ depth: Int) throws(BooleanFunctionError) -> BooleanFunction {
        var parts = [try parity(depth)]
        while let next = peek() {
            if next == UInt8(ascii: "*") || next == UInt8(ascii: "&") {
                offset += 1
            } else if next != UInt8(ascii: "!"), next != UInt8(ascii: "("), !Self.isNameByte(next) {
                break
            }
            parts.append(try parity(depth))
        }
        return parts.count == 1 ? parts[0] : .and(parts)
    }

    private mutating func parity(_ depth: Int) throws(BooleanFunctionError) -> BooleanFunction {
        var parts = [try complement(depth)]
        while peek() == UInt8(ascii: "^") {
            offset += 1
            parts.append(try complement(depth))
        }
        return parts.count == 1 ? parts[0] : .xor(parts)
    }

    private mutating func complement(_ depth: Int) throws(BooleanFunctionError) -> BooleanFunction {
        // Counted, not nested: a line of a thousand marks shall not cost a thousand frames.
        var isInverted = false
        while let next = peek(), next == UInt8(ascii: "!") || next == UInt8(ascii: "~") {
            isInverted.toggle()
            offset += 1
        }
        var term = try primary(depth)
        while peek() == UInt8(ascii: "'") {
            isInverted.toggle()
            offset += 1
        }
        if case .constant(let bit) = term, isInverted {
            term = .constant(!bit)
        } else if isInverted {
            term = .not(term)
        }
        return term
    }

    private mutating func primary(_ depth: Int) throws(BooleanFunctionError) -> BooleanFunction {
        guard let next = peek() else { throw .init(description: "it ends where a name should stand") }
        if next == UInt8(ascii: "(") {
            guard depth < Self.deepest else { throw .init(description: "brackets nested too deep") }
            offset += 1
            let inner = try disjunction(depth + 1)
            guard peek() == UInt8(ascii: ")") else { throw .init(description: "a ')' is missing") }
            offset += 1
            return inner
        }
        let start = offset
        while offset < text.count, Self.isNameByte(text[offset]) { offset += 1 }
        guard start < offset else {
            throw .init(description: "'\(Character(Unicode.Scalar(next)))' is not expected")
        }
        switch String(decoding: text[start..<offset], as: UTF8.self) {
        case "0": return .constant(false)
        case "1": return .constant(true)
        case let name: return .variable(name)
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "["), UInt8(ascii: "]"),
            UInt8(ascii: "."), UInt8(ascii: "$"):
            true
        default: false
        }
    }
}

extension BooleanFunction {
    /// Parses a function of liberty.
    ///
    /// - Throws: An error whose text says what was not understood.
    public init(_ text: String) throws {
        var parser = BooleanFunctionParser(text: Array(text.utf8))
        self = try parser.disjunction(0)
        if let rest = parser.peek() {
            throw BooleanFunctionError(description: "'\(Character(Unicode.Scalar(rest)))' is not expected")
        }
    }
}

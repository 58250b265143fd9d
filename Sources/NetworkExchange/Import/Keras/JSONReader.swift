/// Reads JSON in one pass, its nesting bounded.
///
/// Foundation's decoder takes more than a minute for 65 kB of numbers under 400 levels of lists (Swift 6.3.1), and refuses the
/// `NaN` and `Infinity` that Python writes; here these are `null`.
package struct JSONReader {
    /// What is wrong, and at which byte.
    package struct Failure: Error {
        package let offset: Int
        package let problem: String
    }

    /// Levels of lists and objects; models within models have some dozens.
    static let depthMax = 128

    private let bytes: [UInt8]
    private var offset = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The value that `bytes` are.
    ///
    /// - Throws: ``Failure``.
    package static func value(_ bytes: [UInt8]) throws(Failure) -> JSONValue {
        var reader = JSONReader(bytes)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.offset == bytes.count else { throw reader.failure("more than one value") }
        return value
    }

    private func failure(_ problem: String) -> Failure { Failure(offset: offset, problem: problem) }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || (0x09...0x0D).contains(byte) { offset += 1 }
    }

    private mutating func take(_ character: Character) -> Bool {
        skipSpace()
        guard next == character.asciiValue else { return false }
        offset += 1
        return true
    }

    private mutating func value(depth: Int) throws(Failure) -> JSONValue {
        guard depth < Self.depthMax else { throw failure("more than \(Self.depthMax) levels") }
        if take("{") { return try object(depth: depth + 1) }
        if take("[") { return try list(depth: depth + 1) }
        if next == UInt8(ascii: "\"") { return .text(try text()) }
        return try word()
    }

    private mutating func object(depth: Int) throws(Failure) -> JSONValue {
        var entries: [String: JSONValue] = [:]
        if take("}") { return .object(entries) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw failure("expected a name") }
            let name = try text()
            guard take(":") else { throw failure("expected a colon") }
            guard entries.updateValue(try value(depth: depth), forKey: name) == nil else {
                throw failure("a name twice")
            }
        } while take(",")
        guard take("}") else { throw failure("expected , or }") }
        return .object(entries)
    }

    private mutating func list(depth: Int) throws(Failure) -> JSONValue {
        var values: [JSONValue] = []
        if take("]") { return .list(values) }
        repeat { values.append(try value(depth: depth)) } while take(",")
        guard take("]") else { throw failure("expected , or ]") }
        return .list(values)
    }

    /// A literal or a number.
    private mutating func word() throws(Failure) -> JSONValue {
        let start = offset
        while let byte = next, byte > 0x20, !Self.ends.contains(byte) { offset += 1 }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        switch text {
        case "null", "NaN", "Infinity", "-Infinity": return .null
        case "true": return .flag(true)
        case "false": return .flag(false)
        default:
            guard text.utf8.count < 400, let number = Double(text), text.utf8.first.map(Self.begins) == true
            else {
                offset = start
                throw failure("expected a value")
            }
            return .number(number)
        }
    }

    private static let ends = Set(",]}:\"".utf8)

    private static func begins(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private mutating func text() throws(Failure) -> String {
        offset += 1
        var result: [UInt8] = []
        while let byte = next {
            offset += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: result, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            guard let escape = next else { break }
            offset += 1
            switch escape {
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "u"): result += try escaped()
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(escape)
            default: throw failure("an unknown escape")
            }
        }
        throw failure("a text without its end")
    }

    /// The character of an escape of four digits, or of two such; a lone half is replaced.
    private mutating func escaped() throws(Failure) -> [UInt8] {
        var units = [try unit()]
        if (0xD800..<0xDC00).contains(units[0]), bytes[offset...].starts(with: Array("\\u".utf8)) {
            offset += 2
            units.append(try unit())
        }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }

    private mutating func unit() throws(Failure) -> UInt16 {
        let digits = bytes[offset...].prefix(4)
        guard digits.count == 4, let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16) else {
            throw failure("four hexadecimal digits after \\u")
        }
        offset += 4
        return unit
    }
}

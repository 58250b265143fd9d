private import FoundationEssentials

/// Finds the number for whose sake a record of good JSON could not be decoded.
///
/// Foundation calls such a record "not valid JSON" and names no field. So each number that may not fit is replaced by a
/// string in turn: when the decoder then complains of a string at a place where an integer belongs, this was it.
struct JSONNumberFault {
    /// Longer records are not searched, and no more numbers than that tried: anyone may write any record.
    private static let bytesMax = 256 << 10
    private static let triesMax = 16

    /// The path to the field, by its names on the wire.
    let path: String
    /// What is wrong with the number.
    let reason: String

    /// - Parameter decode: decodes the record from other bytes.
    static func find(in bytes: [UInt8], decode: ([UInt8]) throws -> Void) -> JSONNumberFault? {
        guard bytes.count <= bytesMax, isJSON(bytes) else { return nil }
        for place in suspects(in: bytes).prefix(triesMax) {
            let literal = String(decoding: bytes[place], as: UTF8.self)
            var other = bytes
            // Suspects have at least three bytes.
            for index in place { other[index] = UInt8(ascii: "x") }
            other[place.lowerBound] = UInt8(ascii: "\"")
            other[place.upperBound - 1] = UInt8(ascii: "\"")
            do {
                try decode(other)
            } catch DecodingError.typeMismatch(let type, let context) {
                guard let reason = complaint(about: literal, as: type) else { continue }
                return JSONNumberFault(path: JSONPath.text(context.codingPath), reason: reason)
            } catch {
                continue
            }
        }
        return nil
    }

    /// A record of any kind: only its grammar matters.
    private struct Anything: Decodable {
        init(from decoder: any Decoder) {}
    }

    private static func isJSON(_ bytes: [UInt8]) -> Bool {
        (try? JSONDecoder().decode(Anything.self, from: Data(bytes))) != nil
    }

    /// Where numbers are that may not fit: those that fit no integer first, then those beyond 32 bits.
    private static func suspects(in bytes: [UInt8]) -> [Range<Int>] {
        var (certain, possible): ([Range<Int>], [Range<Int>]) = ([], [])
        var index = 0
        while index < bytes.count, certain.count < triesMax {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                index = endOfString(bytes, from: index)
            } else if byte == UInt8(ascii: "-") || isDigit(byte) {
                let begin = index
                while index < bytes.count, isNumeric(bytes[index]) { index += 1 }
                let literal = String(decoding: bytes[begin..<index], as: UTF8.self)
                if complaint(about: literal, as: Int64.self) != nil {
                    certain.append(begin..<index)
                } else if possible.count < triesMax, complaint(about: literal, as: Int32.self) != nil {
                    possible.append(begin..<index)
                }
            } else {
                index += 1
            }
        }
        return certain + possible
    }

    private static func endOfString(_ bytes: [UInt8], from begin: Int) -> Int {
        var index = begin + 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return index + 1
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isNumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || "+-.eE".utf8.contains(byte)
    }

    /// Why a number does not fit a type; `nil` if it does.
    private static func complaint(about literal: String, as type: any Any.Type) -> String? {
        if let type = type as? any FixedWidthInteger.Type {
            return complaint(about: literal, asInteger: type)
        }
        let isTooLarge = type is any BinaryFloatingPoint.Type && Double(literal)?.isFinite == false
        return isTooLarge ? "\(literal) is too large" : nil
    }

    private static func complaint<Integer: FixedWidthInteger>(
        about literal: String, asInteger type: Integer.Type
    ) -> String? {
        guard Integer(literal) == nil, let value = Double(literal) else { return nil }
        // The nearest real number may well fit where the number itself does not.
        let isWhole = literal.utf8.allSatisfy { isDigit($0) || $0 == UInt8(ascii: "-") }
        guard isWhole || Integer(exactly: value) == nil else { return nil }
        guard value.rounded(.towardZero) == value else { return "\(literal) is not an integer" }
        return value > 0 ? "\(literal) is above \(Integer.max)" : "\(literal) is below \(Integer.min)"
    }
}

/// Where a field is, by its names on the wire.
enum JSONPath {
    /// The names, joined by dots; places in lists are numbers.
    static func text(_ path: [any CodingKey]) -> String {
        path.map { $0.intValue.map { "\($0)" } ?? name($0.stringValue) }.joined(separator: ".")
    }

    /// `createdAtMs` is `created_at_ms` on the wire.
    static func name(_ key: String) -> String {
        key.reduce(into: "") { name, character in
            if character.isUppercase { name += "_" }
            name += character.lowercased()
        }
    }
}

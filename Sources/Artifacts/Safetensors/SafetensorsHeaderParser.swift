/// Reads the JSON header of a safetensors file, and no other JSON.
///
/// General JSON decoders keep one of two equal keys silently, so two readers could see two files in the
/// same bytes. This one knows the three object shapes of the format, refuses equal keys, and never recurses.
/// As the format's own reader does, it takes `null` for no metadata and passes over further fields of a tensor.
///
/// - Range: at most ``maximumRank`` dimensions per tensor; integers without sign, below `2^63`.
struct SafetensorsHeaderParser {
    /// One tensor as the header describes it; only the JSON has been checked.
    struct Entry {
        var name: String
        var elementType: SafetensorsFile.ElementType
        var shape: [Int]
        var begin: Int
        var end: Int
    }

    /// The most dimensions that a tensor may have.
    static let maximumRank = 64

    let text: [UInt8]
    private let membersMax: Int
    var position = 0

    /// A parser of `text`, which must be UTF-8, of objects with at most `membersMax` members.
    init(_ text: [UInt8], membersMax: Int = .max) {
        self.text = text
        self.membersMax = membersMax
    }

    /// Reads the whole header; only spaces may follow it.
    mutating func parse() throws(SafetensorsError) -> (metadata: [String: String], tensors: [Entry]) {
        var metadata: [String: String]?
        var entries: [Entry] = []
        var names: Set<String> = []
        guard peek == UInt8(ascii: "{") else { throw malformed("no '{'") }
        try object { (parser, key) throws(SafetensorsError) in
            guard key != SafetensorsFile.metadataKey else {
                guard metadata == nil else { throw .duplicateKey(key) }
                metadata = try parser.takeNull() ? [:] : parser.metadata()
                return
            }
            guard names.insert(key).inserted else { throw .duplicateKey(key) }
            entries.append(try parser.entry(key))
        }
        while position < text.count {
            guard text[position] == UInt8(ascii: " ") else { throw malformed("text after the header object") }
            position += 1
        }
        return (metadata ?? [:], entries)
    }

    private mutating func metadata() throws(SafetensorsError) -> [String: String] {
        var metadata: [String: String] = [:]
        try object { (parser, key) throws(SafetensorsError) in
            let value = try parser.string()
            guard metadata.updateValue(value, forKey: key) == nil else { throw .duplicateKey(key) }
        }
        return metadata
    }

    private mutating func entry(_ name: String) throws(SafetensorsError) -> Entry {
        var elementType: SafetensorsFile.ElementType?
        var shape: [Int]?
        var offsets: [Int]?
        var others: Set<String> = []
        try object { (parser, key) throws(SafetensorsError) in
            switch key {
            case "dtype":
                guard elementType == nil else { throw .duplicateKey(key) }
                let dtype = try parser.string()
                elementType = SafetensorsFile.ElementType(rawValue: dtype)
                guard elementType != nil else { throw .unknownElementType(tensor: name, name: dtype) }
            case "shape":
                guard shape == nil else { throw .duplicateKey(key) }
                shape = try parser.integers(atMost: Self.maximumRank)
            case "data_offsets":
                guard offsets == nil else { throw .duplicateKey(key) }
                let pair = try parser.integers(atMost: 2)
                guard pair.count == 2 else { throw parser.malformed("data_offsets without two integers") }
                offsets = pair
            default:
                guard others.insert(key).inserted else { throw .duplicateKey(key) }
                try parser.skipValue()
            }
        }
        guard let elementType else { throw .missingField(tensor: name, field: "dtype") }
        guard let shape else { throw .missingField(tensor: name, field: "shape") }
        guard let offsets else { throw .missingField(tensor: name, field: "data_offsets") }
        return Entry(name: name, elementType: elementType, shape: shape, begin: offsets[0], end: offsets[1])
    }
}

// MARK: - JSON

extension SafetensorsHeaderParser {
    var peek: UInt8? { position < text.count ? text[position] : nil }

    func malformed(_ reason: String) -> SafetensorsError {
        .malformedHeader(offset: position, reason: reason)
    }

    mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    /// Takes `character`, after white space, if it comes next.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(SafetensorsError) {
        guard take(character) else { throw malformed("no '\(character)'") }
    }

    /// Reads an object; `member` reads the value of each key.
    private mutating func object(
        _ member: (inout Self, String) throws(SafetensorsError) -> Void
    ) throws(SafetensorsError) {
        try expect("{")
        if take("}") { return }
        var members = 0
        repeat {
            members += 1
            guard members <= membersMax else { throw malformed("more than \(membersMax) members") }
            let key = try string()
            try expect(":")
            try member(&self, key)
        } while take(",")
        try expect("}")
    }

    private mutating func integers(atMost limit: Int) throws(SafetensorsError) -> [Int] {
        var values: [Int] = []
        try expect("[")
        if take("]") { return values }
        repeat {
            guard values.count < limit else { throw malformed("more than \(limit) integers") }
            values.append(try integer())
        } while take(",")
        try expect("]")
        return values
    }

    private mutating func integer() throws(SafetensorsError) -> Int {
        skipSpace()
        let start = position
        var value = 0
        while let byte = peek, (0x30...0x39).contains(byte) {
            let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, stillTooLarge) = tens.addingReportingOverflow(Int(byte) - 0x30)
            guard !tooLarge, !stillTooLarge else { throw malformed("an integer above 2^63 - 1") }
            value = sum
            position += 1
        }
        guard position > start else { throw malformed("no unsigned integer") }
        guard text[start] != 0x30 || position == start + 1 else { throw malformed("a leading zero") }
        return value
    }

    mutating func string() throws(SafetensorsError) -> String {
        try expect("\"")
        var bytes: [UInt8] = []
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                position += 1
                bytes.append(contentsOf: Array(String(try escape()).utf8))
            case 0..<0x20:
                throw malformed("a control character in a string")
            default:
                position += 1
                bytes.append(byte)
            }
        }
        throw malformed("a string without end")
    }

    /// Reads what follows a backslash.
    private mutating func escape() throws(SafetensorsError) -> Unicode.Scalar {
        guard let byte = peek else { throw malformed("a string without end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw malformed("an unknown escape")
        }
    }

    private mutating func unicodeEscape() throws(SafetensorsError) -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), peek == UInt8(ascii: "\\") else {
            throw malformed("half a surrogate pair")
        }
        position += 1
        guard peek == UInt8(ascii: "u") else { throw malformed("half a surrogate pair") }
        position += 1
        let second = try codeUnit()
        let combined = 0x10000 + ((first & 0x3FF) << 10) + (second & 0x3FF)
        guard (0xDC00..<0xE000).contains(second), let scalar = Unicode.Scalar(combined) else {
            throw malformed("half a surrogate pair")
        }
        return scalar
    }

    private mutating func codeUnit() throws(SafetensorsError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw malformed("no hexadecimal digit")
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }
}

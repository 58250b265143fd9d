private import Artifacts

extension Prediction {
    /// The record's bytes: what ``JSONRecord/encode(_:)`` gives, an order of magnitude faster, because
    /// there is one of these for every image.
    public var json: [UInt8] {
        var line = JSONLine(capacity: 640)
        line.field("backbone", hex: backbone)
        line.optional("captured_at_ms", capturedAtMs)
        line.optional("cutover", cutover)
        line.optional("error", error)
        if let head { line.field("head", hex: head) }
        if let headName { line.field("head_name", headName.description) }
        line.field("id", id)
        line.field("index", Int64(index))
        if let label { line.field("label", Int64(label)) }
        if let logitsDigest { line.field("logits_digest", hex: logitsDigest) }
        line.field("offset", offset)
        line.field("partition", Int64(partition))
        line.field("schema", schema)
        line.field("sequence", sequence)
        line.field("stream", stream)
        line.key("top")
        line.raw("[")
        for (place, candidate) in top.enumerated() {
            if place > 0 { line.raw(",") }
            line.open()
            line.field("index", Int64(candidate.index))
            line.field("logit", Int64(candidate.logit))
            line.field("name", candidate.name)
            line.close()
        }
        line.raw("]")
        line.field("topic", topic)
        return line.finish()
    }

    /// Parses a record.
    public init(json bytes: [UInt8]) throws(RecordError) {
        self = try JSONRecord.decode(Prediction.self, from: bytes)
    }
}

/// Writes one JSON object, field by field.
private struct JSONLine {
    private var bytes: [UInt8] = []
    private var needsComma = false

    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
        open()
    }

    mutating func open() {
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    mutating func close() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func key(_ name: StaticString) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        raw(name)
        raw("\":")
        needsComma = true
    }

    mutating func field(_ name: StaticString, _ value: Int64) {
        key(name)
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        // Digits from the end; `magnitude` also holds the most negative number's.
        var rest = value.magnitude
        let start = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    mutating func field(_ name: StaticString, hex digest: ContentDigest) {
        key(name)
        bytes.append(UInt8(ascii: "\""))
        for byte in digest.bytes {
            bytes.append(Self.hexDigit(byte >> 4))
            bytes.append(Self.hexDigit(byte & 15))
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    mutating func field(_ name: StaticString, _ value: String) {
        key(name)
        bytes.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case UInt8(ascii: "\n"): raw("\\n")
            case UInt8(ascii: "\r"): raw("\\r")
            case UInt8(ascii: "\t"): raw("\\t")
            case 8: raw("\\b")
            case 12: raw("\\f")
            case 0..<0x20:
                let hex = String(byte, radix: 16)
                bytes.append(contentsOf: "\\u00\(hex.utf8.count == 1 ? "0" : "")\(hex)".utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func optional(_ name: StaticString, _ value: Int64?) {
        if let value { field(name, value) }
    }

    mutating func optional(_ name: StaticString, _ value: String?) {
        if let value { field(name, value) }
    }

    consuming func finish() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}

/// A piece of text in something like JSON, as far as a mutator minds.
struct JSONToken {
    enum Kind {
        /// Digits, and what belongs to them.
        case number
        /// A string in front of a colon, its quotes included.
        case key
        /// Any other string, its quotes included.
        case string
        /// `true`, `null` and their like.
        case word
        /// An object or a list without another inside.
        case group
    }

    let kind: Kind
    let range: Range<Int>

    /// The tokens of `bytes`, whatever they are.
    static func all(_ bytes: [UInt8]) -> [JSONToken] {
        var tokens: [JSONToken] = []
        var opened: Int?
        var at = 0
        func run(_ isPart: (UInt8) -> Bool) -> Range<Int> {
            at..<(bytes[at...].firstIndex { !isPart($0) } ?? bytes.endIndex)
        }
        while at < bytes.count {
            var next = at..<(at + 1)
            switch bytes[at] {
            case UInt8(ascii: "\""):
                next = string(bytes, at)
                let isKey = next.upperBound < bytes.count && bytes[next.upperBound] == UInt8(ascii: ":")
                tokens.append(JSONToken(kind: isKey ? .key : .string, range: next))
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                next = run { byte in
                    (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
                }
                tokens.append(JSONToken(kind: .number, range: next))
            case UInt8(ascii: "a")...UInt8(ascii: "z"):
                next = run { (0x61...0x7A).contains($0) }
                tokens.append(JSONToken(kind: .word, range: next))
            case UInt8(ascii: "{"), UInt8(ascii: "["): opened = at
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if let start = opened { tokens.append(JSONToken(kind: .group, range: start..<(at + 1))) }
                opened = nil
            default: break
            }
            at = next.upperBound
        }
        return tokens
    }

    /// The string that begins at `start`, to its closing quote or the end.
    private static func string(_ bytes: [UInt8], _ start: Int) -> Range<Int> {
        var at = start + 1
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1
        }
        return start..<min(at + 1, bytes.count)
    }
}

/// Values that break what is not careful: the ends of integers and what stands next to them, reals beyond all, texts that
/// are long, empty, or move cursors.
enum Extremes {
    /// The ends of integers, at which sums overflow: worth trying more often than all others.
    static let ends = ["\(Int64.max)", "\(Int64.min)", "\(Int64(1) << 53)", "\((Int64(1) << 53) - 1)", "-1"]

    /// Numbers as texts.
    static let numbers: [String] = {
        let powers: [Int64] = [7, 8, 15, 16, 31, 32, 50, 53, 62].map { Int64(1) << $0 }
        let near = powers.flatMap { [$0 - 1, $0, $0 + 1, -$0 - 1, -$0, -$0 + 1] }
        let ends: [Int64] = [
            .max, .max - 1, .min, .min + 1, 0, 1, -1, 2, 3, 64, 255, 256, 4_096, 4_097, 65_535,
        ]
        let reals = [
            "1e308", "-1e308", "1e309", "1e400", "5e-324", "1e-400", "0.1", "-0", "-0.0", "1e5", "1E+2",
            "1.0",
            "NaN", "Infinity", "-Infinity", "1e99999999999", "0e0", "1_000", "0x10", "00", "01", "+1", "1e12",
            "1000000000001", "18446744073709551615", "18446744073709551616", "9223372036854775808",
            "-9223372036854775809", "99999999999999999999999999999999999999999",
        ]
        return (near + ends).map(String.init) + reals
    }()

    /// Strings, their quotes included.
    static let strings: [String] =
        [
            "", "a", "default", "stream:", "stream:a", "a@b", "running", "committing", "committed", "aborted",
            #"\u0000"#, #"\u001b[2J"#, #"\ud800"#, #"\u202e"#, "\u{301}", "\u{1F1E9}", #"\n"#, "NaN", "/",
            "..",
            String(repeating: "a", count: 256), String(repeating: "a", count: 257),
            String(repeating: "\u{6E2C}", count: 90), String(repeating: "a\u{301}", count: 1_400),
            String(repeating: "ab", count: 32), String(repeating: #"\u0001"#, count: 700),
        ].map { "\"\($0)\"" }

    /// Words in place of a value.
    static let words = ["true", "false", "null", "nul", "{}", "[]", "[[]]", "[{}]", "\"\"", "0", ""]

    /// A value nested `depth` times.
    static func nest(_ depth: Int, _ inner: [UInt8]) -> [UInt8] {
        let isList = depth % 2 == 0
        let open = Array((isList ? "[" : #"{"a":"#).utf8)
        let close = Array((isList ? "]" : "}").utf8)
        return Array(repeatElement(open, count: depth).joined()) + inner
            + Array(repeatElement(close, count: depth).joined())
    }
}

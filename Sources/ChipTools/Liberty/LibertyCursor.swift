internal import Glibc

/// A place in the text of a liberty file, and the small steps from there. Works on bytes: nine tenths of a
/// file are numbers in strings that nobody asks for.
struct LibertyCursor {
    /// Bytes of one name or value at most.
    static let longestWord = 1 << 16
    /// Groups within groups at most; liberty needs six.
    static let deepest = 32

    let base: UnsafePointer<UInt8>
    let count: Int
    let file: String
    var offset = 0

    /// An error at this place.
    func malformed(_ what: String, at place: Int? = nil) -> LibertyError {
        var line = 1
        for index in 0..<min(place ?? offset, count) where base[index] == 0x0A { line += 1 }
        return .malformed(file: file, line: line, what: what)
    }

    /// Steps over blanks, continued lines and comments, and gives the byte there; nil at the end.
    mutating func peek() throws(LibertyError) -> UInt8? {
        while offset < count {
            switch base[offset] {
            case 0x20, 0x09, 0x0A, 0x0D, 0x0C, UInt8(ascii: "\\"): offset += 1
            case UInt8(ascii: "/") where offset + 1 < count && base[offset + 1] == UInt8(ascii: "*"):
                try skipComment()
            case UInt8(ascii: "/") where offset + 1 < count && base[offset + 1] == UInt8(ascii: "/"):
                guard let end = memchr(base + offset, 0x0A, count - offset) else {
                    offset = count
                    return nil
                }
                offset = distance(to: end)
            default: return base[offset]
            }
        }
        return nil
    }

    /// Takes `byte` when it stands next.
    mutating func take(_ byte: Character) throws(LibertyError) -> Bool {
        guard try peek() == byte.asciiValue else { return false }
        offset += 1
        return true
    }

    /// Reads a word or a string; what ends a word depends on where it stands.
    mutating func word(in place: String) throws(LibertyError) -> String {
        guard let first = try peek() else { throw malformed("the file ends in \(place)") }
        let start: Int
        let end: Int
        if first == UInt8(ascii: "\"") {
            start = offset + 1
            try skipString()
            end = offset - 1
        } else {
            start = offset
            while offset < count, Self.isWordByte(base[offset]) { offset += 1 }
            end = offset
            if start == end { throw malformed("'\(Character(Unicode.Scalar(first)))' in \(place)") }
        }
        guard end - start <= Self.longestWord else {
            throw malformed("a word of more than \(Self.longestWord) bytes", at: start)
        }
        return String(decoding: UnsafeBufferPointer(start: base + start, count: end - start), as: UTF8.self)
    }

    /// Steps over a string, from its first quote to behind its last.
    mutating func skipString() throws(LibertyError) {
        let start = offset
        offset += 1
        while let quote = memchr(base + offset, 0x22, count - offset) {
            offset = distance(to: quote) + 1
            // A quote behind a backslash belongs to the string.
            if base[offset - 2] != UInt8(ascii: "\\") || offset - 2 == start { return }
        }
        throw malformed("a string that does not end", at: start)
    }

    /// Steps over a group's body from behind its `{` to behind its `}`, looking at nothing.
    mutating func skipBody(depth: Int) throws(LibertyError) {
        let start = offset
        var level = 1
        while level > 0 {
            guard offset < count else { throw malformed("a '{' that is not closed", at: start) }
            switch base[offset] {
            case UInt8(ascii: "{"):
                level += 1
                if level + depth > Self.deepest { throw malformed("groups nested too deep") }
                offset += 1
            case UInt8(ascii: "}"):
                level -= 1
                offset += 1
            case UInt8(ascii: "\""): try skipString()
            case UInt8(ascii: "/") where offset + 1 < count && base[offset + 1] == UInt8(ascii: "*"):
                try skipComment()
            default: offset += 1
            }
        }
    }

    private mutating func skipComment() throws(LibertyError) {
        let start = offset
        offset += 2
        while let star = memchr(base + offset, Int32(UInt8(ascii: "*")), count - offset) {
            offset = distance(to: star) + 1
            if offset < count, base[offset] == UInt8(ascii: "/") {
                offset += 1
                return
            }
        }
        throw malformed("a comment that does not end", at: start)
    }

    private func distance(to pointer: UnsafeMutableRawPointer) -> Int {
        UnsafeRawPointer(pointer) - UnsafeRawPointer(base)
    }

    /// Bytes of words outside strings: all but blanks and the marks of the grammar. Zero bytes are none.
    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x20, 0x22, UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "{"), UInt8(ascii: "}"),
            UInt8(ascii: ":"), UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: "\\"):
            false
        default: true
        }
    }
}

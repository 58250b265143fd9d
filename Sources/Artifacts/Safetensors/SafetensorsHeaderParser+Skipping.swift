extension SafetensorsHeaderParser {
    /// Takes `null`, after white space, if it comes next.
    mutating func takeNull() -> Bool {
        skipSpace()
        return take(word: "null")
    }

    /// Passes over any JSON value; how deep it is costs nothing but memory of a bit for each level.
    mutating func skipValue() throws(SafetensorsError) {
        // Whether each open container is an object.
        var open: [Bool] = []
        repeat {
            skipSpace()
            switch peek {
            case UInt8(ascii: "{"):
                position += 1
                if !take("}") {
                    open.append(true)
                    try skipKey()
                    continue
                }
            case UInt8(ascii: "["):
                position += 1
                if !take("]") {
                    open.append(false)
                    continue
                }
            case UInt8(ascii: "\""): _ = try string()
            case UInt8(ascii: "-")?, (UInt8(ascii: "0")...UInt8(ascii: "9"))?: try skipNumber()
            default:
                guard ["null", "true", "false"].contains(where: { take(word: $0) }) else {
                    throw malformed("no JSON value")
                }
            }
            // A value is at its end, and so are the containers that close behind it.
            while let isObject = open.last, !take(",") {
                try expect(isObject ? "}" : "]")
                open.removeLast()
            }
            if open.last == true { try skipKey() }
        } while !open.isEmpty
    }

    private mutating func skipKey() throws(SafetensorsError) {
        _ = try string()
        try expect(":")
    }

    private mutating func skipNumber() throws(SafetensorsError) {
        if peek == UInt8(ascii: "-") { position += 1 }
        let start = position
        try skipDigits()
        guard text[start] != UInt8(ascii: "0") || position == start + 1 else {
            throw malformed("a leading zero")
        }
        if peek == UInt8(ascii: ".") {
            position += 1
            try skipDigits()
        }
        guard peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") else { return }
        position += 1
        if peek == UInt8(ascii: "-") || peek == UInt8(ascii: "+") { position += 1 }
        try skipDigits()
    }

    private mutating func skipDigits() throws(SafetensorsError) {
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw malformed("a number without digits") }
    }

    private mutating func take(word: String) -> Bool {
        guard text[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }
}

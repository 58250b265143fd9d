/// One statement of a group: `name : value;`, `name (arguments);` or `name (arguments) { ... }`.
struct LibertyStatement {
    /// What follows the name.
    enum Kind { case simple(String), complex([String]), group([String]) }

    /// Arguments of one statement at most.
    static let mostArguments = 4096

    let name: String
    let kind: Kind
    /// Offset of the first byte of the name.
    let start: Int
}

extension LibertyCursor {
    /// Reads the next statement of a body; of a group only up to its `{`.
    ///
    /// - Returns: Nil at the `}` of the body, which is taken.
    mutating func statement() throws(LibertyError) -> LibertyStatement? {
        while try take(";") {}
        if try take("}") { return nil }
        guard try peek() != nil else { throw malformed("the file ends within a group: a '}' is missing") }
        let start = offset
        let name = try word(in: "a statement")
        if try take(":") {
            var value = try word(in: "the value of \(name)")
            // Expressions such as "VDD + 0.5" stand outside strings in some files.
            while let next = try peek(), next != UInt8(ascii: ";"), next != UInt8(ascii: "}"), !newLineBefore() {
                if value.utf8.count > Self.longestWord { throw malformed("a value without end") }
                value += " " + (try word(in: "the value of \(name)"))
            }
            _ = try take(";")
            return LibertyStatement(name: name, kind: .simple(value), start: start)
        }
        guard try take("(") else { throw malformed("neither ':' nor '(' follows \(name)") }
        var arguments: [String] = []
        while !(try take(")")) {
            if try take(",") { continue }
            guard arguments.count < LibertyStatement.mostArguments else {
                throw malformed("too many arguments of \(name)")
            }
            arguments.append(try word(in: "the arguments of \(name)"))
        }
        if try take("{") { return LibertyStatement(name: name, kind: .group(arguments), start: start) }
        _ = try take(";")
        return LibertyStatement(name: name, kind: .complex(arguments), start: start)
    }

    /// Whether only blanks lie between here and the last line end: a value without `;` ends with its line.
    private func newLineBefore() -> Bool {
        var index = offset - 1
        while index >= 0, base[index] == 0x20 || base[index] == 0x09 || base[index] == 0x0D { index -= 1 }
        return index >= 0 && base[index] == 0x0A && (index == 0 || base[index - 1] != UInt8(ascii: "\\"))
    }
}

extension String {
    /// The text in lines of at most `columns` characters, one fewer where a line is broken, each behind `indent` spaces.
    ///
    /// Words stay whole, even if they are too long; a line that begins with a space is an example to copy, and
    /// stays as it is.
    func wrapped(to columns: Int, indent: Int = 0) -> String {
        let space = String(repeating: " ", count: indent)
        let lines = split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [String] in
            if line.first == " " || line.count <= columns - indent { return [String(line)] }
            var lines: [String] = []
            var current = ""
            for word in line.split(separator: " ") {
                if !current.isEmpty, current.count + 1 + word.count >= columns - indent {
                    lines.append(current)
                    current = String(word)
                } else {
                    current += (current.isEmpty ? "" : " ") + word
                }
            }
            return lines + [current]
        }
        return lines.map { $0.isEmpty ? "" : space + $0 }.joined(separator: "\n")
    }
}

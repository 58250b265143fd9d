/// Breaks a label into lines that fit beside their neighbours.
package enum LabelWrap {
    /// About what a character of a tick label takes, pixels; the widest letters take a third more.
    private static let characterWidth = 7.0

    /// `text` in lines of at most `width` pixels, with a line feed between them: broken behind spaces and punctuation where
    /// possible, else anywhere.
    ///
    /// Lines that are there stay. A line has three characters at least, however narrow the place.
    package static func lines(_ text: String, width: Double) -> String {
        let most = max(3, Int(width / characterWidth) - 1)
        var lines: [String] = []
        for given in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var line = ""
            for part in parts(of: given) {
                var rest = Substring(part)
                if !line.isEmpty, line.count + part.count > most {
                    lines.append(line)
                    line = ""
                }
                while rest.count > most {
                    lines.append(String(rest.prefix(most)))
                    rest = rest.dropFirst(most)
                }
                line += rest
            }
            lines.append(line)
        }
        return lines.map { $0.trimmingEnd() }.joined(separator: "\n")
    }

    /// Pieces that a line may be broken between; each keeps what ends it.
    private static func parts(of text: Substring) -> [String] {
        var parts = [""]
        for character in text {
            parts[parts.count - 1].append(character)
            if " -_/:.@".contains(character) { parts.append("") }
        }
        return parts.filter { !$0.isEmpty }
    }
}

extension String {
    /// Without the spaces at its end.
    fileprivate func trimmingEnd() -> String {
        var result = self
        while result.last == " " { result.removeLast() }
        return result
    }
}

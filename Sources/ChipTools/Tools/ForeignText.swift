extension String {
    /// The text with control characters escaped and its length bounded: it may come from any file or tool.
    ///
    /// - Parameter limit: Unicode scalars that stay; what is longer ends in "...".
    func printable(limit: Int = 200) -> String {
        let scalars = unicodeScalars
        var text = scalars.prefix(limit).map { scalar -> String in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: scalar.escaped(asASCII: true)
            default: String(scalar)
            }
        }.joined()
        if scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex)
            .map({ $0 < scalars.endIndex }) ?? false
        {
            text += "..."
        }
        return text
    }

    /// The text as above, but with its line ends kept: the tail of what a tool printed.
    var printableLines: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable(limit: 400) }
            .joined(separator: "\n")
    }
}

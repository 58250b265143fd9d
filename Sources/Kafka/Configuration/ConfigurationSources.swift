extension KafkaConfiguration {
    /// The prefix of environment variables that set properties.
    public static let environmentPrefix = "HASHIFLEX_KAFKA_"

    /// Parses a configuration file: one `property=value` a line; blank lines and lines starting with `#` are
    /// skipped; blanks around name and value are dropped.
    ///
    /// - Throws: ``KafkaConfigurationError/notAnAssignment(text:line:)`` with the line's number. The text of the
    ///   error never contains a value.
    public static func parse(file text: String) throws(KafkaConfigurationError) -> [(String, String)] {
        var result: [(String, String)] = []
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        for (index, line) in lines.enumerated() {
            let content = trimmed(line)
            if content.isEmpty || content.hasPrefix("#") { continue }
            result.append(try assignment(content, line: index + 1))
        }
        return result
    }

    /// Parses one `property=value` of the command line; only the first `=` divides.
    ///
    /// - Throws: ``KafkaConfigurationError/notAnAssignment(text:line:)``.
    public static func parse(assignment text: String) throws(KafkaConfigurationError) -> (String, String) {
        try assignment(trimmed(text[...]), line: 0)
    }

    /// The properties set by environment variables: `HASHIFLEX_KAFKA_SASL_PASSWORD` sets `sasl.password`.
    ///
    /// The one property with an underscore in its name, `log_level`, keeps it. Sorted by name.
    public static func fromEnvironment(_ environment: [String: String]) -> [(String, String)] {
        var result: [(String, String)] = []
        for (variable, value) in environment.sorted(by: { $0.key < $1.key }) {
            guard variable.hasPrefix(environmentPrefix), variable.count > environmentPrefix.count else {
                continue
            }
            let rest = variable.dropFirst(environmentPrefix.count).lowercased()
            let name = rest == "log_level" ? rest : String(rest.map { $0 == "_" ? "." : $0 })
            result.append((name, value))
        }
        return result
    }

    /// The environment variable that sets a property, as ``fromEnvironment(_:)`` reads it.
    public static func environmentVariable(of property: String) -> String {
        // Of two names of a property the child must not find another value under the other one.
        environmentPrefix
            + String(PropertyAliases.canonical(property).uppercased().map { $0 == "." ? "_" : $0 })
    }

    private static func assignment(
        _ text: String,
        line: Int
    ) throws(KafkaConfigurationError) -> (String, String) {
        let equals = text.firstIndex(of: "=")
        let name = trimmed(text[..<(equals ?? text.endIndex)])
        guard let equals, !name.isEmpty, !name.contains(where: \.isWhitespace) else {
            throw .notAnAssignment(text: shown(name), line: line)
        }
        return (name, trimmed(text[text.index(after: equals)...]))
    }

    /// The first word, if it can only be a property's name: a slipped line may well be a piece of a secret.
    private static func shown(_ text: String) -> String {
        let word = text.prefix { !$0.isWhitespace && $0 != ":" }
        let isName = word.allSatisfy { ("a"..."z").contains($0) || $0 == "." || $0 == "_" }
        return isName ? String(word) : "(not shown)"
    }

    private static func trimmed(_ text: Substring) -> String {
        var rest = text
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}

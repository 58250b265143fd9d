/// What may stand at the cursor: the answer to the completion scripts, which ask on every tab.
enum Completion {
    /// Tells the script to offer file names.
    static let files = ":files"

    /// One candidate a line, `word TAB what it is`, or ``files``.
    ///
    /// `words` are those after the program's name; the last one is being typed, and may be empty.
    static func lines(_ words: [String], _ root: CommandPath) -> String {
        var path = root
        var rest = words.dropLast()
        let word = words.last ?? ""
        let isHelp = rest.first == "help"
        if isHelp { rest.removeFirst() }
        while !path.subcommands.isEmpty, let name = rest.first, !name.isOption {
            guard let next = try? path.subcommand(name) else { return "" }
            (path, rest) = (next, rest.dropFirst())
        }
        let known = path.arguments + path.builtIn
        var taken = 0
        var isPlain = false
        // The option whose value comes next.
        var open: ArgumentDefinition?
        for earlier in rest {
            if open != nil {
                open = nil
            } else if isPlain || !earlier.isOption {
                taken += 1
            } else {
                isPlain = earlier == "--"
                open = known.first { $0.kind == .option && $0.names.contains(earlier) }
            }
        }
        if let open { return values(of: open, word) }
        if !path.subcommands.isEmpty, !word.hasPrefix("-") {
            let help = path.types.count == 1 && !isHelp ? [("help", "Show the help of a command.")] : []
            return list(path.listed.map { ($0.name, $0.configuration.abstract) } + help, word)
        }
        if isHelp { return "" }
        if !isPlain, word.hasPrefix("--"), let equals = word.firstIndex(of: "=") {
            let option = known.first { $0.names.contains(String(word[..<equals])) && $0.kind == .option }
            return option.map { values(of: $0, word, prefix: word[...equals]) } ?? ""
        }
        if !isPlain, word.hasPrefix("-") {
            let given = rest.map { String($0.prefix { $0 != "=" }) }
            let fresh = known.filter { $0.isRepeating || !$0.names.contains(where: given.contains) }
            return list(fresh.flatMap { option in option.names.map { ($0, option.help.abstract) } }, word)
        }
        let places = known.filter { $0.kind == .positional }
        let place = taken < places.count ? places[taken] : places.last { $0.isRepeating }
        return place.map { values(of: $0, word) } ?? ""
    }

    private static func values(
        of argument: ArgumentDefinition, _ word: String, prefix: Substring = ""
    ) -> String {
        argument.mayBePath ? files : list(argument.values.map { (prefix + $0, "") }, word)
    }

    private static func list(_ candidates: [(word: String, text: String)], _ typed: String) -> String {
        candidates.filter { $0.word.hasPrefix(typed) }
            .map { $0.text.isEmpty ? $0.word : "\($0.word)\t\($0.text)" }.joined(separator: "\n")
    }
}

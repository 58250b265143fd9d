/// Hands the words of a command line to a command's arguments.
struct ArgumentReader {
    private let bound: [BoundArgument]
    private var given: Set<Int> = []
    private var places: [String] = []

    /// Reads `words` into `arguments`.
    static func read(_ words: ArraySlice<String>, into arguments: any ParsableArguments) throws(UsageError) {
        var reader = ArgumentReader(bound: BoundArgument.all(of: arguments))
        var rest = words
        while let word = rest.popFirst() {
            if word == "--" {
                reader.places += rest
                break
            }
            if !word.isOption {
                reader.places.append(word)
            } else if word.hasPrefix("--") {
                try reader.long(word, &rest)
            } else {
                try reader.short(word, &rest)
            }
        }
        try reader.placed()
        for (index, argument) in reader.bound.enumerated()
        where argument.definition.isRequired && !reader.given.contains(index) {
            throw UsageError(
                "Missing expected argument '\(argument.definition.title)'", about: argument.definition)
        }
    }

    private init(bound: [BoundArgument]) { self.bound = bound }

    /// `--name`, `--name value`, `--name=value`.
    private mutating func long(_ word: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let index = try index(of: String(parts[0]))
        if bound[index].definition.kind == .flag {
            return try parts.count == 2 ? refuse(String(parts[1]), for: String(parts[0])) : take("", index)
        }
        let text = try parts.count == 2 ? String(parts[1]) : value(for: index, &rest)
        try take(text, index)
    }

    /// `-f`, `-n value`, `-nvalue`, `-n=value`, and several flags behind one hyphen.
    private mutating func short(_ word: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
        var letters = word.dropFirst()
        while let letter = letters.popFirst() {
            let index = try index(of: "-\(letter)")
            let joined = String(letters.first == "=" ? letters.dropFirst() : letters)
            if bound[index].definition.kind == .option {
                let text = try letters.isEmpty ? value(for: index, &rest) : joined
                return try take(text, index)
            }
            if letters.first == "=" { try refuse(joined, for: "-\(letter)") }
            try take("", index)
        }
    }

    /// The next word, unless it is an option.
    private func value(for index: Int, _ rest: inout ArraySlice<String>) throws(UsageError) -> String {
        if let next = rest.first, !next.isOption {
            rest.removeFirst()
            return next
        }
        let definition = bound[index].definition
        let way = definition.preferredName + (definition.preferredName.hasPrefix("--") ? "=" : "")
        let refused = rest.first.flatMap { $0 == "--" || (try? self.index(of: $0)) != nil ? nil : $0.shown }
        let hint = refused.map { "; to pass '\($0)', write '\(way)\($0)'" } ?? ""
        throw UsageError("Missing value for '\(definition.title)'\(hint)", about: definition)
    }

    /// Gives every positional argument its share: one each, the rest to the one that repeats.
    private mutating func placed() throws(UsageError) {
        var rest = places[...]
        for index in bound.indices where bound[index].definition.kind == .positional {
            while let text = rest.popFirst() {
                try take(text, index)
                if !bound[index].definition.isRepeating { break }
            }
        }
        if rest.isEmpty { return }
        let list =
            rest.prefix(8).map { "'\($0.shown)'" }.joined(separator: ", ") + (rest.count > 8 ? ", ..." : "")
        throw UsageError(
            rest.count == 1 ? "Unexpected argument \(list)" : "\(rest.count) unexpected arguments: \(list)")
    }

    private mutating func take(_ text: String, _ index: Int) throws(UsageError) {
        let definition = bound[index].definition
        given.insert(index)
        if bound[index].accept(text) { return }
        let known =
            definition.values.isEmpty ? "" : ": it is one of \(definition.values.joined(separator: ", "))"
        throw UsageError(
            "The value '\(text.shown)' is invalid for '\(definition.title)'\(known)", about: definition)
    }

    private func refuse(_ value: String, for name: String) throws(UsageError) {
        throw UsageError("The option '\(name)' does not take any value, but '\(value.shown)' was specified.")
    }

    private func index(of name: String) throws(UsageError) -> Int {
        if let index = bound.firstIndex(where: { $0.definition.names.contains(name) }) { return index }
        let names = bound.flatMap(\.definition.names) + ["--help", "--version"]
        let near = name.hasPrefix("--") ? Spelling.near(name, names.filter { $0.hasPrefix("--") }) : nil
        throw UsageError("Unknown option '\(name.shown)'", near: near)
    }
}

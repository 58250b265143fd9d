/// Hands the words of a command line to a command's arguments.
struct ArgumentReader {
    private let bound: [BoundArgument]
    /// Names that the command does not declare but has.
    private let builtIn: [String]
    private var given: Set<Int> = []
    private var places: [String] = []

    /// Reads `words` into `arguments`.
    static func read(
        _ words: ArraySlice<String>, into arguments: any ParsableArguments, builtIn: [String]
    ) throws(UsageError) {
        var reader = ArgumentReader(bound: BoundArgument.all(of: arguments), builtIn: builtIn)
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

    private init(bound: [BoundArgument], builtIn: [String]) { (self.bound, self.builtIn) = (bound, builtIn) }

    /// `--name`, `--name value`, `--name=value`.
    private mutating func long(_ word: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
        // By bytes: an accent behind the = would make one character of both.
        let equals = word.utf8.firstIndex(of: UInt8(ascii: "="))
        let name = String(word[..<(equals ?? word.endIndex)])
        let joined = equals.map { String(word[word.utf8.index(after: $0)...]) }
        if let joined, builtIn.contains(name) { try refuse(joined, for: name) }
        let index = try index(of: name)
        if bound[index].definition.kind == .flag {
            return try joined == nil ? take("", index) : refuse(joined ?? "", for: name)
        }
        let text: String
        if let joined { text = joined } else { text = try value(for: index, &rest) }
        try take(text, index)
    }

    /// `-f`, `-n value`, `-nvalue`, `-n=value`, and several flags behind one hyphen.
    private mutating func short(_ word: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
        var letters = word.dropFirst()
        while let letter = letters.popFirst() {
            let index = try index(of: "-\(letter)")
            let isJoined = letters.utf8.first == UInt8(ascii: "=")
            let isOption = bound[index].definition.kind == .option
            if isOption, letters.isEmpty { return try take(value(for: index, &rest), index) }
            if isOption {
                return try take(
                    isJoined ? String(letters.unicodeScalars.dropFirst()) : String(letters), index)
            }
            if isJoined { try refuse(String(letters.unicodeScalars.dropFirst()), for: "-\(letter)") }
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
        let refused = rest.first.flatMap { $0 == "--" || isKnown($0) ? nil : $0.shown }
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

    /// Whether `word` begins with the name of an argument: then it is no value that somebody forgot to join.
    private func isKnown(_ word: String) -> Bool {
        let name = word.hasPrefix("--") ? String(word.prefix { $0 != "=" }) : String(word.prefix(2))
        return (bound.flatMap(\.definition.names) + builtIn).contains(name)
    }

    private func index(of name: String) throws(UsageError) -> Int {
        if let index = bound.firstIndex(where: { $0.definition.names.contains(name) }) { return index }
        let names = (bound.flatMap(\.definition.names) + builtIn).filter { $0.hasPrefix("--") }
        throw UsageError(
            "Unknown option '\(name.shown)'", near: name.hasPrefix("--") ? Spelling.near(name, names) : nil)
    }
}

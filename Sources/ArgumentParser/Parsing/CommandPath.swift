/// A command and those above it: `hashiflex head push`.
struct CommandPath: Sendable {
    let types: [any ParsableCommand.Type]

    var type: any ParsableCommand.Type { types[types.count - 1] }
    var configuration: CommandConfiguration { type.configuration }
    var names: [String] { types.map { $0.configuration.commandName ?? "\($0)".kebabCase } }
    var name: String { names[names.count - 1] }
    /// What is typed to get here.
    var text: String { names.joined(separator: " ") }
    /// What `--version` prints; the nearest command that has a version decides.
    var version: String { types.reversed().map { $0.configuration.version }.first { !$0.isEmpty } ?? "" }

    var groups: [(name: String, commands: [CommandPath])] {
        configuration.groups.map { ($0.name, $0.subcommands.map { CommandPath(types: types + [$0]) }) }
    }
    var subcommands: [CommandPath] { groups.flatMap(\.commands) }
    /// The subcommands that are no secret.
    var listed: [CommandPath] { subcommands.filter(\.configuration.shouldDisplay) }

    /// The arguments that the command declares.
    var arguments: [ArgumentDefinition] { BoundArgument.all(of: type.init()).map(\.definition) }

    /// The arguments that every command has, and at the root those for shells and manuals.
    var builtIn: [ArgumentDefinition] {
        let version = ArgumentDefinition(.flag, .long, "Show the version.", String.self).named("version")
        let help = ArgumentDefinition(.flag, .shortAndLong, "Show help information.", String.self).named(
            "help")
        let request = types.count > 1 ? [] : BoundArgument.all(of: ShellRequest()).map(\.definition)
        return request + (self.version.isEmpty ? [help] : [version, help])
    }

    /// - Throws: ``UsageError`` with what may have been meant.
    func subcommand(_ word: String) throws(UsageError) -> CommandPath {
        if let next = subcommands.first(where: { $0.name == word }) { return next }
        throw UsageError(
            "Unknown subcommand '\(word.shown)'",
            near: Spelling.near(word, listed.map(\.name) + (types.count == 1 ? ["help"] : [])))
    }
}

extension String {
    /// Whether the parser takes the text for an option: `-` alone and negative numbers are values.
    var isOption: Bool { hasPrefix("-") && self != "-" && Double(argument: self) == nil }
}

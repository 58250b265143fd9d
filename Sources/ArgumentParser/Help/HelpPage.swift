/// The help of one command.
struct HelpPage {
    /// Where texts begin; a label that reaches this far gets a line of its own.
    private static let textColumn = 26
    private static let discussionColumn = 8
    /// Usage lines list at most this many arguments.
    private static let usageArgumentsMax = 12

    private let path: CommandPath
    private let arguments: [ArgumentDefinition]

    init(_ path: CommandPath) {
        self.path = path
        arguments = path.arguments
    }

    /// `hashiflex head push [--as <as>] <file>`; with many arguments only those that must be given.
    var usage: String {
        guard path.subcommands.isEmpty else { return "\(path.text) <subcommand>" }
        if arguments.isEmpty { return path.text }
        let isLong = arguments.count > Self.usageArgumentsMax
        let kept = isLong ? arguments.filter { $0.kind == .positional || $0.isRequired } : arguments
        let parts = isLong ? [kept.isEmpty ? "<options>" : "[<options>]"] : []
        return ([path.text] + parts + kept.map(\.synopsis)).joined(separator: " ")
    }

    /// The last lines of an error message.
    var pointer: String {
        "Usage: \(usage)\n  See '\(path.text) --help' for more information."
    }

    func text(columns: Int) -> String {
        let configuration = path.configuration
        var blocks = ["OVERVIEW: \(configuration.abstract)".wrapped(to: columns)]
        if configuration.abstract.isEmpty { blocks = [] }
        if !configuration.discussion.isEmpty { blocks.append(configuration.discussion.wrapped(to: columns)) }
        blocks.append("USAGE: \(usage)")
        let places = arguments.filter { $0.kind == .positional }
        let options = arguments.filter { $0.kind != .positional } + path.builtIn
        for (title, list) in [("ARGUMENTS", places), ("OPTIONS", options)] where !list.isEmpty {
            blocks.append("\(title):\n" + list.map { row($0, columns) }.joined(separator: "\n"))
        }
        for group in path.groups {
            let rows = group.commands.filter(\.configuration.shouldDisplay).map {
                row($0.name, $0.configuration.abstract, columns)
            }
            let title = group.name.isEmpty ? "SUBCOMMANDS" : "\(group.name.uppercased()) SUBCOMMANDS"
            if !rows.isEmpty { blocks.append("\(title):\n" + rows.joined(separator: "\n")) }
        }
        if !path.subcommands.isEmpty {
            let words = [path.names[0], "help"] + path.names.dropFirst() + ["<subcommand>"]
            blocks.append("  See '\(words.joined(separator: " "))' for detailed help.")
        }
        return blocks.joined(separator: "\n\n")
    }

    private func row(_ argument: ArgumentDefinition, _ columns: Int) -> String {
        let text = [argument.help.abstract, argument.limits].filter { !$0.isEmpty }.joined(separator: " ")
        let first = row(argument.label, text, columns)
        if argument.help.discussion.isEmpty { return first }
        return first + "\n" + argument.help.discussion.wrapped(to: columns, indent: Self.discussionColumn)
    }

    private func row(_ label: String, _ text: String, _ columns: Int) -> String {
        let label = "  \(label)"
        if text.isEmpty { return label }
        let body = text.wrapped(to: columns, indent: Self.textColumn)
        guard label.count < Self.textColumn else { return "\(label)\n\(body)" }
        return label + body.dropFirst(label.count)
    }
}

extension ArgumentDefinition {
    /// As lists show it: `-o, --output <output>`.
    var label: String {
        let spelled = names.isEmpty ? [] : [names.joined(separator: ", ")]
        return (spelled + (kind == .flag ? [] : [placeholder])).joined(separator: " ")
    }

    /// As a usage line shows it: `[--limit <limit>]`.
    var synopsis: String {
        let text = title + (isRepeating ? " ..." : "")
        return isRequired ? text : "[\(text)]"
    }

    /// Legal values and the default, in brackets; empty where there is nothing to say.
    var limits: String {
        let parts = [
            values.isEmpty ? "" : "values: \(values.joined(separator: ", "))",
            defaultText.isEmpty ? "" : "default: \(defaultText)",
        ].filter { !$0.isEmpty }
        return parts.isEmpty ? "" : "(\(parts.joined(separator: "; ")))"
    }
}

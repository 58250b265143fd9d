/// The manual page of a command and everything below it, in the man(7) language.
struct ManualPage {
    private let root: CommandPath
    private let date: String

    init(_ root: CommandPath, date: String) {
        self.root = root
        self.date = date
    }

    var text: String {
        let title = ".TH \(Self.quoted(root.name.uppercased())) 1 \(date) \(Self.quoted(source))"
        var lines = [
            title, ".SH NAME", "\(Self.plain(root.name)) \\- \(Self.plain(root.configuration.abstract))",
        ]
        lines += [".SH SYNOPSIS"] + Self.usage(root) + [".SH DESCRIPTION"]
        lines += Self.paragraphs(
            root.configuration.discussion.isEmpty
                ? root.configuration.abstract : root.configuration.discussion)
        lines += [".SH OPTIONS"] + Self.rows(root)
        let commands = Self.below(root)
        if !commands.isEmpty { lines.append(".SH COMMANDS") }
        for command in commands { lines += Self.section(command) }
        return lines.joined(separator: "\n")
    }

    private var source: String { "\(root.name) \(root.version.split(separator: "\n").first ?? "")" }

    /// Every command below `path` that help lists, depth first.
    private static func below(_ path: CommandPath) -> [CommandPath] {
        path.listed.flatMap { [$0] + below($0) }
    }

    private static func section(_ path: CommandPath) -> [String] {
        var lines =
            [".SS \(quoted(path.text))"] + usage(path) + [".PP"] + paragraphs(path.configuration.abstract)
        if !path.configuration.discussion.isEmpty {
            lines += [".PP"] + paragraphs(path.configuration.discussion)
        }
        return lines + rows(path)
    }

    private static func usage(_ path: CommandPath) -> [String] {
        [".B \(plain(path.text))"] + filled(String(HelpPage(path).usage.dropFirst(path.text.count + 1)))
    }

    /// A tagged paragraph for each argument; `--help` and the version only at the root.
    private static func rows(_ path: CommandPath) -> [String] {
        let own = path.arguments
        return (own + (path.types.count == 1 ? path.builtIn : [])).flatMap { argument in
            let text = [argument.help.abstract, argument.help.discussion, argument.limits]
            return [".TP", ".B \(plain(argument.label))"] + filled(text.joined(separator: " "))
        }
    }

    /// Running text; lines that begin with a space stay as they are.
    private static func paragraphs(_ text: String) -> [String] {
        var lines: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty {
                lines.append(".PP")
            } else if line.first == " " {
                if lines.last == ".fi" { lines.removeLast() } else { lines.append(".nf") }
                lines += [plain(String(line)), ".fi"]
            } else {
                lines += filled(String(line))
            }
        }
        return lines
    }

    /// Text in lines of at most 64 characters: escapes make them longer.
    private static func filled(_ text: String) -> [String] {
        text.split(separator: " ").joined(separator: " ").wrapped(to: 64).split(separator: "\n")
            .map { plain(String($0)) }
    }

    private static func quoted(_ text: String) -> String {
        "\"" + plain(text).replacing("\"", with: "\\(dq") + "\""
    }

    /// The text without meaning for roff: no escapes, no request at the start of a line, hyphens to copy.
    private static func plain(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
        return escaped.first.map { ".'".contains($0) } == true ? "\\&" + escaped : escaped
    }
}

internal import Glibc

extension ParsableCommand {
    /// Parses the program's arguments and runs the command they name; the program's entry.
    public static func main() { main(nil) }

    /// Parses `arguments`, or the program's own, and runs the command they name. Returns only if all went well.
    public static func main(_ arguments: [String]?) {
        let columns = Terminal.columns
        var path = CommandPath(types: [Self.self])
        do {
            let (found, rest) = try path.find(arguments ?? Array(CommandLine.arguments.dropFirst()), columns)
            path = found
            var command = try path.parse(rest, columns)
            try command.run()
        } catch {
            let end = Ending(error, at: path, columns: columns)
            let isWritten =
                end.text.isEmpty || Terminal.write(end.text + "\n", to: end.code == .success ? 1 : 2)
            // Only what was asked for is worth an error of its own if it can not be written.
            exit(isWritten || end.code != .success ? end.code.rawValue : EX_IOERR)
        }
    }

    /// The command that `arguments` name, checked and ready to run.
    ///
    /// - Throws: an error for ``fullMessage(for:)`` and ``exitCode(for:)``; what `--help` prints is one, with code 0.
    public static func parseAsRoot(_ arguments: [String], columns: Int = 80) throws -> any ParsableCommand {
        let (path, rest) = try CommandPath(types: [Self.self]).find(arguments, columns)
        return try path.parse(rest, columns)
    }

    /// What is printed for an error of ``parseAsRoot(_:columns:)`` or of a command; empty for an ``ExitCode``.
    public static func fullMessage(for error: any Error) -> String {
        Ending(error, at: CommandPath(types: [Self.self]), columns: 80).text
    }

    /// The code that the program ends with after an error.
    public static func exitCode(for error: any Error) -> ExitCode {
        Ending(error, at: CommandPath(types: [Self.self]), columns: 80).code
    }
}

extension CommandPath {
    /// The command that `arguments` name and what is left for it, unless they ask for help or something to print.
    func find(_ arguments: [String], _ columns: Int) throws -> (CommandPath, ArraySlice<String>) {
        var path = self
        do {
            if let text = try ShellRequest.answer(arguments, self) { throw Ending(.success, text) }
            let isHelp = arguments.first == "help"
            var rest = isHelp ? arguments.dropFirst() : arguments[...]
            while let word = rest.first, !word.isOption, !path.subcommands.isEmpty {
                path = try path.subcommand(word)
                rest = rest.dropFirst()
            }
            // An option never takes a word like these for its value, so wherever they stand they are meant.
            let asked = Set(rest.prefix { $0 != "--" })
            if isHelp || asked.contains("--help") || asked.contains("-h") { throw HelpRequest() }
            if asked.contains("--version"), !path.version.isEmpty { throw Ending(.success, path.version) }
            return (path, rest)
        } catch {
            throw Ending(error, at: path, columns: columns)
        }
    }

    /// The command, filled with `words` and checked.
    func parse(_ words: ArraySlice<String>, _ columns: Int) throws -> any ParsableCommand {
        var command: any ParsableCommand = type.init()
        do {
            try ArgumentReader.read(words, into: command, builtIn: builtIn.flatMap(\.names))
            try BoundArgument.validate(&command)
            return command
        } catch {
            throw Ending(error, at: self, columns: columns)
        }
    }
}

/// Where messages are read.
private enum Terminal {
    /// Width in characters, 40 or more: `COLUMNS`, else what the terminal says, else 80.
    static var columns: Int {
        if let text = getenv("COLUMNS"), let width = Int(String(cString: text)), width > 0 {
            return max(40, width)
        }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return max(40, Int(size.ws_col))
    }

    /// Writes all of `text`, unbuffered; `false` if that fails.
    static func write(_ text: String, to descriptor: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { return false }
            rest = rest.dropFirst(max(0, count))
        }
        return true
    }
}

internal import Glibc

/// A shell for which there is a completion script.
enum Shell: String, CaseIterable, ExpressibleByArgument { case bash, zsh, fish }

/// What a root command prints for shells and manuals, instead of running.
struct ShellRequest: ParsableArguments {
    @Option(help: "Print a completion script for a shell.") var generateCompletionScript: Shell?
    @Flag(help: "Print the manual page, for man(1).") var generateManual = false

    /// What `arguments` ask for, or `nil` if they ask for something else.
    static func answer(_ arguments: [String], _ root: CommandPath) throws -> String? {
        guard let first = arguments.first else { return nil }
        if first == "---complete" { return Completion.lines(Array(arguments.dropFirst()), root) }
        guard first.hasPrefix("--generate-"), !arguments.contains("--help"), !arguments.contains("-h") else {
            return nil
        }
        let request = ShellRequest()
        try ArgumentReader.read(arguments[...], into: request, builtIn: ["--help", "-h", "--version"])
        if let shell = request.generateCompletionScript { return CompletionScript.text(shell, root.name) }
        return request.generateManual ? ManualPage(root, date: today).text : nil
    }

    /// The date in `SOURCE_DATE_EPOCH`, for reproducible builds, if it lies before the year 10,000, else today's;
    /// `YYYY-MM-DD`, UTC.
    private static var today: String {
        let given = getenv("SOURCE_DATE_EPOCH").flatMap { Int(String(cString: $0)) } ?? -1
        var seconds = (0..<253_402_300_800).contains(given) ? given : time(nil)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let fields = [parts.tm_mon + 1, parts.tm_mday].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return ([String(parts.tm_year + 1900)] + fields).joined(separator: "-")
    }
}

/// Why an external program gave no result.
public enum ToolError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No such program on PATH, or at the path given.
    case missing(program: String, debianPackage: String?)
    /// The program is there and could not be started.
    case notStarted(program: String, reason: String)
    /// It ended with an exit code that is not zero.
    case ended(program: String, code: Int, lastLines: [String])
    /// A signal ended it: out of memory, or somebody.
    case killed(program: String, signal: Int, lastLines: [String])
    /// It ran past its time limit and was killed with all its children.
    case timedOut(program: String, seconds: Int, lastLines: [String])
    /// We were asked to stop, and it was killed for that.
    case interrupted(program: String)
    /// It ended well, and what it printed is not what we read.
    case unreadable(program: String, what: String, lastLines: [String])

    /// One message that names the program, what happened and what to do, then the end of its output.
    public var description: String {
        switch self {
        case .missing(let program, let package):
            let install = package.map { "; Debian has it in the package \($0)" } ?? ""
            return "\(program.printable()) is not installed or not executable\(install)"
        case .notStarted(let program, let reason):
            return "\(program.printable()) cannot be started: \(reason.printable())"
        case .ended(let program, let code, let lines):
            return "\(program.printable()) ended with code \(code)" + Self.quote(lines)
        case .killed(let program, let signal, let lines):
            let hint = signal == 9 ? "; out of memory is the usual reason" : ""
            return "\(program.printable()) was killed by signal \(signal)\(hint)" + Self.quote(lines)
        case .timedOut(let program, let seconds, let lines):
            return "\(program.printable()) was still running after \(seconds) s and was killed; "
                + "give it more time or less work" + Self.quote(lines)
        case .interrupted(let program): return "\(program.printable()) was stopped"
        case .unreadable(let program, let what, let lines):
            return "\(program.printable()) printed nothing that we understand: \(what.printable())"
                + Self.quote(lines)
        }
    }

    private static func quote(_ lines: [String]) -> String {
        lines.isEmpty
            ? "" : "; it printed last:\n" + lines.map { "  " + $0.printable(limit: 400) }.joined(separator: "\n")
    }
}

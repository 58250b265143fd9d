/// Ends the program with a code and no message: what is to be said has been said.
public struct ExitCode: Error, Hashable, Sendable {
    /// What the parent process sees, `0...255`.
    public let rawValue: Int32

    /// A code of `sysexits.h`, or one of the program's own.
    public init(_ code: Int32) { rawValue = code }

    /// All went well.
    public static let success = ExitCode(0)
    /// Something went wrong.
    public static let failure = ExitCode(1)
    /// The command was typed wrongly: `EX_USAGE`.
    public static let validationFailure = ExitCode(64)
}

/// Values that do not go together or lie outside their range.
public struct ValidationError: Error, CustomStringConvertible, Sendable {
    /// What is wrong and what is legal, for the person who typed it.
    public let message: String

    /// An error with this message.
    public init(_ message: String) { self.message = message }

    /// The message.
    public var description: String { message }
}

/// A command that does nothing but group others was run.
struct HelpRequest: Error {}

/// Words that fit no declaration.
struct UsageError: Error {
    let text: String
    /// The argument that the message is about, whose help is worth a line.
    let argument: ArgumentDefinition?

    /// `near` is what may have been meant.
    init(_ text: String, about argument: ArgumentDefinition? = nil, near: String? = nil) {
        self.text = text + (near.map { ". Did you mean '\($0)'?" } ?? "")
        self.argument = argument
    }
}

/// How the program ends: with which code, and what it prints, on standard output if the code is 0.
struct Ending: Error {
    let code: ExitCode
    let text: String

    init(_ code: ExitCode, _ text: String) { (self.code, self.text) = (code, text) }

    init(_ error: any Error, at path: CommandPath, columns: Int) {
        let page = HelpPage(path)
        switch error {
        case let ending as Ending: self = ending
        case let code as ExitCode: self.init(code, "")
        case is HelpRequest: self.init(.success, page.text(columns: columns))
        case let error as ValidationError:
            self.init(.validationFailure, "Error: \(error.message.escaped)\n\(page.pointer)")
        case let error as UsageError:
            let help =
                error.argument.map {
                    $0.help.abstract.isEmpty ? "" : "Help:  \($0.title)  \($0.help.abstract)\n"
                } ?? ""
            self.init(.validationFailure, "Error: \(error.text)\n\(help)\(page.pointer)")
        default: self.init(.failure, "Error: \(error)")
        }
    }
}

extension String {
    /// The text with control characters escaped: it may come from anywhere.
    var escaped: String {
        unicodeScalars.map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: scalar.escaped(asASCII: true)
            default: String(scalar)
            }
        }.joined()
    }

    /// The text as messages quote it: escaped, and cut at 200 characters.
    var shown: String {
        String(String.UnicodeScalarView(unicodeScalars.prefix(200))).escaped
            + (unicodeScalars.count > 200 ? "..." : "")
    }
}

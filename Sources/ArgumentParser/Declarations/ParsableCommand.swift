/// Arguments that belong together: stored properties with ``Option``, ``Flag``, ``Argument``, ``OptionGroup``.
public protocol ParsableArguments: SendableMetatype {
    /// The arguments with their defaults, which is also where the parser reads the declarations.
    init()

    /// Checks what types can not say, after parsing and after the groups inside.
    ///
    /// - Throws: ``ValidationError`` with a message for the person who typed the command.
    mutating func validate() throws
}

extension ParsableArguments {
    /// Accepts everything.
    public mutating func validate() throws {}
}

/// A command: its arguments, or its subcommands.
///
/// A command has one or the other: arguments of its own beside subcommands are not offered.
public protocol ParsableCommand: ParsableArguments {
    /// Name, texts, subcommands.
    static var configuration: CommandConfiguration { get }

    /// Does what the command is for. A command that only groups others shows its help.
    mutating func run() throws
}

extension ParsableCommand {
    /// A command named after its type, without texts.
    public static var configuration: CommandConfiguration { CommandConfiguration() }

    /// Shows the command's help.
    public mutating func run() throws { throw HelpRequest() }
}

/// How a command presents itself.
public struct CommandConfiguration: Sendable {
    let commandName: String?
    let abstract: String
    let discussion: String
    let version: String
    let shouldDisplay: Bool
    let groups: [CommandGroup]

    /// - Parameters:
    ///   - commandName: What is typed; by default the type's name in kebab case.
    ///   - abstract: One line.
    ///   - discussion: Paragraphs. Lines that begin with a space are shown as they are.
    ///   - version: What `--version` prints, taken over by subcommands; without it there is no such flag.
    ///   - shouldDisplay: Whether help lists the command.
    public init(
        commandName: String? = nil, abstract: String = "", discussion: String = "", version: String = "",
        shouldDisplay: Bool = true, subcommands: [any ParsableCommand.Type] = [],
        groupedSubcommands: [CommandGroup] = []
    ) {
        self.commandName = commandName
        self.abstract = abstract
        self.discussion = discussion
        self.version = version
        self.shouldDisplay = shouldDisplay
        let plain = subcommands.isEmpty ? [] : [CommandGroup(name: "", subcommands: subcommands)]
        groups = plain + groupedSubcommands
    }
}

/// Subcommands under a heading of their own in the help.
public struct CommandGroup: Sendable {
    let name: String
    let subcommands: [any ParsableCommand.Type]

    /// A heading and what stands below it.
    public init(name: String, subcommands: [any ParsableCommand.Type]) {
        self.name = name
        self.subcommands = subcommands
    }
}

import ArgumentParser

/// A program with one of everything that can be declared.
struct Toy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "toy", abstract: "Shows what the parser can do.",
        discussion: """
            A paragraph that is long enough to be wrapped at eighty columns, and at forty columns as well.

              toy mix a.txt --level 3 --output out.txt   # an example is never wrapped, however long it is
            """,
        version: "1.2.3", subcommands: [Mix.self],
        groupedSubcommands: [
            CommandGroup(name: "Tools", subcommands: [Tool.self, Secret.self])
        ])

    enum Mode: String, CaseIterable, ExpressibleByArgument { case fast, exact, bothAtOnce = "both-at-once" }

    struct Shared: ParsableArguments {
        @Option(help: ArgumentHelp("Where to look.", discussion: "Default: TOY_HOME, else the home folder."))
        var home: String?
        @Option(name: .customShort("X"), help: "A property, name=value. May be repeated.")
        var property: [String] = []

        func validate() throws {
            if home == "nowhere" { throw ValidationError("--home is somewhere") }
        }
    }

    struct Mix: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Mixes files.")

        @OptionGroup var shared: Shared
        @Option(help: "How much.") var level = 2
        @Option(help: "How strongly.") var strength: Double = 0.5
        @Option(help: "How.") var mode: Mode = .fast
        @Option(help: "A large one.") var seed: UInt64?
        @Option(help: "What to leave out, or nothing to keep it all.") var exceptFor: [Int64] = [7, 8]
        @Flag(help: "Say more.") var verbose = false
        @Flag(name: .shortAndLong, help: "Overwrite.") var force = false
        @Flag(name: [.customLong("dry-run"), .customShort("n")], help: "Do nothing.") var isDry = false
        @Option(name: .shortAndLong, help: "The file to write.") var output: String
        @Argument(help: "The first file.") var first: String
        @Argument(help: "More files.") var rest: [String] = []

        func validate() throws {
            guard (0...9).contains(level) else { throw ValidationError("--level is 0 to 9, not \(level)") }
        }
    }

    struct Tool: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tools.", subcommands: [Count.self, ListEverything.self])

        struct Count: ParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Counts.")
            @Argument(help: "From.") var from: Int
            @Argument(help: "To.") var to: Int?
        }
        struct ListEverything: ParsableCommand {}
    }

    struct Secret: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "secret", abstract: "Not for everyone.", shouldDisplay: false)
        func run() throws { throw ExitCode(7) }
    }

    /// Parses a line of words as `mix`.
    static func mix(_ words: String...) throws -> Mix {
        let command = try parseAsRoot(["mix"] + words)
        guard let mix = command as? Mix else { throw ValidationError("not mix but \(command)") }
        return mix
    }

    /// What is printed for words that do not parse, and the exit code.
    static func failure(_ words: String..., columns: Int = 80) -> (text: String, code: Int32) {
        failure(arguments: words, columns: columns)
    }

    /// The same for a list of words.
    static func failure(arguments words: [String], columns: Int = 80) -> (text: String, code: Int32) {
        do {
            return ("parsed: \(try parseAsRoot(words, columns: columns))", -1)
        } catch {
            return (fullMessage(for: error), exitCode(for: error).rawValue)
        }
    }
}

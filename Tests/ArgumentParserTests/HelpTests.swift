import ArgumentParser
import Testing

/// Help, to the letter.
@Suite struct HelpTests {
    @Test func aCommandWithArguments() {
        #expect(
            Toy.failure("help", "mix").text == """
                OVERVIEW: Mixes files.

                USAGE: toy mix [<options>] --output <output> <first> [<rest> ...]

                ARGUMENTS:
                  <first>                 The first file.
                  <rest>                  More files.

                OPTIONS:
                  --home <home>           Where to look.
                        Default: TOY_HOME, else the home folder.
                  -X <X>                  A property, name=value. May be repeated.
                  --level <level>         How much. (default: 2)
                  --strength <strength>   How strongly. (default: 0.5)
                  --mode <mode>           How. (values: fast, exact, both-at-once; default:
                                          fast)
                  --seed <seed>           A large one.
                  --except-for <except-for>
                                          What to leave out, or nothing to keep it all.
                                          (default: 7, 8)
                  --verbose               Say more.
                  -f, --force             Overwrite.
                  -n, --dry-run           Do nothing.
                  -o, --output <output>   The file to write.
                  --version               Show the version.
                  -h, --help              Show help information.
                """)
    }

    @Test func aCommandOfCommandsListsThemByGroupAndHidesWhatIsHidden() {
        #expect(
            Toy.failure("--help").text == """
                OVERVIEW: Shows what the parser can do.

                A paragraph that is long enough to be wrapped at eighty columns, and at forty
                columns as well.

                  toy mix a.txt --level 3 --output out.txt   # an example is never wrapped, however long it is

                USAGE: toy <subcommand>

                OPTIONS:
                  --generate-completion-script <generate-completion-script>
                                          Print a completion script for a shell. (values: bash,
                                          zsh, fish)
                  --generate-manual       Print the manual page, for man(1).
                  --version               Show the version.
                  -h, --help              Show help information.

                SUBCOMMANDS:
                  mix                     Mixes files.

                TOOLS SUBCOMMANDS:
                  tool                    Tools.

                  See 'toy help <subcommand>' for detailed help.
                """)
    }

    @Test func namesComeFromTypesAndTheWayDownIsShown() {
        let text = Toy.failure("help", "tool").text
        #expect(text.contains("\n  list-everything\n"))
        #expect(text.hasSuffix("\n  See 'toy help tool <subcommand>' for detailed help."))
    }

    @Test func textsFollowTheWidth() {
        for width in [40, 61, 80, 133, 1_000] {
            for words in [["help"], ["help", "mix"]] {
                let text = Toy.failure(arguments: words, columns: width).text
                for line in text.split(separator: "\n")
                where !line.hasPrefix("USAGE") && !line.hasPrefix("  toy") && !line.contains("<") {
                    #expect(line.count <= width, "\(line)")
                }
            }
        }
        let space = "\n" + String(repeating: " ", count: 26)
        let narrow = [
            "  --mode <mode>           How. (values:", "fast, exact,", "both-at-once;", "default:", "fast)",
        ]
        #expect(Toy.failure("help", "mix", columns: 40).text.contains(narrow.joined(separator: space)))
    }

    @Test func moreThanTwelveArgumentsAreNotListedInTheUsage() {
        #expect(
            Many.fullMessage(for: ValidationError("x")) == "Error: x\n"
                + "Usage: many [<options>] <place> --must <must>\n  See 'many --help' for more information.")
    }

    @Test func twelveArgumentsAreListedAndOptionsAloneAreNotInBrackets() {
        let listed = (1...12).map { " [--b\($0)]" }.joined()
        #expect(Self.usage(Twelve.self) == "twelve\(listed)")
        #expect(Self.usage(Thirteen.self) == "thirteen <options>")
    }

    @Test func namesSplitAtWordsAndKeepAcronymsWhole() {
        struct NetworkONNX: ParsableCommand {}
        struct ONNXFileOf3D: ParsableCommand {}
        struct TLS13Only: ParsableCommand {}
        #expect(Self.usage(NetworkONNX.self) == "network-onnx")
        #expect(Self.usage(ONNXFileOf3D.self) == "onnx-file-of3-d")
        #expect(Self.usage(TLS13Only.self) == "tls13-only")
    }

    @Test func aLabelThatLeavesNoSpaceGetsALineOfItsOwn() {
        struct Labels: ParsableCommand {
            @Flag(name: .customLong("x23456789-123456789-1"), help: "Beside.") var beside = false
            @Flag(name: .customLong("x23456789-123456789-12"), help: "Below.") var below = false
            @Flag(name: .customLong("x23456789-123456789-123")) var bare = false
        }
        #expect(
            Self.help(Labels.self).contains(
                """

                OPTIONS:
                  --x23456789-123456789-1 Beside.
                  --x23456789-123456789-12
                                          Below.
                  --x23456789-123456789-123
                  --
                """))
    }

    @Test func whatIsEmptyLeavesNoTrace() {
        struct Bare: ParsableCommand {
            static let configuration = CommandConfiguration(groupedSubcommands: [
                CommandGroup(name: "Hidden", subcommands: [Toy.Secret.self]),
                CommandGroup(name: "Shown", subcommands: [Toy.Tool.ListEverything.self]),
            ])
        }
        let text = Self.help(Bare.self)
        #expect(text.hasPrefix("USAGE: bare <subcommand>\n\nOPTIONS:\n"))
        #expect(text.contains("help information.\n\nSHOWN SUBCOMMANDS:\n  list-everything\n\n"))
    }

    @Test func aLineMayFillTheWidthAndEmptyLinesStayEmpty() {
        struct Lines: ParsableCommand {
            static let configuration = CommandConfiguration(discussion: "aaaa bbbb")
            @Flag(help: ArgumentHelp("Some.", discussion: "One.\n\nTwo.")) var some = false
        }
        #expect(Self.help(Lines.self, columns: 9).hasPrefix("aaaa bbbb\n\nUSAGE"))
        #expect(Self.help(Lines.self, columns: 8).hasPrefix("aaaa\nbbbb\n\nUSAGE"))
        #expect(Self.help(Lines.self).contains("Some.\n        One.\n\n        Two.\n  --"))
    }

    private static func usage(_ command: any ParsableCommand.Type) -> String {
        let lines = command.fullMessage(for: ValidationError("")).split(separator: "\n")
        return String(lines[1].dropFirst("Usage: ".count))
    }

    private static func help(_ command: any ParsableCommand.Type, columns: Int = 80) -> String {
        do {
            return "parsed: \(try command.parseAsRoot(["--help"], columns: columns))"
        } catch {
            return command.fullMessage(for: error)
        }
    }

    private struct Many: ParsableCommand {
        @Argument var place: String
        @Option var must: String
        @Flag var a1 = false
        @Flag var a2 = false
        @Flag var a3 = false
        @Flag var a4 = false
        @Flag var a5 = false
        @Flag var a6 = false
        @Flag var a7 = false
        @Flag var a8 = false
        @Flag var a9 = false
        @Flag var a10 = false
        @Flag var a11 = false
    }

    private struct Twelve: ParsableCommand {
        @Flag var b1 = false
        @Flag var b2 = false
        @Flag var b3 = false
        @Flag var b4 = false
        @Flag var b5 = false
        @Flag var b6 = false
        @Flag var b7 = false
        @Flag var b8 = false
        @Flag var b9 = false
        @Flag var b10 = false
        @Flag var b11 = false
        @Flag var b12 = false
    }

    private struct Thirteen: ParsableCommand {
        @OptionGroup var twelve: Twelve
        @Flag var b13 = false
    }
}

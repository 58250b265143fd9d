import ArgumentParser
import Testing

/// What a person reads when something is typed wrongly; every message ends with where to look.
@Suite struct MessageTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let words: [String]
        let says: String
        init(_ words: String..., says: String) { (self.words, self.says) = (words, says) }
        var testDescription: String { words.joined(separator: " ") }
    }

    static let cases = [
        Case("--nope", says: "Unknown option '--nope'"),
        Case("mxi", says: "Unknown subcommand 'mxi'. Did you mean 'mix'?"),
        Case("secre", says: "Unknown subcommand 'secre'"),
        Case("tool", "cuont", says: "Unknown subcommand 'cuont'. Did you mean 'count'?"),
        Case("tool", "list", says: "Unknown subcommand 'list'. Did you mean 'list-everything'?"),
        Case("help", "nope", says: "Unknown subcommand 'nope'"),
        Case("--", "mix", says: "Unexpected argument 'mix'"),
        Case("mix", "--levle", "3", says: "Unknown option '--levle'. Did you mean '--level'?"),
        Case("mix", "--excpt", says: "Unknown option '--excpt'"),
        Case("mix", "--except", "3", says: "Unknown option '--except'. Did you mean '--except-for'?"),
        Case("mix", "--verison", says: "Unknown option '--verison'. Did you mean '--version'?"),
        Case("mix", "--hepl", says: "Unknown option '--hepl'. Did you mean '--help'?"),
        Case("mix", "--q", says: "Unknown option '--q'"),
        Case("mix", "--help=x", says: "The option '--help' does not take any value, but 'x' was specified."),
        Case("hlep", says: "Unknown subcommand 'hlep'. Did you mean 'help'?"),
        Case("mix", "--level", "--mode=fast", says: "Missing value for '--level <level>'"),
        Case("mix", "--level", "-fn", says: "Missing value for '--level <level>'"),
        Case("mix", "--strength=0x10", says: "The value '0x10' is invalid for '--strength <strength>'"),
        Case("mix", "a", "-o", "x", "-inf", says: "Unknown option '-i'"),
        Case("mix", "-q", says: "Unknown option '-q'"),
        Case("mix", "-fq", says: "Unknown option '-q'"),
        Case("mix", "--level=x=y", says: "The value 'x=y' is invalid for '--level <level>'"),
        Case("mix", "--level", says: "Missing value for '--level <level>'"),
        Case("mix", "-X", says: "Missing value for '-X <X>'"),
        Case("mix", "--level", "--force", says: "Missing value for '--level <level>'"),
        Case("mix", "--level", "--", says: "Missing value for '--level <level>'"),
        Case(
            "mix", "--output", "-weird",
            says: "Missing value for '--output <output>'; to pass '-weird', write '--output=-weird'"),
        Case("mix", "-X", "-k=v", says: "Missing value for '-X <X>'; to pass '-k=v', write '-X-k=v'"),
        Case(
            "mix", "--mode", "slow",
            says: "The value 'slow' is invalid for '--mode <mode>': it is one of fast, exact, both-at-once"),
        Case(
            "mix", "--force=yes",
            says: "The option '--force' does not take any value, but 'yes' was specified."),
        Case("mix", "-f=yes", says: "The option '-f' does not take any value, but 'yes' was specified."),
        Case("mix", says: "Missing expected argument '--output <output>'"),
        Case("mix", "-o", "x", says: "Missing expected argument '<first>'"),
        Case("tool", "count", "1", "2", "3", says: "Unexpected argument '3'"),
        Case("tool", "count", "1", "2", "3", "4", says: "2 unexpected arguments: '3', '4'"),
        Case("tool", "count", "one", says: "The value 'one' is invalid for '<from>'"),
        Case("mix", "a", "-o", "x", "--home", "nowhere", says: "--home is somewhere"),
        Case("\u{1B}[31m\n", says: "Unknown subcommand '\\u{1B}[31m\\n'"),
        Case("mix", "--\u{202E}evil", says: "Unknown option '--\\u{202E}evil'"),
        Case("\u{2028}\u{2029}", says: "Unknown subcommand '\\u{2028}\\u{2029}'"),
        Case("tool", "count", "1", "2", "\u{1B}", says: "Unexpected argument '\\u{1B}'"),
        Case("mix", "--level=\u{1B}", says: "The value '\\u{1B}' is invalid for '--level <level>'"),
        Case(
            "mix", "--force=\u{1B}",
            says: "The option '--force' does not take any value, but '\\u{1B}' was specified."),
        Case(
            "mix", "-X", "-\u{1B}",
            says: "Missing value for '-X <X>'; to pass '-\\u{1B}', write '-X-\\u{1B}'"),
    ]

    @Test(arguments: cases) func namesWhatIsWrong(_ typed: Case) throws {
        let error = try #require(throws: (any Error).self) { try Toy.parseAsRoot(typed.words) }
        let lines = Toy.fullMessage(for: error).split(separator: "\n")
        #expect(lines.first == "Error: \(typed.says)")
        #expect(lines.dropLast().last?.hasPrefix("Usage: toy") == true)
        #expect(lines.last?.hasSuffix("--help' for more information.") == true)
        #expect(Toy.exitCode(for: error) == .validationFailure)
    }

    @Test func theWholeMessageNamesTheArgumentTheCommandAndTheWayOut() {
        #expect(
            Toy.failure("tool", "count", "x").text == """
                Error: The value 'x' is invalid for '<from>'
                Help:  <from>  From.
                Usage: toy tool count <from> [<to>]
                  See 'toy tool count --help' for more information.
                """)
    }

    @Test func whatIsMissingIsExplained() {
        for words in [["mix", "a"], ["mix", "a", "-o"]] {
            let text = Toy.failure(arguments: words).text
            #expect(
                text.contains("\nHelp:  --output <output>  The file to write.\nUsage: toy mix "), "\(words)")
        }
    }

    @Test func whatACommandSaysOfTypedWordsIsEscapedToo() {
        let text = Toy.fullMessage(for: ValidationError("--raw is a size, not '\u{1B}[31m\nUsage: fake'"))
        #expect(text.hasPrefix("Error: --raw is a size, not '\\u{1B}[31m\\nUsage: fake'\nUsage: toy"))
    }

    @Test func longWordsAreCut() {
        let failure = Toy.failure(String(repeating: "x", count: 100_000))
        #expect(failure.text.count < 400)
        let many = Toy.failure(arguments: ["tool", "count"] + (0..<1_000).map(String.init))
        #expect(many.text.contains("998 unexpected arguments: '2', '3', '4', '5', '6', '7', '8', '9', ...\n"))
    }

    @Test func upToTwoHundredCharactersAndEightWordsAreWhole() {
        let word = String(repeating: "x", count: 200)
        #expect(Toy.failure(word).text.hasPrefix("Error: Unknown subcommand '\(word)'\n"))
        #expect(Toy.failure(word + "y").text.hasPrefix("Error: Unknown subcommand '\(word)...'\n"))
        let ten = Toy.failure(arguments: ["tool", "count"] + (0..<10).map(String.init))
        #expect(ten.text.contains("8 unexpected arguments: '2', '3', '4', '5', '6', '7', '8', '9'\n"))
    }

    @Test func helpAndVersionEndWithZeroWhereverTheyStand() {
        for words in [
            ["--help"], ["-h"], ["help"], ["mix", "--nope", "-h"], ["mix", "--level", "--help"],
        ] {
            let outcome = Toy.failure(arguments: words)
            #expect(outcome.code == 0 && outcome.text.contains("USAGE: toy"), "\(words)")
        }
        for words in [["--version"], ["mix", "--version"], ["tool", "count", "x", "--version"]] {
            let outcome = Toy.failure(arguments: words)
            #expect(outcome.code == 0 && outcome.text == "1.2.3", "\(words)")
        }
    }

    @Test func theNearestVersionCountsAndWithoutOneThereIsNoSuchFlag() {
        struct Inner: ParsableCommand {
            static let configuration = CommandConfiguration(version: "2")
        }
        struct Outer: ParsableCommand {
            static let configuration = CommandConfiguration(version: "1", subcommands: [Inner.self])
        }
        struct None: ParsableCommand {}
        func outcome(_ command: any ParsableCommand.Type, _ words: String...) -> String {
            do {
                return "parsed: \(try command.parseAsRoot(words))"
            } catch {
                return command.fullMessage(for: error)
            }
        }
        #expect(outcome(Outer.self, "--version") == "1" && outcome(Outer.self, "inner", "--version") == "2")
        #expect(outcome(None.self, "--version").hasPrefix("Error: Unknown option '--version'\n"))
        #expect(!outcome(None.self, "--help").contains("--version"))
    }

    @Test func aCommandThatOnlyGroupsOthersShowsItsHelp() throws {
        for words in [[], ["tool"]] {
            var command = try Toy.parseAsRoot(words)
            let request = try #require(throws: (any Error).self) { try command.run() }
            #expect(Toy.exitCode(for: request) == .success)
            #expect(Toy.fullMessage(for: request).contains("USAGE: toy"))
        }
    }

    @Test func helpIsOfTheCommandBeforeIt() {
        #expect(Toy.failure("--help", "mix").text.contains("USAGE: toy <subcommand>"))
        #expect(Toy.failure("mix", "--help").text.contains("USAGE: toy mix "))
        #expect(Toy.failure("help", "tool", "count").text.contains("USAGE: toy tool count "))
        #expect(Toy.failure("tool", "--help", "count").text.contains("USAGE: toy tool <subcommand>"))
        #expect(Toy.failure("help", "mix", "--nope").text.contains("USAGE: toy mix "))
    }

    @Test func aCommandsOwnExitCodeIsKeptAndSaysNothing() throws {
        var command = try Toy.parseAsRoot(["secret"])
        let error = try #require(throws: ExitCode.self) { try command.run() }
        #expect(Toy.exitCode(for: error).rawValue == 7 && Toy.fullMessage(for: error).isEmpty)
    }

    @Test func otherErrorsOfACommandAreShownWithCodeOne() {
        struct Fault: Error {}
        #expect(Toy.exitCode(for: Fault()) == .failure)
        #expect(Toy.fullMessage(for: Fault()) == "Error: Fault()")
    }
}

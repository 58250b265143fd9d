import ArgumentParser
import Testing

/// What shells and man(1) are told.
@Suite struct ShellTests {
    private func candidates(_ words: String...) -> [String] {
        Toy.failure(arguments: ["---complete"] + words).text.split(separator: "\n").map(String.init)
    }

    private func names(_ words: String...) -> [String] {
        Toy.failure(arguments: ["---complete"] + words).text.split(separator: "\n")
            .map { String($0.prefix { $0 != "\t" }) }
    }

    @Test func commandsCompleteWithWhatTheyDo() {
        #expect(
            candidates("") == ["mix\tMixes files.", "tool\tTools.", "help\tShow the help of a command."])
        #expect(names("help", "") == ["mix", "tool"] && names("help", "tool", "c") == ["count"])
        #expect(names("help", "mix", "") == [])
        #expect(names("--generate-completion-script", "") == ["bash", "zsh", "fish"])
        #expect(candidates("m") == ["mix\tMixes files."])
        #expect(candidates("tool", "") == ["count\tCounts.", "list-everything"])
        #expect(candidates("nope", "") == [])
        #expect(names("--v") == ["--version"])
    }

    @Test func optionsCompleteUnlessTheyWereGiven() {
        #expect(names("mix", "--ver") == ["--verbose", "--version"])
        #expect(names("mix", "--verbose", "--ver") == ["--version"])
        #expect(names("mix", "-f", "-").contains("--force") == false)
        #expect(names("mix", "--level=3", "--lev") == [])
        #expect(names("mix", "-X", "a=b", "-").contains("-X"))
        #expect(names("mix", "--", "--ver") == [":files"])
        #expect(names("mix", "--", "--mode", "") == [":files"])
        #expect(names("mix", "--", "--mode=") == [":files"])
    }

    @Test func valuesCompleteWhereTheyAreFew() {
        #expect(names("mix", "--mode", "") == ["fast", "exact", "both-at-once"])
        #expect(names("mix", "--mode", "b") == ["both-at-once"])
        #expect(names("mix", "--mode=e") == ["--mode=exact"])
        #expect(names("mix", "--level", "") == [])
        #expect(names("mix", "--output", "x") == [":files"])
        #expect(names("mix", "--output=x") == [":files"])
        #expect(names("mix", "--force=") == [])
    }

    @Test func placesCompleteInTheirOrder() {
        #expect(names("mix", "") == [":files"])
        #expect(names("mix", "a", "b", "c", "") == [":files"])
        #expect(names("tool", "count", "") == [])
        #expect(names("tool", "count", "1", "2", "") == [])
        struct Pick: ParsableCommand {
            @Option var level = 1
            @Flag var quiet = false
            @Argument var mode: Toy.Mode
            @Argument var file: String?
        }
        let modes = "fast\nexact\nboth-at-once"
        for (words, offered) in [
            ([], modes), (["--level", "3"], modes), (["--quiet"], modes), (["--", "-x"], ":files"),
            (["fast"], ":files"), (["--level", "-3", "fast"], ":files"), (["fast", "x"], ""),
        ] {
            #expect(Pick.parseFailure(["---complete"] + words + [""]) == offered, "\(words)")
        }
    }

    @Test func scriptsNameTheProgramAndUnknownShellsAreRefused() {
        for shell in ["bash", "zsh", "fish"] {
            let script = Toy.failure("--generate-completion-script", shell)
            #expect(script.code == 0 && script.text.contains("_toy") && script.text.contains("---complete"))
            #expect(!script.text.contains("PROGRAM") && !script.text.contains("FUNCTION"))
            #expect(Toy.failure("--generate-completion-script=\(shell)").text == script.text)
        }
        let refused = Toy.failure("--generate-completion-script", "tcsh")
        #expect(refused.code == 64 && refused.text.contains("it is one of bash, zsh, fish"))
        #expect(Toy.failure("--generate-completion-script").text.hasPrefix("Error: Missing value"))
        #expect(
            Toy.failure("--generate-completion-script", "--help").text.contains("USAGE: toy <subcommand>"))
        #expect(Toy.failure("--generat-manual").text.contains("Did you mean '--generate-manual'?"))
        #expect(Toy.failure("--generate-manuel").text.contains("Did you mean '--generate-manual'?"))
    }

    @Test func everyShellGetsItsOwnScriptForAnyName() {
        struct MyTool: ParsableCommand {}
        for (shell, line) in [
            ("bash", "complete -F _my_tool my-tool"), ("zsh", "#compdef my-tool"),
            ("fish", "complete -c my-tool -f -a '(_my_tool)'"),
        ] {
            let script = MyTool.parseFailure(["--generate-completion-script", shell])
            #expect(script.split(separator: "\n").contains { $0 == line }, "\(shell)")
        }
    }

    @Test func theManualHasEveryCommandAndNoRequestSlipsIn() {
        struct Odd: ParsableCommand {
            static let configuration = CommandConfiguration(
                commandName: "odd", abstract: ".so /etc/passwd",
                discussion: "'sh \\n\"x\"\n\n  .example --flag")
        }
        let manual = Odd.parseFailure(["--generate-manual"])
        #expect(manual.contains("odd \\- \\&.so /etc/passwd"))
        #expect(manual.contains("\n\\&'sh \\en\"x\"\n.PP\n.nf\n  .example \\-\\-flag\n.fi\n"))
        #expect(!manual.contains(".SH COMMANDS"))
        let toy = Toy.failure("--generate-manual").text
        for heading in [
            ".SH NAME", ".SH SYNOPSIS", ".SS \"toy mix\"", ".SS \"toy tool count\"",
            ".B \\-o, \\-\\-output <output>",
        ] {
            #expect(toy.contains("\n\(heading)\n"), "\(heading)")
        }
        #expect(!toy.contains("secret"))
    }

    @Test func theManualSaysWhatHelpSays() {
        struct Part: ParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "A part.", discussion: "More of it.\n\n  one\n  two")
        }
        struct Whole: ParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "The whole.", version: "1 \"beta\"\nlibrary 2", subcommands: [Part.self])
        }
        let lines = Whole.parseFailure(["--generate-manual"]).split(separator: "\n")
        #expect(lines[0].hasPrefix(".TH \"WHOLE\" 1 2") && lines[0].hasSuffix(" \"whole 1 \\(dqbeta\\(dq\""))
        let text = lines.dropFirst().joined(separator: "\n")
        #expect(text.contains("\n.SH DESCRIPTION\nThe whole.\n.SH OPTIONS\n"))
        #expect(
            text.hasSuffix(
                """
                .SH COMMANDS
                .SS "whole part"
                .B whole part
                .PP
                A part.
                .PP
                More of it.
                .PP
                .nf
                  one
                  two
                .fi
                """))
        let toy = Toy.failure("--generate-manual").text
        #expect(toy.contains("\n.B toy tool count\n<from> [<to>]\n"))
        #expect(toy.contains("\nWhere to look. Default: TOY_HOME, else the home folder.\n"))
        #expect(toy.contains("\nHow much. (default: 2)\n"))
        #expect(toy.split(separator: ".B \\-h, \\-\\-help\n").count == 2)
        for line in toy.replacing("\\", with: "").split(separator: "\n") where !line.hasPrefix(" ") {
            #expect(line.count <= 64, "\(line)")
        }
    }
}

extension ParsableCommand {
    fileprivate static func parseFailure(_ words: [String]) -> String {
        do { return "parsed: \(try parseAsRoot(words))" } catch { return fullMessage(for: error) }
    }
}

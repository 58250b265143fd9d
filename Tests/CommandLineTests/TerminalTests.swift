import Foundation
import Testing
import hashiflex

/// Foreign text on its way to a terminal or a log.
@Suite struct TerminalTests {
    @Test func controlCharactersAreEscapedAndNothingElse() {
        #expect(Terminal.escaped("\u{1B}[2J") == #"\u{1B}[2J"#)
        #expect(Terminal.escaped("a\u{0}b\rc\u{7F}\u{9B}31m") == #"a\0b\rc\u{7F}\u{009B}31m"#)
        // What turns the direction of writing, and what hides.
        #expect(Terminal.escaped("\u{202E}evil\u{200B}") == #"\u{202E}evil\u{200B}"#)
        for text in ["täglich \"7\" \\ 測試 🧪", "two\nlines\tand a tab", "", "a\u{301}"] {
            #expect(Terminal.escaped(text) == text)
        }
    }

    @Test func foreignWordsBeginNoLineOfTheirOwn() {
        #expect(Terminal.oneLine("a\nworker w stopped\r\nb\u{2028}c") == #"a\nworker w stopped\nb\nc"#)
        #expect(Terminal.oneLine("one line") == "one line")
    }

    /// A heartbeat may say `alarms` of any text.
    @Test func aForgedAlarmForgesNoLineOfDoctor() {
        let check = DoctorCheck(what: "part\nok   a", ok: false, found: "x\nok   nodes: all answer\r\ny")
        #expect(check.line == #"BAD  part\nok   a: x\nok   nodes: all answer\ny"#)
        #expect(check.found.contains("\n"), "JSON carries it as it is")
    }

    @Test func aLongNoteIsCut() {
        let whole = String(repeating: "x", count: 8_192)
        #expect(Terminal.noted(whole) == whole)
        #expect(Terminal.noted(whole + "x") == whole + "...")
        // Cut after escaping: what grows by it is cut as well, at any byte.
        for text in [
            String(repeating: "\u{1B}", count: 8_000), String(repeating: "測", count: 5_000),
            "x" + whole + "\u{0}",
        ] {
            let noted = Terminal.noted(text)
            #expect(noted.hasSuffix("...") && noted.utf8.count <= 8_192 + 6, "\(noted.utf8.count)")
            #expect(!noted.utf8.contains(0x1B))
        }
    }

    @Test func aNameThatIsRefusedReachesNoTerminalAsItIs() throws {
        let name = "\u{1B}[2J" + String(repeating: "x", count: 20_000)
        let outcome = try Program.run(["replay", name])
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains(#"not '\u{1B}[2Jxxx"#), "\(outcome.errors.prefix(200))")
        #expect(!outcome.errors.utf8.contains(0x1B) && outcome.errors.utf8.count <= 8_192 + 4)
        #expect(outcome.errors.hasSuffix("xxx...\n"))
    }

    /// The client library's own lines go the same way: raw they would tear a live view, and move the cursor.
    @Test func aLineOfTheClientLibraryGoesThroughTheTerminal() throws {
        let outcome = try Program.run(
            [
                "topics", "list", "--brokers", "127.0.0.1:1", "--wait", "0", "-X",
                "client.id=a\u{1B}[2Jb",
            ], seconds: 60)
        #expect(outcome.code == 69)
        #expect(outcome.errors.contains(#"kafka a\u{1B}[2Jb#consumer-"#), "\(outcome.errors)")
        #expect(!outcome.errors.utf8.contains(0x1B))
    }
}

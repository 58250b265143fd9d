import Foundation
import PipelineMessages
import Testing
import hashiflex

/// Foreign text on its way to a terminal, a log or another program.
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

    @Test func jsonIsEscapedAsJSONAndReadBackAsItWas() throws {
        #expect(Terminal.escapedJSON("[\"a\u{200D}b\u{AD}\"]") == #"["a\u200db\u00ad"]"#)
        #expect(Terminal.escapedJSON("\"\u{E0001}\"") == #""\udb40\udc01""#, "a pair above U+FFFF")
        #expect(Terminal.escapedJSON("{\n\t\"a\":1\r}") == "{  \"a\":1 }", "spaces between texts stay spaces")
        let texts = [
            "a\u{200D}b\u{AD}c\u{200F}d\u{FEFF}", "\u{9B}31m\u{7F}\u{0}\u{1B}[2J",
            "\u{E0001}\u{E0041}\u{110BD}",
            "two\u{2028}three\u{2029}four\u{85}\n\r\t", "täglich \"7\" \\ 測試 👩‍🔬", "", #"\u{200D}"#,
        ]
        let shown = Terminal.escapedJSON(JSONRecord.text(texts))
        let raw = shown.unicodeScalars.filter { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: true
            default: false
            }
        }
        #expect(raw.isEmpty, "\(shown.debugDescription)")
        let back = try JSONDecoder().decode([String].self, from: Data(shown.utf8))
        #expect(back.map { Array($0.utf8) } == texts.map { Array($0.utf8) })
        let plain = JSONRecord.text(["plain \"words\""])
        #expect(Terminal.escapedJSON(plain) == plain)
    }

    @Test func everyLongLineOfAResultIsCut() {
        let whole = String(repeating: "x", count: 8_192)
        #expect(Terminal.printed("a\n\(whole)\nb") == "a\n\(whole)\nb")
        #expect(Terminal.printed("a\n\(whole)y\n\nb") == "a\n\(whole)...\n\nb")
        #expect(!Terminal.printed(String(repeating: "\u{1B}", count: 9_000)).utf8.contains(0x1B))
    }

    @Test func aCellPadsNoRowWithoutEndAndBeginsNoLine() {
        let long = String(repeating: "x", count: 100_000)
        let lines = Format.table([["A", "B", "C"], [long, "two\nlines", "z"], ["a", "b", "c"]])
        #expect(lines.count == 3 && lines.allSatisfy { $0.utf8.count < 200 }, "\(lines.map(\.count))")
        #expect(lines[1].hasPrefix(String(long.prefix(157)) + "...  two\\nlines  z"))
        // The longest name that a head can have is shown whole.
        let label = String(repeating: "n", count: 64) + "@" + String(repeating: "v", count: 64)
        #expect(Format.table([[label, "x"]]) == ["\(label)  x"])
    }

    @Test func aListForPeopleSaysHowManyMoreThereAre() {
        #expect(Format.list(["a", "b"], most: 2) == "a,b")
        #expect(Format.list((0..<1_500).map { "\($0)" }, most: 2) == "0,1 and 1,498 more")
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
        let lines = try Program.run(["replay", "a\nhashiflex: all is well"])
        #expect(lines.errors.split(separator: "\n").count == 1, "\(lines.errors)")
        #expect(lines.errors.contains(#"a\nhashiflex: all is well"#))
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

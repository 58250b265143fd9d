import ChipTools
import Testing

@Suite struct LibertyReadingTests {
    @Test func tinyLibraryIsRead() throws {
        let library = try TinyLiberty.library()
        #expect(library.name == "tiny_invented")
        #expect(library.units.picoseconds == 1 && library.units.femtofarads == 1)
        #expect(abs((library.units.picowatts ?? 0) - 1000) < 1e-9)
        #expect(library.cells.count == 19)
        let adder = try #require(library.cells.first { $0.name == "TINY_FA" })
        #expect(adder.area == 6)
        #expect(abs((adder.leakage ?? 0) - 9000) < 1e-8)
        #expect(adder.inputs.map(\.name) == ["A", "B", "CI"])
        #expect(adder.inputs.map(\.capacitance) == [1.8, 2, 1.5])
        #expect(adder.outputs.map(\.name) == ["CON", "SN"])
        let memory = try #require(library.cells.first { $0.name == "TINY_DFFRN" }?.memory)
        #expect(memory.kind == .flipFlop && memory.clear == nil)
        #expect(memory.next == .not(.variable("D")) && memory.preset == .not(.variable("RESETN")))
        #expect(memory.clock == .variable("CLK"))
    }

    @Test func unitsAreConverted() throws {
        let library = try TinyLiberty.parse(
            """
            library (a) { time_unit : "10ns"; capacitive_load_unit (0.5, pf); leakage_power_unit : 1uW
              cell (c) { area : 1.5e0; leakage_power () { value : 2; when : "A"; } leakage_power () { value : 4; }
                pin ("A") { direction : input; capacitance : 2; } } }
            """)
        #expect(library.units.picoseconds == 10_000 && abs((library.units.picowatts ?? 0) - 1e6) < 1e-6)
        #expect(abs((library.cells.first?.leakage ?? 0) - 3e6) < 1e-6)
        #expect(abs((library.cells.first?.pins.first?.capacitance ?? 0) - 1000) < 1e-9)
    }

    @Test func spellingsOfTheGrammar() throws {
        // Comments everywhere, no semicolons, continued lines, quoted names, braces and marks in strings.
        let library = try TinyLiberty.parse(
            """
            /* a */ library /* b */ ("a") { // c
              comment : "a } { \\" /* no comment";
              define ("x", "cell", "string")
              voltage : VDD + 0.5
              lut (t) { values ("1, 2", \\
                "3, 4"); }
              cell (x) { area : 2 /* d */
                pin (A, B) { direction : input }
                pin (Y) { function : "A B"; direction : "output"; timing () { when : "}"; } }
              }
            }
            """)
        #expect(library.cells.first?.pins.map(\.name) == ["A", "B", "Y"])
        #expect(library.cells.first?.area == 2)
        #expect(library.otherGroups.map(\.name) == ["t"])
    }

    @Test func cellsWithoutModelSayWhy() throws {
        let library = try TinyLiberty.parse(
            """
            library (a) {
              cell (gate) { statetable ("A", "Q") { table : "H : - : H"; } pin (Q) { direction : output; } }
              cell (silent) { pin (Y) { direction : output; } }
              cell (bus) { three (x); pin (Y) { direction : output; three_state : "A"; function : "A"; } }
            }
            """)
        #expect(library.cells.map { $0.unmodelled != nil } == [true, true, true])
        #expect(library.cells[1].unmodelled == "its output Y has no function")
    }

    @Test(arguments: [
        ("", 1, "empty"), ("  \n\n", 3, "empty"), ("module x;", 1, "begins with"),
        ("library (a) {\n cell (b) {\n", 3, "'}' is missing"), ("library (a) {\n cell () { }\n}", 2, "without a name"),
        ("library (a) {\n x : \"no end;\n}", 2, "string"), ("library (a) { /* no end }", 1, "comment"),
        ("library (a) {\n\n cell (b) { area : -1; } }", 3, "area"),
        ("library (a) { cell (b) { area : nan; } }", 1, "area"),
        ("library (a) { cell (b) { area : 1e999; } }", 1, "area"),
        ("library (a) { cell (b) {\n pin (Y) { direction : output; function : \"A +\"; } } }", 2, "function"),
        ("library (a) { cell (b) { pin (A) { direction : sideways; } } }", 1, "direction"),
        ("library (a) { cell (b) { pin (A) { } pin (A) { } } }", 1, "two pins"),
        ("library (a) { time_unit : \"1 parsec\"; }", 1, "time_unit"),
        ("library (a) { capacitive_load_unit (1); }", 1, "capacitive_load_unit"),
        ("library (a) { }\nlibrary (b) { }", 2, "behind"), ("library (a) { }\u{0}", 1, "zero byte"),
        ("library (a) {\u{0}}", 1, "statement"),
    ]) func errorsNameLineAndCause(_ text: String, _ line: Int, _ cause: String) throws {
        let error = #expect(throws: LibertyError.self) { try TinyLiberty.parse(text) }
        guard case .malformed("test.lib", let found, let what) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(found == line, "\(what)")
        #expect(what.contains(cause))
    }

    @Test func messagesEscapeForeignText() {
        let error = #expect(throws: LibertyError.self) {
            try TinyLiberty.parse("library (a) { cell (\"\u{1B}[2J\") { area : no; } }")
        }
        #expect(error.map { !"\($0)".unicodeScalars.contains("\u{1B}") } ?? false)
    }
}

import ChipTools
import Testing

@Suite struct CellRolesTests {
    @Test func tinyCellsHaveTheirRoles() throws {
        let roles = CellRoles([try TinyLiberty.library()])
        let names = roles.smallest.mapValues(\.cell)
        #expect(
            names == [
                .invertedFullAdder: "TINY_FA", .invertedHalfAdder: "TINY_HA", .inverter: "TINY_INV",
                .buffer: "TINY_BUF", .nand2: "TINY_NAND2", .nor2: "TINY_NOR2", .tieHigh: "TINY_TIE1",
                .tieLow: "TINY_TIE0", .invertingFlipFlop: "TINY_DFFN",
            ])
        #expect(roles[.invertedFullAdder]?.outputs == ["CON", "SN"])
        #expect(roles[.invertingFlipFlop]?.clock == "CLK")
        #expect(roles[.invertingFlipFlop]?.inputs == ["D"])
        #expect(roles.anyFlipFlop?.cell == "TINY_DFFN")
    }

    @Test func functionDecidesAndNotTheName() throws {
        let roles = CellRoles([
            try TinyLiberty.parse(
                """
                library (a) {
                  cell (INV) { area : 1; pin (P) { direction : input; } pin (Q) { direction : output; function : "P"; } }
                  cell (sum_first) { area : 9; pin (x) { } pin (y) { } pin (z) { }
                    pin (s) { direction : output; function : "x ^ y ^ z"; }
                    pin (c) { direction : output; function : "x y + z (x + y)"; } }
                  cell (true_ff) { area : 5; ff (I, N) { clocked_on : "K"; next_state : "!J"; }
                    pin (K) { } pin (J) { } pin (Q) { direction : output; function : "N"; } }
                  cell (falling) { area : 1; ff (I, N) { clocked_on : "!K"; next_state : "J"; }
                    pin (K) { } pin (J) { } pin (Q) { direction : output; function : "I"; } }
                  cell (no_area) { pin (A) { } pin (Y) { direction : output; function : "!A"; } }
                }
                """)
        ])
        #expect(roles.smallest.mapValues(\.cell) == [.buffer: "INV", .fullAdder: "sum_first", .flipFlop: "true_ff"])
        #expect(roles[.fullAdder]?.outputs == ["c", "s"])
    }

    @Test func exclusionLeavesAddersAlone() throws {
        let roles = CellRoles([try TinyLiberty.library()], excluding: [NamePattern("*INV"), NamePattern("*A")])
        #expect(roles[.inverter]?.cell == "TINY_INV_X2")
        #expect(roles[.invertedFullAdder]?.cell == "TINY_FA")
    }

    @Test(arguments: [
        ("*x1p*", "INVx1p5", true), ("*", "", true), ("a?c", "abc", true), ("a?c", "ac", false), ("a*b*c", "a--b-c", true),
        ("a*b*c", "a--b-", false), ("", "", true), ("", "a", false), ("SDF*", "SDFHx1", true), ("SDF*", "DFF", false),
        ("*****b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false),
    ]) func patterns(_ pattern: String, _ name: String, _ isMatch: Bool) {
        #expect(NamePattern(pattern).matches(name) == isMatch)
    }

    @Test func missingCellsAreAllNamed() throws {
        let library = try TinyLiberty.library()
        #expect(throws: Never.self) { try LibertyCheck.require(LibertyCheck.gates + LibertyCheck.adders, in: [library]) }
        let error = #expect(throws: LibertyCheck.self) {
            try LibertyCheck.require(
                LibertyCheck.gates, in: [library], excluding: [NamePattern("*INV*"), NamePattern("*DFF*")])
        }
        let text = error?.description ?? ""
        #expect(error?.missing.count == 2)
        #expect(text.contains("an inverter") && text.contains("flip-flop") && text.contains("tiny.lib"))
        #expect(!text.contains("NAND"))
    }
}

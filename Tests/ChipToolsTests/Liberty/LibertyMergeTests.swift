import ChipTools
import Testing

@Suite struct LibertyMergeTests {
    private func library(_ body: String, unit: String = "1ps") throws -> LibertyLibrary {
        try TinyLiberty.parse("library (a) { time_unit : \"\(unit)\";\n\(body)\n}")
    }

    @Test func cellsOfAllCome() throws {
        let tiny = try TinyLiberty.library()
        let other = try library(
            """
            capacitive_load_unit (1, ff); leakage_power_unit : "1nW";
            lu_table_template (own) { index_1 ("1, 2"); }
            cell (NEW) { area : 1; pin (A) { } }
            cell (TINY_INV) { area : 77; }
            """)
        let merged = try LibertyMerge([tiny, other])
        #expect(merged.cellCount == 20)
        #expect(merged.duplicates == ["TINY_INV"])
        let again = try LibertyLibrary(LibertyFile(name: "merged", bytes: merged.bytes))
        #expect(again.cells.map(\.name) == tiny.cells.map(\.name) + ["NEW"])
        #expect(again.cells.first { $0.name == "TINY_INV" }?.area == 1, "the first one stays")
        #expect(again.otherGroups.map(\.name) == ["tiny_delay", "tiny_constraint", "own"])
        #expect(again.units == tiny.units)
    }

    @Test func exclusionLeavesTheRestUnchanged() throws {
        let tiny = try TinyLiberty.library()
        let merged = try LibertyMerge(
            [tiny], excluding: [NamePattern("TINY_N*"), NamePattern("TINY_?A")], keeping: ["TINY_FA"])
        #expect(merged.excluded == ["TINY_NAND2", "TINY_NOR2", "TINY_NAND3", "TINY_HA"])
        let again = try LibertyLibrary(LibertyFile(name: "merged", bytes: merged.bytes))
        let kept = tiny.cells.filter { !merged.excluded.contains($0.name) }
        #expect(again.cells.map(\.name) == kept.map(\.name))
        #expect(again.cells.map(\.pins) == kept.map(\.pins))
        #expect(zip(again.cells, kept).allSatisfy { again.file.bytes[$0.range] == tiny.file.bytes[$1.range] })
    }

    @Test func oneFileAloneIsUnchanged() throws {
        let tiny = try TinyLiberty.library()
        let bytes = try LibertyMerge([tiny]).bytes
        #expect(bytes.filter { $0 > 0x20 } == tiny.file.bytes.filter { $0 > 0x20 })
    }

    @Test func incompatibleFilesAreRefused() throws {
        #expect(throws: LibertyError.self) { try LibertyMerge([]) }
        #expect(throws: LibertyError.self) { try LibertyMerge([library(""), library("", unit: "1ns")]) }
        let one = try library("lu_table_template (t) { index_1 (\"1, 2\"); }")
        let two = try library("lu_table_template (t) {\n index_1 (\"1,   2\"); }")
        let three = try library("lu_table_template (t) { index_1 (\"1, 3\"); }")
        #expect(throws: Never.self) { try LibertyMerge([one, two]) }
        #expect(throws: LibertyError.self) { try LibertyMerge([one, three]) }
    }
}

import ChipTools
import Testing

@Suite struct ToolVersionTests {
    @Test(arguments: [
        ("Yosys 0.23 (git sha1 7ce5011c24b)", [0, 23]),
        ("Yosys 0.70+12 (git sha1 abc, x86_64-linux-gnu-g++ 13.2)", [0, 70]),
        ("Icarus Verilog version 11.0 (stable) ()\n\nCopyright 1998-2020", [11, 0]),
        ("Verilator 5.006 2023-01-22 rev (Debian 5.006-3)", [5, 6]), ("2.0.17\n", [2, 0, 17]),
    ]) func bannersAreRead(_ banner: String, _ numbers: [Int]) throws {
        #expect(try #require(ToolVersion(banner: banner)).numbers == numbers)
    }

    @Test func orderIsThatOfNumbers() {
        #expect(ToolVersion(0, 23) < ToolVersion(0, 70))
        #expect(ToolVersion(0, 9) < ToolVersion(0, 23))
        #expect(ToolVersion(5) == ToolVersion(5, 0))
        #expect(Set([ToolVersion(5), ToolVersion(5, 0, 0)]).count == 1)
        #expect(!(ToolVersion(11, 0) < ToolVersion(11)))
    }

    @Test func noiseHasNoVersion() {
        for text in ["", "no version", "..", "1.", "99999999999999999999.1", "20230122"] {
            #expect(ToolVersion(banner: text) == nil, "\(text)")
        }
    }

    @Test(.enabled(if: Installed.has(.yosys, .iverilog, .openSTA), "the EDA tools are not installed"))
    func installedToolsTell() throws {
        for tool in [ExternalTool.yosys, .iverilog, .openSTA] {
            let version = try tool.version(executable: tool.locate())
            #expect(version > ToolVersion(0, 9), "\(tool): \(version.banner)")
        }
    }
}

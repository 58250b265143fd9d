import Foundation
import Testing

import ChipTools

/// Static timing by OpenSTA on the invented library: figures are checked against its tables, not against a chip.
@Suite(.enabled(if: Installed.has(.openSTA), "OpenSTA is not installed"))
struct TimingAnalysisTests {
    /// A register, an inverter, and a register; a second register that has no path to another.
    private static let text = """
        module two(clk, \\d[0] , q);
          input clk;
          input \\d[0] ;
          output q;
          wire \\r.x[0] ;
          wire n;
          TINY_DFFN \\first.ff[0] (.CLK(clk), .D(\\d[0] ), .QN(\\r.x[0] ));
          TINY_INV \\the.inv (.A(\\r.x[0] ), .Y(n));
          TINY_DFFN second (.CLK(clk), .D(n), .QN(q));
        endmodule
        """

    private func slowest(
        _ text: String = text, wires: WireModel? = nil, period: Double = 100, clock: String = "clk"
    ) throws -> TimingPath {
        let folder = try ScratchFolder()
        let analysis = TimingAnalysis(
            executable: try ExternalTool.openSTA.locate(), libertyFiles: [TinyLiberty.path], clockPort: clock,
            period: period, wires: wires, timeLimit: 60)
        return try analysis.slowestPath(
            of: GateNetlist(Array(text.utf8), file: "two.v"), libraries: [TinyLiberty.library()],
            folder: folder.path)
    }

    @Test func pathIsThatOfTheTables() throws {
        let path = try slowest()
        #expect(path.start == "first.ff[0]" && path.end == "second")
        #expect(path.stages.map(\.instance) == ["first.ff[0]", "the.inv"])
        // Clock to output: 40 ps at an input slew of 5 and a load of 1 fF, extrapolated to slew 0.
        #expect(path.clockToOutput == 39.8)
        #expect(abs(path.arrival + path.setup + path.slack - 100) < 1e-3)
        #expect((46.0...48).contains(path.arrival))
        #expect((11.5...12.5).contains(path.setup))
        // The clock that it allows does not hang on the period of the run.
        let other = try slowest(period: 20)
        #expect(other.slack < 0)
        #expect(abs(other.shortestPeriod - path.shortestPeriod) < 0.01)
    }

    @Test func wiresCostTime() throws {
        let bare = try slowest()
        let short = try slowest(wires: WireModel(micrometres: 3))
        let long = try slowest(wires: WireModel(micrometres: 100))
        #expect(bare.shortestPeriod < short.shortestPeriod)
        #expect(short.shortestPeriod < long.shortestPeriod)
        // 100 um are 2,660 ohm and 16.6 fF: two segments with half their load and a pin behind take at least
        // 2 * 0.69 * 2.66 * (8.3 + 0.6) = 32 ps more than none, whatever the cells do.
        #expect(long.shortestPeriod - bare.shortestPeriod > 30)
        #expect(long.stages.map(\.cell) == bare.stages.map(\.cell))
    }

    @Test func whatCannotBeTimedIsNamed() throws {
        #expect(throws: TimingError.noClock(port: "ck", module: "two")) { try slowest(clock: "ck") }
        #expect(throws: TimingError.self) { try slowest(period: .nan) }
        #expect(throws: TimingError.period(0)) { try slowest(period: 0) }
        #expect(throws: NetlistError.unknownCells(file: "two.v", cells: ["TINY_OTHER"])) {
            try slowest(Self.text.replacing("TINY_INV", with: "TINY_OTHER"))
        }
        #expect(throws: TimingError.noPath(module: "two")) {
            try slowest(Self.text.replacing(".D(n)", with: ".D(\\d[0] )"))
        }
    }

    @Test func scriptErrorsAreErrors() throws {
        // OpenSTA ends with code 0 when a command fails.
        let folder = try ScratchFolder()
        let analysis = TimingAnalysis(
            executable: try ExternalTool.openSTA.locate(), libertyFiles: [folder.path + "/none.lib"],
            clockPort: "clk")
        #expect(throws: ToolError.self) {
            try analysis.slowestPath(
                of: GateNetlist(Array(Self.text.utf8), file: "two.v"), libraries: [TinyLiberty.library()],
                folder: folder.path)
        }
    }
}

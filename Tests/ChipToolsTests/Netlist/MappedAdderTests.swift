import ChipTools
import Foundation
import Testing

/// A small design all the way: Yosys with the invented library, its netlist in Icarus by models from the
/// liberty's functions, static timing, and activity with gate delays.
@Suite(
    .enabled(
        if: Installed.has(.yosys, .iverilog, .vvp, .openSTA), "Yosys, Icarus or OpenSTA is not installed"))
struct MappedAdderTests {
    /// Four bits of ripple-carry from adder cells between registers.
    private static let design = """
        module adder(input clk, input rst, input [3:0] a, b, output reg [4:0] q, output w);
          reg [3:0] ra, rb;
          wire [4:0] c; wire [3:0] s;
          assign c[0] = 1'b0;
          genvar i;
          generate for (i = 0; i < 4; i = i + 1) begin : bit_i
            wire con, sn;
            TINY_FA fa(.A(ra[i]), .B(rb[i]), .CI(c[i]), .CON(con), .SN(sn));
            assign c[i+1] = ~con; assign s[i] = ~sn;
          end endgenerate
          assign w = ra[0];
          always @(posedge clk) begin
            ra <= rst ? 4'd0 : a; rb <= rst ? 4'd0 : b; q <= {c[4], s};
          end
        endmodule
        """

    private static let bench = """
        `timescale 1ps/1ps
        module bench;
          reg clk = 0, rst = 1;
          reg [3:0] a = 0, b = 0;
          wire [4:0] q; wire w;
          reg [4:0] sum;
          integer i, wrong = 0;
          adder dut(.clk(clk), .rst(rst), .a(a), .b(b), .q(q), .w(w));
          initial begin
            $dumpfile("bench.vcd"); $dumpvars(1, bench.dut);
            for (i = 0; i < 300; i = i + 1) begin
              #500 clk = 1; #400;
              if (i > 4 && q !== sum) wrong = wrong + 1;
              sum = rst ? 5'd0 : a + b;
              #100 clk = 0; rst = i < 3; a = $random; b = $random;
            end
            $display("wrong %0d of %0d", wrong, i - 5);
            $finish;
          end
        endmodule
        """

    private func run(_ tool: ExternalTool, _ arguments: [String], in folder: ScratchFolder) throws -> String {
        try ToolProcess(
            executable: tool.locate(), arguments: arguments, workingFolder: folder.path, timeLimit: 120
        ).run().output.text
    }

    private func netlist(in folder: ScratchFolder) throws -> GateNetlist {
        let libraries = [try TinyLiberty.library()]
        _ = try folder.write(LibertyMerge(libraries).bytes, "cells.lib")
        _ = try folder.write(Self.design, "adder.v")
        _ = try run(
            .yosys,
            [
                "-q", "-p",
                """
                read_liberty -lib cells.lib; read_verilog adder.v; hierarchy -check -top adder; \
                synth -top adder -flatten -noshare; dfflibmap -liberty cells.lib; abc -liberty cells.lib; \
                hilomap -hicell TINY_TIE1 H -locell TINY_TIE0 L; opt_clean -purge; \
                write_verilog -noattr -noexpr -nohex -nodec netlist.v
                """,
            ], in: folder)
        return try GateNetlist(path: folder.path + "/netlist.v")
    }

    @Test(arguments: [false, true]) func netlistIsTheAdder(hasDelays: Bool) throws {
        let folder = try ScratchFolder()
        let libraries = [try TinyLiberty.library()]
        let netlist = try netlist(in: folder)
        #expect(netlist.cellCounts["TINY_FA"] == 4)
        #expect(netlist.cellCounts["TINY_DFFN"] == 13)
        let models = CellModels(
            libraries, cells: Set(netlist.cellNames),
            delays: hasDelays
                ? [
                    .init(cell: "TINY_FA", pin: "CON", picoseconds: 38),
                    .init(cell: "TINY_FA", pin: "SN", picoseconds: 60),
                ]
                : [], defaultDelay: hasDelays ? 10 : nil)
        #expect(Set(models.modelled) == Set(netlist.cellNames))
        _ = try folder.write(models.text, "cells.v")
        _ = try folder.write(Self.bench, "bench.v")
        _ = try run(
            .iverilog, ["-o", "bench.vvp", "-s", "bench", "netlist.v", "cells.v", "bench.v"], in: folder)
        #expect(try run(.vvp, ["bench.vvp"], in: folder).contains("wrong 0 of 295"))

        let activity = try ActivityCounter.count(
            dump: folder.path + "/bench.vcd", scope: "bench.dut", netlist: netlist, libraries: libraries,
            clockPort: "clk", from: 10_000)
        #expect(activity.missingNets == 0)
        #expect(activity.cycles == 290)
        // Random operands: every bit of the input registers changes every second cycle.
        let registers = try #require(activity.togglesPerCycle(.init(cell: "TINY_DFFN", pin: "QN")))
        #expect((0.4...0.6).contains(registers))
        for pin in ["CON", "SN"] {
            let toggles = try #require(activity.togglesPerCycle(.init(cell: "TINY_FA", pin: pin)))
            #expect((0.3...1.5).contains(toggles), "\(pin) \(toggles)")
        }
    }

    @Test func wrongPolarityIsSeen() throws {
        let folder = try ScratchFolder()
        let netlist = try netlist(in: folder)
        // An adder whose carry is not inverted, which the library does not say.
        let models = CellModels([try TinyLiberty.library()], cells: Set(netlist.cellNames))
        let wrong = models.text.replacing("assign CON = ", with: "assign CON = ~")
        #expect(wrong != models.text)
        _ = try folder.write(wrong, "cells.v")
        _ = try folder.write(Self.bench, "bench.v")
        _ = try run(
            .iverilog, ["-o", "bench.vvp", "-s", "bench", "netlist.v", "cells.v", "bench.v"], in: folder)
        let printed = try run(.vvp, ["bench.vvp"], in: folder)
        #expect(printed.contains("of 295") && !printed.contains("wrong 0 of"))
    }

    @Test func slowestPathIsTheCarry() throws {
        let folder = try ScratchFolder()
        let netlist = try netlist(in: folder)
        let analysis = TimingAnalysis(
            executable: try ExternalTool.openSTA.locate(), libertyFiles: [folder.path + "/cells.lib"],
            clockPort: "clk", period: 200, timeLimit: 60)
        let path = try analysis.slowestPath(
            of: netlist, libraries: [TinyLiberty.library()], folder: folder.path)
        // Three carries and a sum; the same netlist under its own names gives OpenSTA the same figure.
        #expect(path.stages.filter { $0.cell == "TINY_FA" }.map(\.pin) == ["CON", "CON", "CON", "SN"])
        #expect(path.stages.contains { $0.instance == "bit_i[3].fa" })
        _ = try folder.write(
            """
            read_liberty cells.lib
            read_verilog netlist.v
            link_design adder
            create_clock -name clk -period 200 clk
            report_checks -from [all_registers -clock_pins] -to [all_registers -data_pins] -digits 4
            """, "own.tcl")
        let own = try run(.openSTA, ["-no_init", "-no_splash", "-exit", "own.tcl"], in: folder)
        let slack = own.split(separator: "\n").first { $0.contains("slack") }?.split(separator: " ").first
        #expect(slack.flatMap { Double($0) } == path.slack)
    }
}

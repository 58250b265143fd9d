import ChipModel
import ChipRTL
import HardenedBackbone
import QuantizedTensors
import Testing

/// Whole blocks with borders, several images back to back, random stalls, more than one lane.
@Suite(.enabled(if: ChipFixture.hasIcarus, "iverilog is not installed"))
struct BlockSimulationTests {
    struct Block: Sendable, CustomStringConvertible {
        let first, last: String
        let cycles: Int
        var depth = 3
        var description: String { "\(first) to \(last), \(cycles) cycles an image, depth \(depth)" }
    }

    @Test(
        "Bytes, row ends and cycles are those of specification and schedule",
        arguments: [
            // The stem's border is the mean colour; 11 input lanes leave one column in the last beat.
            Block(first: "stem", last: "b00.project", cycles: 100),
            // Stride 2, then stride 1 with a residual inside.
            Block(first: "b01.expand", last: "b02.project", cycles: 48),
            Block(first: "b01.expand", last: "b02.project", cycles: 700, depth: 4),
            // Stride 1 with the residual at the input; two lanes of a row of eight, three of the other.
            Block(first: "b02.expand", last: "b02.project", cycles: 33),
            Block(first: "b05.expand", last: "b05.project", cycles: 77, depth: 7),
            // Stride 2 onto one row of one pixel.
            Block(first: "b13.expand", last: "b14.project", cycles: 64),
        ])
    func blocks(_ block: Block) throws {
        let artifact = try ChipFixture.artifact()
        let rtl = try ChipFixture.block(
            artifact, cycles: block.cycles, block.first, block.last,
            depth: .uniform(block.depth, of: artifact.network))
        let reports = try ChipFixture.blockSimulator(rtl).icarus([
            [], ["+stalls=1"], ["+flood", "+stalls=5"],
        ])
        let shape = artifact.network.layers[rtl.range.upperBound - 1].output
        for report in reports {
            #expect(report.isClean, "\(report.complaints)")
            #expect(report.summary["bytes"] == 3 * shape.elementCount)
        }
        // Rows at the planned pace are never held up; stalls were there where they were asked for.
        #expect(reports[0].summary["refused"] == 0 && reports[0].summary["held_back"] == 0)
        #expect((reports[1].summary["held_back"] ?? 0) > 0)
    }

    @Test("A flood is held up at the input, and nothing is lost")
    func flood() throws {
        let rtl = try ChipFixture.block(ChipFixture.artifact(), cycles: 1_000, "b01.expand", "b02.project")
        let report = try ChipFixture.blockSimulator(rtl).icarus([["+flood"]])[0]
        #expect(report.isClean, "\(report.complaints)")
        #expect((report.summary["refused"] ?? 0) > 0)
    }

    @Test("Verilator agrees on a block", .enabled(if: ChipFixture.hasVerilator, "verilator is not installed"))
    func verilator() throws {
        let rtl = try ChipFixture.block(ChipFixture.artifact(), cycles: 100, "b02.expand", "b02.project")
        let report = try ChipFixture.blockSimulator(rtl).verilator()
        #expect(report.isClean, "\(report.complaints)")
    }

    @Test("A reader that hesitates is waited for; without the wait bytes are lost")
    func hesitation() throws {
        let rtl = try ChipFixture.block(ChipFixture.artifact(), cycles: 1_000, "b01.expand", "b02.project")
        var simulator = ChipFixture.blockSimulator(rtl)
        // No schedule makes a stage wait for its reader, so a slow reader has to be made.
        try simulator.replace(
            "wire start = ~busy",
            by: "reg [5:0] slow = 0;\n  always @(posedge clk) slow <= slow + 1;\n"
                + "  wire start = ~busy & (slow == 0)", in: "network/hs_stage_b02_expand.sv")
        let report = try simulator.icarus([["+flood"]])[0]
        #expect(report.isClean, "\(report.complaints)")
        try simulator.replace(" & (room0 != 0)", by: "", in: "network/hs_stage_b01_project.sv")
        let faulty = try simulator.icarus([["+flood"]])[0]
        #expect((faulty.summary["wrong_bytes"] ?? 0) > 0)
        #expect(faulty.lines.contains { $0.hasPrefix("HS_ASSERT") && $0.contains("overflows") })
    }

    struct Fault: Sendable, CustomStringConvertible {
        let description, file, old, new: String
        var arguments: [String] = []
    }

    @Test(
        "Planted faults are seen",
        arguments: [
            Fault(
                description: "a pixel left of the border", file: "network/hs_stage_b01_depthwise.sv",
                old: "(column != ", new: "(column + 1'b1 != "),
            Fault(
                description: "no border below", file: "network/hs_stage_b02_depthwise.sv",
                old: "(~is_last_row",
                new: "(1'b1"),
            Fault(
                description: "no border above", file: "network/hs_stage_b02_depthwise.sv", old: "((row != 0)",
                new: "((row == row)"),
            Fault(
                description: "a beat is taken that is not valid", file: "network/hs_admission.sv",
                old: "accepted = in_valid & in_ready", new: "accepted = in_ready", arguments: ["+stalls=1"]),
            Fault(
                description: "a beat is taken that was refused", file: "network/hs_admission.sv",
                old: "accepted = in_valid & in_ready", new: "accepted = in_valid", arguments: ["+flood"]),
            Fault(
                description: "a row enters without a free row", file: "network/hs_admission.sv",
                old: "(room0 != 0)",
                new: "(room0 == room0)", arguments: ["+flood"]),
            Fault(
                description: "a row starts before its input is complete",
                file: "network/hs_stage_b02_project.sv",
                old: "(have >= needed)", new: "(have + 1'b1 >= needed)"),
            Fault(
                description: "one register too many", file: "network/hs_stage_b02_expand.sv",
                old: "assign out_valid = valid[1];\n  assign out_last = last[1];",
                new: "reg late, later;\n  always @(posedge clk) {late, later} <= {valid[1], last[1]};\n"
                    + "  assign out_valid = late;\n  assign out_last = later;"),
        ])
    func faults(_ fault: Fault) throws {
        let rtl = try ChipFixture.block(ChipFixture.artifact(), cycles: 1_000, "b01.expand", "b02.project")
        var simulator = ChipFixture.blockSimulator(rtl)
        try simulator.replace(fault.old, by: fault.new, in: fault.file)
        #expect(try !simulator.icarus([fault.arguments])[0].isClean)
    }
}

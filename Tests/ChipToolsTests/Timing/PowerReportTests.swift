import Testing

import ChipTools

@Suite struct PowerReportTests {
    /// As Debian's 2.0.17 prints it.
    private static let text = """
        Group                    Internal    Switching      Leakage        Total
                                    Power        Power        Power        Power
        ------------------------------------------------------------------------
        Sequential           2.500000e-06 5.000000e-07 2.100000e-08 3.021000e-06  91.3%
        Combinational        1.250000e-04 7.500000e-05 2.000000e-09 2.000020e-04   8.7%
        Macro                0.000000e+00 0.000000e+00 0.000000e+00 0.000000e+00   0.0%
        Pad                  0.000000e+00 0.000000e+00 0.000000e+00 0.000000e+00   0.0%
        ------------------------------------------------------------------------
        Total                1.275000e-04 7.550000e-05 2.300000e-08 2.030230e-04 100.0%
                                     0.0%         0.0%       100.0%
        hashiflex: end
        """

    private func read(_ text: String) throws -> PowerReport {
        try PowerReport(text.split(separator: "\n", omittingEmptySubsequences: false))
    }

    @Test func rowsAreRead() throws {
        let rows = try read("Warning: something\n\n" + Self.text).rows
        #expect(rows.keys.sorted() == ["Combinational", "Macro", "Pad", "Sequential", "Total"])
        let gates = try #require(rows["Combinational"])
        #expect(gates.internal == 1.25e-4 && gates.switching == 7.5e-5 && gates.leakage == 2e-9)
        #expect(abs(gates.dynamic - 2e-4) < 1e-12, "leakage does not follow activity")
    }

    @Test func brokenTablesAreNone() throws {
        for (old, new) in [
            ("Group  ", "Gruppe "), ("Leakage", "Swiftness"), ("Total   ", "Sum     "),
            ("1.250000e-04", "nan"),
            ("1.250000e-04", "-1.25e-04"), ("7.500000e-05", "1e999"), ("2.000020e-04   8.7%", ""),
        ] {
            #expect(throws: PowerReport.Unreadable.self, "\(new)") {
                try read(Self.text.replacing(old, with: new))
            }
        }
        #expect(throws: PowerReport.Unreadable.self) { try read("") }
    }
}

/// Power by OpenSTA of a few cells of ASAP7 (predictive).
@Suite(.enabled(if: Installed.has(.openSTA) && Installed.hasASAP7, "needs OpenSTA and ../shared/data/asap7"))
struct PowerAnalysisTests {
    private static let text = """
        module two(clk, d, e, q);
          input clk, d, e;
          output q;
          wire a, b, n;
          DFFHQNx1_ASAP7_75t_R first (.CLK(clk), .D(d), .QN(a));
          DFFHQNx1_ASAP7_75t_R second (.CLK(clk), .D(e), .QN(b));
          NAND2xp5_ASAP7_75t_R gate (.A(a), .B(b), .Y(n));
          DFFHQNx1_ASAP7_75t_R third (.CLK(clk), .D(n), .QN(q));
        endmodule
        """

    private func energy(activity: Double = 0.5, period: Double = 1000, clock: String = "clk") throws -> Double
    {
        let folder = try ScratchFolder()
        let library = try LibertyLibrary(
            path: Installed.asap7 + "/lib/asap7sc7p5t_subset_RVT_TT_nldm.lib.gz")
        let file = try folder.write(library.file.bytes, "cells.lib")
        return try PowerAnalysis(
            executable: try ExternalTool.openSTA.locate(), libertyFiles: [file], clockPort: clock,
            period: period, activity: activity, timeLimit: 60
        ).combinationalEnergy(
            of: GateNetlist(Array(Self.text.utf8), file: "two.v"), libraries: [library], folder: folder.path)
    }

    @Test func energyFollowsActivityAndNotThePeriod() throws {
        let half = try energy()
        // One gate of three transistors' width: 0.5 toggles of a few tenths of a femtojoule.
        #expect((0.02...1).contains(half), "\(half) fJ")
        #expect(abs(try energy(activity: 0.25) / half - 0.5) < 1e-3)
        #expect(abs(try energy(period: 4000) / half - 1) < 1e-3)
    }

    @Test func whatHasNoPowerIsNamed() {
        #expect(throws: TimingError.noClock(port: "ck", module: "two")) { try energy(clock: "ck") }
        #expect(throws: TimingError.period(0)) { try energy(period: 0) }
    }
}

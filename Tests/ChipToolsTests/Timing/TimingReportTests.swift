import Testing

import ChipTools

@Suite struct TimingReportTests {
    private static let text = """
        Startpoint: i1 (rising edge-triggered flip-flop clocked by clk)
        Endpoint: i3 (rising edge-triggered flip-flop clocked by clk)
        Path Group: clk
        Path Type: max

           Delay      Time   Description
        -----------------------------------------------------------
          0.0000    0.0000   clock clk (rise edge)
          0.0000    0.0000   clock network delay (ideal)
          0.0000    0.0000 ^ i1/CLK (TINY_DFFN)
         39.8000   39.8000 v i1/QN (TINY_DFFN)
          1.2000   41.0000 v i2/A (TINY_INV)
          7.0000   48.0000 ^ i2/Y (TINY_INV)
          0.5000   48.5000 ^ i3/D (TINY_DFFN)
                   48.5000   data arrival time

         40.0000   40.0000   clock clk (rise edge)
          0.0000   40.0000   clock network delay (ideal)
          0.0000   40.0000   clock reconvergence pessimism
                   40.0000 ^ i3/CLK (TINY_DFFN)
        -11.9000   28.1000   library setup time
                   28.1000   data required time
        -----------------------------------------------------------
                   28.1000   data required time
                  -48.5000   data arrival time
        -----------------------------------------------------------
                  -20.4000   slack (VIOLATED)
        """

    private func read(_ text: String) throws -> TimingPath? {
        try TimingReport.path(
            text.split(separator: "\n", omittingEmptySubsequences: false), period: 40,
            originalName: { "net_" + $0 })
    }

    @Test func pathIsRead() throws {
        let path = try #require(try read(Self.text))
        #expect(path.start == "net_i1" && path.end == "net_i3")
        #expect(path.stages.map(\.cell) == ["TINY_DFFN", "TINY_INV"])
        #expect(path.stages.map(\.pin) == ["QN", "Y"])
        #expect(abs(path.stages[1].delay - 8.2) < 1e-9, "the wire before a cell belongs to it")
        #expect(path.clockToOutput == 39.8 && path.setup == 11.9)
        #expect(path.arrival == 48.5 && path.slack == -20.4)
        #expect(path.cellsBetween == 1)
        #expect(abs(path.shortestPeriod - 60.4) < 1e-9)
        #expect(path.megahertz.map { abs($0 - 1e6 / 60.4) < 1e-6 } ?? false)
    }

    @Test func noPathAndBrokenTextDiffer() throws {
        #expect(try read("No paths found.") == nil)
        let lines = Self.text.split(separator: "\n")
        for lost in ["Startpoint", "Endpoint", "setup", "slack", "i1/"] {
            let text = lines.filter { !$0.contains(lost) }.joined(separator: "\n")
            #expect(throws: TimingReport.Unreadable.self) { try read(text) }
        }
        for hostile in ["nan", "inf", "1e999", "-", "*****"] {
            let text = Self.text.replacing("-20.4000", with: hostile)
            #expect(throws: TimingReport.Unreadable.self) { try read(text) }
        }
    }
}

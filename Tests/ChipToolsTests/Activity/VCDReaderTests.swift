import TestSupport
import Testing

import ChipTools

@Suite struct VCDReaderTests {
    /// The events of a text as lines.
    private func events(_ text: String) throws -> [String] {
        let folder = try ScratchFolder()
        var reader = try VCDReader(path: folder.write(text, "x.vcd"))
        defer { reader.close() }
        var lines: [String] = []
        while let event = try reader.next() {
            switch event {
            case .signal(let scope, let bits, let identifier):
                lines.append(
                    "\(scope) \(bits.joined(separator: ",")) \(String(decoding: identifier, as: UTF8.self))")
            case .time(let time): lines.append("#\(time)")
            case .change(let identifier, let bits):
                lines.append(
                    String(decoding: bits, as: UTF8.self) + " " + String(decoding: identifier, as: UTF8.self))
            }
        }
        return lines
    }

    @Test func dumpIsRead() throws {
        let text = """
            $date today $end $version Icarus $end $timescale 1ps $end
            $scope module bench $end $scope module dut $end
            $var wire 1 ! clk $end $var wire 2 " q [3:2] $end $var wire 1 # \\a[0] $end $var reg 1 & v [5] $end
            $var real 64 % r $end $upscope $end $upscope $end $enddefinitions $end
            $comment a b $end
            $dumpvars x! bx0 " z# r0.5 % $end
            #10
            1! b1 "
            """
        #expect(
            try events(text) == [
                "bench.dut clk !", "bench.dut q[3],q[2] \"", "bench.dut a[0] #", "bench.dut v[5] &", "x !",
                "x0 \"",
                "z #", "#10", "1 !", "1 \"",
            ])
    }

    @Test(arguments: [
        "", "$scope module a $end", "$enddefinitions $end 1", "$enddefinitions $end b01",
        "$enddefinitions $end #x",
        "$enddefinitions $end #99999999999999999999999", "$enddefinitions $end hello",
        "$upscope $end $enddefinitions $end",
        "$var wire 0 ! a $end $enddefinitions $end", "$var wire 99999999 ! a $end $enddefinitions $end",
        "$var wire 2 ! a [9:0] $end $enddefinitions $end", "$comment", "$enddefinitions $end \u{0}",
        "$enddefinitions $end " + String(repeating: "b", count: 300_000),
    ]) func damageIsRefused(_ text: String) {
        #expect(throws: VCDError.self) { try events(text) }
    }

    @Test func manyPiecesAreOneText() throws {
        // Longer than one read, so that words lie across its border.
        let changes = (0..<200_000).map { "#\($0)\n\($0 & 1)abc\n" }.joined()
        let lines = try events("$enddefinitions $end\n" + changes)
        #expect(lines.count == 400_000)
        #expect(lines.last == "1 abc" && lines[399_998] == "#199999")
    }
}

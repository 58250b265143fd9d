import Testing

import ChipTools

@Suite struct ParasiticsFileTests {
    @Test func everySegmentHasItsWire() throws {
        let netlist = try GateNetlist(Array(GateNetlistTests.text.utf8), file: "mini.v")
        let connectivity = try NetConnectivity(netlist, libraries: [TinyLiberty.library()])
        let file = ParasiticsFile(netlist, connectivity, wires: WireModel(micrometres: 10))
        // clk, a[1], b[0] and the net between the cells have loads; the constant and the outputs have none.
        #expect(file.netCount == 4)
        #expect(file.segmentCount == 4)
        let inner = try #require(netlist.nets["x.y"])
        let text = String(decoding: file.bytes, as: UTF8.self)
        let net = """
            *D_NET n\(inner) 1.6600000000000001
            *CONN
            *I i0:Y O
            *I i1:D I
            *CAP
            1 i0:Y 0.8300000000000001
            2 i1:D 0.8300000000000001
            *RES
            1 i0:Y i1:D 266.0
            *END
            """
        #expect(text.contains(net), "\(text)")
        #expect(text.contains("*D_NET p0_0 ") && text.contains("*P p0_0 I"))
    }
}

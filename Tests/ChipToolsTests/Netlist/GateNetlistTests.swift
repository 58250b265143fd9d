import ChipTools
import TestSupport
import Testing

@Suite struct GateNetlistTests {
    static let text = """
        /* Generated */
        module mini(clk, a, \\b[0] , q);
          wire _0_;
          input clk; wire clk;
          input [1:0] a;
          wire [1:0] a;
          input \\b[0] ;
          output [2:0] q;
          wire [2:0] q;
          wire \\x.y ;
          (* src = "x" *)
          TINY_NAND2 \\x.cell (.A(a[1]), .B(\\b[0] ), .Y(\\x.y ));
          TINY_DFFN _1_ ( .CLK(clk), .D(\\x.y ), .QN(_0_) );
          TINY_INV _2_ (.A(1'h1), .Y(q[2]));
          assign q[1:0] = { _0_, a[0] };
        endmodule
        """

    private func parse(_ text: String, top: String? = nil) throws -> GateNetlist {
        try GateNetlist(Array(text.utf8), file: "mini.v", top: top)
    }

    @Test func netlistIsRead() throws {
        let netlist = try parse(Self.text)
        #expect(netlist.name == "mini")
        #expect(netlist.cellCounts == ["TINY_NAND2": 1, "TINY_DFFN": 1, "TINY_INV": 1])
        #expect(netlist.instances.map(\.name) == ["x.cell", "_1_", "_2_"])
        #expect(netlist.ports.map(\.name) == ["clk", "a", "b[0]", "q"])
        // Assigned names are one net.
        #expect(netlist.nets["q[1]"] == netlist.nets["_0_"])
        #expect(netlist.nets["q[0]"] == netlist.nets["a[0]"])
        #expect(netlist.nets["q[2]"] != netlist.nets["q[1]"])
        #expect(netlist.connections[netlist.instances[2].connections.lowerBound].net == GateNetlist.one)
    }

    @Test func driversAndLoadsFollowTheLibrary() throws {
        let netlist = try parse(Self.text)
        let connectivity = try NetConnectivity(netlist, libraries: [TinyLiberty.library()])
        let inner = Int(try #require(netlist.nets["x.y"]))
        #expect(connectivity.drivers[inner] == .pin(connection: 2, instance: 0))
        #expect(connectivity.loads[connectivity.loadRanges[inner]].map(\.instance) == [1])
        #expect(connectivity.drivers[Int(try #require(netlist.nets["a[1]"]))] == .port)
        #expect(connectivity.drivers[Int(GateNetlist.one)] == .none)
    }

    @Test func plainTextIsTheSameNetlist() throws {
        let netlist = try parse(Self.text)
        let plain = try GateNetlist(netlist.plainVerilog(), file: "plain.v")
        #expect(plain.cellCounts == netlist.cellCounts)
        #expect(plain.instances.map { netlist.originalName($0.name) } == netlist.instances.map(\.name))
        #expect(plain.ports.map { netlist.originalName($0.name) } == [
            "clk", "a[1]", "a[0]", "b[0]", "q[2]", "q[1]", "q[0]",
        ])
        // Nets are equal where the netlist has them equal, pin by pin.
        for (left, right) in zip(netlist.connections.indices, plain.connections.indices) {
            for (other, otherPlain) in zip(netlist.connections.indices, plain.connections.indices) {
                #expect(
                    (netlist.connections[left].net == netlist.connections[other].net)
                        == (plain.connections[right].net == plain.connections[otherPlain].net))
            }
        }
        #expect(plain.nets["p3_2"] == plain.nets["p1_1"])
    }

    @Test func topIsChosen() throws {
        let two = "module other(x); input x; always @(x) y; endmodule\n" + Self.text
        #expect(try parse(two, top: "mini").instances.count == 3)
        #expect(throws: NetlistError.self) { try parse(two, top: "none") }
        #expect(throws: NetlistError.self) { try parse(Self.text + Self.text.replacing("mini", with: "m2")) }
    }

    @Test(arguments: [
        ("", "no module"), ("module a(x); input x;", "within a module"), ("module a(input x); endmodule", "head"),
        ("module a; reg x; endmodule", "reg"), ("module a; wire x; assign x = y; endmodule", "not declared"),
        ("module a; wire x; wire [1:0] y; assign x = y; endmodule", "2 bits to 1"),
        ("module a; wire [1:0] y; X i (.A(y)); endmodule", "2 bits"), ("module a; wire x; X #(1) i (.A(x)); endmodule", "param"),
        ("module a; wire x; assign x[3] = 1'b0; endmodule", "no such bits"), ("module a; wire [99999999:0] x; endmodule", "too many"),
        ("module a; assign 1'b0 = 1'b1; endmodule", "constants"), ("module a; wire x; assign x = x & x; endmodule", "';'"),
        ("module a; wire x; assign x = 99999999'b0; endmodule", "constant"), ("module a; wire x; assign x = 1'd1; endmodule", "binary"),
        ("module a; /* ", "does not end"), ("module a; wire \\ ; endmodule", "escaped"), ("\u{0}", "should begin"),
        ("module a; wire x; assign x = {{{{{{{{{{{{{{{{{{{{{{x", "nested"),
    ]) func whatIsNoFlatNetlistIsRefused(_ text: String, _ cause: String) {
        let error = #expect(throws: NetlistError.self) { try parse(text) }
        #expect(error.map { "\($0)".contains(cause) } ?? false, "\(String(describing: error))")
    }

    @Test func unknownCellsAndDoubleDriversAreNamed() throws {
        let library = try TinyLiberty.library()
        let unknown = try parse(Self.text.replacing("TINY_INV", with: "NOBODY"))
        #expect(throws: NetlistError.unknownCells(file: "mini.v", cells: ["NOBODY"])) {
            try NetConnectivity(unknown, libraries: [library])
        }
        for change in [(".QN(_0_)", ".QN(\\x.y )"), (".QN(_0_)", ".Z(_0_)"), (".QN(_0_)", ".QN(a[1])")] {
            let netlist = try parse(Self.text.replacing(change.0, with: change.1))
            #expect(throws: NetlistError.self) { try NetConnectivity(netlist, libraries: [library]) }
        }
    }

    @Test func randomMutationsNeverTrap() throws {
        let original = Array(Self.text.utf8)
        let library = try TinyLiberty.library()
        var random = SeededRandom(seed: 3)
        let marks = Array("{}()[];:,.\\'=0179 bhx".utf8)
        for _ in 0..<3000 {
            var text = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                if Bool.random(using: &random) {
                    text[place] = marks.randomElement(using: &random) ?? 0
                } else {
                    text.remove(at: place)
                }
            }
            guard let netlist = try? GateNetlist(text, file: "x") else { continue }
            _ = netlist.plainVerilog().count
            _ = try? NetConnectivity(netlist, libraries: [library])
        }
    }
}

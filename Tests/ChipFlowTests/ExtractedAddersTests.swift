import ChipFlow
import ChipRTL
import ChipTools
import Foundation
import HardenedBackbone
import TestSupport
import Testing

/// Debian's Yosys finds full adders in gates that ABC wrote and puts in others, with exit code 0 and a fine area.
@Suite struct ExtractedAddersTests {
    /// Puts the adders' behaviour into the flow and lets Yosys find the adders itself.
    private static let flow = """
        #!/bin/sh
        module=${3%.script.ys}
        sed -e 's/^read_verilog wrappers.v$/read_verilog -sv behaviour.v/' \\
            -e "s/^setattr .*keep_hierarchy 1.*/flatten $module; delete hs_fa hs_ha hs_maj hs_nand hs_inv/" \\
            -e "s/^techmap .*/techmap $module; opt $module; abc -g AND,OR,XOR,NAND,NOR,XNOR $module; opt $module; extract_fa -fa $module; techmap -map extracted.v $module; techmap $module; opt $module; read_verilog wrappers.v; flatten $module/" \\
            "$3" > "$module.extracting.ys"
        exec "$YOSYS_FOR_TEST" -q -s "$module.extracting.ys"

        """

    /// A full adder of Yosys as the library's, whose outputs are inverted.
    private static let mapping = """
        (* techmap_celltype = "$fa" *)
        module extracted_fa #(parameter WIDTH = 1) (input [WIDTH-1:0] A, B, C, output [WIDTH-1:0] X, Y);
          genvar i;
          generate for (i = 0; i < WIDTH; i = i + 1) begin : bits
            wire con, sn;
            hs_fa adder(.a(A[i]), .b(B[i]), .c(C[i]), .con(con), .sn(sn));
            assign X[i] = ~con;
            assign Y[i] = ~sn;
          end endgenerate
        endmodule

        """

    @Test(
        "A flow that extracts adders is refused for its wrong bytes",
        .enabled(if: SynthesisBench.hasASAP7, SynthesisBench.needsASAP7))
    func refused() throws {
        let folder = NSTemporaryDirectory() + "hashiflex-extract-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let program = "\(folder)/yosys"
        let yosys = try #require(SynthesisBench.yosys)
        let text = Self.flow.replacingOccurrences(of: "$YOSYS_FOR_TEST", with: yosys)
        try Data(text.utf8).write(to: URL(fileURLWithPath: program))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)

        let bench = try SynthesisBench(
            try SmallBackbone.make(seed: 11), layer: "last", liberty: SynthesisBench.asap7,
            yosys: program)
        try bench.write(Array(CellWrappers.behaviour.utf8), to: "scratch/behaviour.v")
        try bench.write(Array(Self.mapping.utf8), to: "scratch/extracted.v")
        let (part, file) = bench.files.part(channels: 0..<1)
        try bench.write(file.bytes, to: file.name)
        #expect {
            _ = try bench.result(part)
        } throws: { error in
            guard case SynthesisError.wrongBytes(_, let wrong, _, _)? = error as? SynthesisError
            else { return false }
            return wrong > 0
        }
    }
}

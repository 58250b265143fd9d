import ChipModel
import HardenedBackbone
import QuantizedTensors

/// The bench of cores alone: one window a clock, every output byte and the latency checked.
public struct CoreBench: Sendable {
    /// Name of the bench's module and file.
    public static let module = "hs_bench"
    /// The bench and the data that it reads.
    public let files: [RTLFile]

    /// Test vectors of one layer's core.
    public struct Vectors: Sendable {
        /// Index of the layer.
        public let layer: Int
        /// Windows, in the byte order of the core's port `x`.
        public let windows: [[UInt8]]
        /// Residual bytes of all channels for each window; empty without a residual.
        public let residuals: [[UInt8]]
        /// Expected bytes of all channels for each window.
        public let outputs: [[UInt8]]

        /// Vectors of the given parts, as many outputs as windows.
        public init(layer: Int, windows: [[UInt8]], residuals: [[UInt8]], outputs: [[UInt8]]) {
            (self.layer, self.windows, self.residuals, self.outputs) = (layer, windows, residuals, outputs)
        }
    }

    /// A bench for some layers of `rtl`, one after another.
    public init(_ rtl: NetworkRTL, vectors: [Vectors]) {
        precondition(vectors.allSatisfy { !$0.windows.isEmpty && $0.windows.count == $0.outputs.count })
        var files: [RTLFile] = []
        var text = """
            module \(Self.module);
              reg clk = 0;
              always #5 clk = ~clk;
              reg [31:0] cycle = 0;
              reg [31:0] compared = 0, wrong = 0;
              integer index;
              always @(posedge clk) cycle <= cycle + 1;

            """
        var longest = 0
        for vectors in vectors {
            let layer = rtl.artifact.network.layers[vectors.layer]
            let count = vectors.windows.count
            longest = max(longest, count)
            text += Self.text(
                layer, index: vectors.layer, count: count, depth: rtl.schedule.depth.layers[vectors.layer])
            files.append(RTLFile(name: "x\(vectors.layer).hex", bytes: BenchStimulus.words(vectors.windows)))
            files.append(RTLFile(name: "y\(vectors.layer).hex", bytes: BenchStimulus.words(vectors.outputs)))
            if !vectors.residuals.isEmpty {
                files.append(
                    RTLFile(name: "r\(vectors.layer).hex", bytes: BenchStimulus.words(vectors.residuals)))
            }
        }
        text += """
              always @(negedge clk) if (cycle == \(longest + 32)) begin
                $display("SUMMARY cores \(vectors.count) bytes %0d wrong_bytes %0d", compared, wrong);
                $finish;
              end
            endmodule

            """
        self.files = files + [RTLFile(module: Self.module, header: rtl.header, text: text)]
    }

    /// One core: windows through a register, as Verilator needs it, and the comparison.
    private static func text(_ layer: NetworkLayer, index: Int, count: Int, depth: Int) -> String {
        let bits = layer.output.channels * 8
        let hasResidual = layer.residualSource != nil
        let address = "(cycle < \(count)) ? cycle : 0"
        return """
              reg [\(LayerWindow(layer).bits - 1):0] x\(index), xs\(index) [0:\(count - 1)];
            \(hasResidual ? "  reg [\(bits - 1):0] r\(index), rs\(index) [0:\(count - 1)];\n" : "")\
              wire [\(bits - 1):0] y\(index);
              reg [\(bits - 1):0] e\(index), ys\(index) [0:\(count - 1)];
              hs_core_\(VerilogText.identifier(layer.name)) core\(index)(.clk(clk), .x(x\(index)), \
            \(hasResidual ? ".r(r\(index)), " : "").y(y\(index)));
              initial begin
                $readmemh("x\(index).hex", xs\(index));
            \(hasResidual ? "    $readmemh(\"r\(index).hex\", rs\(index));\n" : "")\
                $readmemh("y\(index).hex", ys\(index));
              end
              always @(posedge clk) begin
                x\(index) <= xs\(index)[\(address)];
            \(hasResidual ? "    r\(index) <= rs\(index)[\(address)];\n" : "")\
                if (cycle >= \(depth) && cycle < \(count + depth)) begin
                  e\(index) = ys\(index)[cycle - \(depth)];
                  for (index = 0; index < \(bits / 8); index = index + 1) begin
                    compared = compared + 1;
                    if (y\(index)[8*index +: 8] !== e\(index)[8*index +: 8]) begin
                      wrong = wrong + 1;
                      if (wrong <= 5)
                        $display("FAULT \(layer.name) vector %0d channel %0d is %0d, expected %0d",
                          cycle - \(depth), index, y\(index)[8*index +: 8], e\(index)[8*index +: 8]);
                    end
                  end
                end
              end

            """
    }
}

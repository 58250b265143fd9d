import ChipModel
import HardenedBackbone
import QuantizedTensors

/// The text of one layer's stage: its row buffers, its controller, its lanes.
///
/// The controller starts an output row when its last input row is complete, the row before is done, and every
/// reader of its output has a free row; then the row's beats follow without a pause. The first beat is made in
/// the very cycle in which the conditions hold.
struct StageText {
    let layer: NetworkLayer
    let lanes: LanePlan.Layer
    let writeLanes: Int
    let residualLanes: Int
    let depth: Int
    let input: RowBufferPlan.Buffer
    let residual: RowBufferPlan.Buffer?
    /// Rows of the buffers that read this stage's output.
    let readers: [StageReader]
    let padding: [UInt8]

    var module: String { "hs_stage_\(VerilogText.identifier(layer.name))" }

    private var inputBits: Int { layer.input.channels * 8 }
    private var outputBits: Int { layer.output.channels * 8 }
    private var memory: RowMemory {
        RowMemory(
            name: "in", columns: layer.input.width, bits: inputBits, rows: input.rows, writeLanes: writeLanes)
    }
    private var residualMemory: RowMemory? {
        residual.map {
            RowMemory(
                name: "res", columns: layer.output.width, bits: outputBits, rows: $0.rows,
                writeLanes: residualLanes)
        }
    }

    /// The module.
    var text: String {
        var text = ports + memory.text
        if let residualMemory { text += residualMemory.text }
        text += control + release + pipeline
        text += RowWindow(layer: layer, lanes: lanes, memory: memory, padding: padding).text
        if let residualMemory { text += residualRead(residualMemory) }
        for lane in 0..<lanes.lanes {
            text += "  hs_core_\(VerilogText.identifier(layer.name)) lane\(lane)(.clk(clk), .x(x\(lane))"
            if residual != nil { text += ", .r(r\(lane))" }
            text += ", .y(out_data\(VerilogText.slice(lane, of: outputBits))));\n"
        }
        return text + checks + "endmodule\n"
    }

    private var ports: String {
        var text = """
            module \(module)(
              input wire clk,
              input wire rst,
              input wire in_valid,
              input wire in_last,
              input wire [\(inputBits * writeLanes - 1):0] in_data,
              output wire [1:0] in_free,

            """
        if residual != nil {
            text += """
                  input wire res_valid,
                  input wire res_last,
                  input wire [\(outputBits * residualLanes - 1):0] res_data,
                  output wire [1:0] res_free,

                """
        }
        for index in readers.indices { text += "  input wire [1:0] out_free\(index),\n" }
        return text + """
              output wire out_valid,
              output wire out_last,
              output wire [\(outputBits * lanes.lanes - 1):0] out_data
            );

            """
    }

    /// Which row and which beat, and whether there is one.
    private var control: String {
        let rows = lanes.rows
        let rowBits = VerilogText.bits(rows - 1)
        let beatBits = VerilogText.bits(lanes.cyclesPerRow - 1)
        let haveBits = VerilogText.bits(layer.input.height + input.rows + 1)
        let first = layer.lastInputRow(of: 0) + 1
        let last = layer.input.height
        let step = layer.stride
        var ready = "~busy & (have >= needed)"
        for index in readers.indices { ready += " & (room\(index) != 0)" }
        let nextNeed =
            step == 1 && layer.kernelSize == 3
            ? "(needed == \(haveBits)'d\(last)) ? needed : needed + \(haveBits)'d1"
            : "needed + \(haveBits)'d\(step)"
        var text = readers.enumerated().map { index, reader in
            "  reg [\(VerilogText.bits(reader.rows + 4) - 1):0] room\(index);\n"
        }.joined()
        text += """
              reg [\(rowBits - 1):0] row;
              reg [\(beatBits - 1):0] beat;
              reg [\(haveBits - 1):0] have, needed;
              reg busy;
              wire start = \(ready);
              wire active = busy | start;
              wire is_last_beat = active & (beat == \(beatBits)'d\(lanes.cyclesPerRow - 1));
              wire is_last_row = row == \(rowBits)'d\(rows - 1);
              reg [\(memory.addressBits - 1):0] column, base;
              always @(posedge clk) begin
                busy <= active & ~is_last_beat;
                have <= have + (in_valid & in_last) - ((is_last_beat & is_last_row) ? \(haveBits)'d\(last) : \(haveBits)'d0);
                if (active) begin
                  beat <= is_last_beat ? \(beatBits)'d0 : beat + \(beatBits)'d1;
                  column <= is_last_beat ? \(memory.address(0)) : column + \(memory.address(lanes.lanes * step));
                end
                if (is_last_beat) begin
                  row <= is_last_row ? \(rowBits)'d0 : row + \(rowBits)'d1;
                  needed <= is_last_row ? \(haveBits)'d\(first) : \(nextNeed);
                  base <= \(memory.advanced("base", by: step));
                end
                if (rst) begin
                  busy <= 1'b0;
                  have <= \(haveBits)'d0;
                  needed <= \(haveBits)'d\(first);
                  beat <= \(beatBits)'d0;
                  row <= \(rowBits)'d0;
                  column <= \(memory.address(0));
                  base <= \(memory.address(0));
                end
              end

            """
        for (index, reader) in readers.enumerated() {
            let bits = VerilogText.bits(reader.rows + 4)
            text += """
                  always @(posedge clk)
                    room\(index) <= rst ? \(bits)'d\(reader.rows) : room\(index) + out_free\(index) - start;

                """
        }
        return text
    }

    /// Gives rows back: as many as no later output row reads.
    private var release: String {
        let beatBits = VerilogText.bits(lanes.cyclesPerRow - 1)
        var text = "  wire gives_back = active & (beat == \(beatBits)'d\(input.releaseBeat));\n"
        if layer.kernelSize == 1 {
            text += "  assign in_free = {1'b0, gives_back};\n"
        } else {
            text += """
                  wire [1:0] given = ((row == 0) ? 2'd\(layer.stride - 1) : 2'd\(layer.stride)) + is_last_row;
                  assign in_free = gives_back ? given : 2'd0;

                """
        }
        if let residual {
            text += "  assign res_free = {1'b0, active & (beat == \(beatBits)'d\(residual.releaseBeat))};\n"
        }
        return text
    }

    /// The valid bit and the row's end, as many registers long as the core.
    private var pipeline: String {
        let stages = depth - 1
        return """
              reg [\(stages - 1):0] valid, last;
              always @(posedge clk) begin
                valid <= rst ? \(stages)'d0 : {valid[\(stages - 2):0], active};
                last <= {last[\(stages - 2):0], is_last_beat};
              end
              assign out_valid = valid[\(stages - 1)];
              assign out_last = last[\(stages - 1)];

            """
    }

    private func residualRead(_ memory: RowMemory) -> String {
        var text = """
              reg [\(memory.addressBits - 1):0] res_base, res_read;
              always @(posedge clk) begin
                if (active) res_read <= is_last_beat ? \(memory.address(0)) : res_read + \(memory.address(lanes.lanes));
                if (is_last_beat) res_base <= \(memory.advanced("res_base", by: 1));
                if (rst) begin
                  res_base <= \(memory.address(0));
                  res_read <= \(memory.address(0));
                end
              end

            """
        for lane in 0..<lanes.lanes {
            text += "  wire [\(outputBits - 1):0] r\(lane) = "
            text += PixelRead(memory: memory, lanes: lanes, stride: 1, offset: lane)
                .text(row: "res_base", column: "res_read", outside: "\(outputBits)'d0")
        }
        return text
    }

    private var checks: String {
        var text = "`ifdef HS_ASSERT\n" + memory.check(freed: "in_free")
        if let residualMemory {
            text += residualMemory.check(freed: "res_free")
            text += """
                  always @(posedge clk)
                    if (!rst && start && res_taken == 0)
                      $display("HS_ASSERT %m: a row starts without its residual");

                """
        }
        return text + "`endif\n"
    }
}

/// A buffer that reads a stage's output.
struct StageReader {
    /// Its rows.
    let rows: Int
}

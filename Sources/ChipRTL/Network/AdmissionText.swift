import ChipModel

/// The text of the input side: beats in with valid and ready, whole rows into the pipeline.
///
/// A row enters when the first buffer has a free row, so `ready` holds from a row's first beat to its last. An
/// image enters when a credit is free: credits are the images between here and the end of their scoring, so that
/// the feature queue can not overflow. A commit rides with the image whose first beat carries it, and waits for
/// the commit before it.
struct AdmissionText {
    let rows: Int
    let beats: Int
    let dataBits: Int
    /// Rows of the first buffer, and of the residual buffer that the input fills as well.
    let bufferRows: [Int]
    /// Images under way at most; `nil` leaves credits, commits and tags out.
    let credits: Int?

    static let module = "hs_admission"

    var text: String {
        let beatBits = VerilogText.bits(beats - 1)
        let rowBits = VerilogText.bits(rows - 1)
        var ready = bufferRows.indices.map { "(room\($0) != 0)" }.joined(separator: " & ")
        if credits != nil { ready += " & ((row != 0) | ((credit != 0) & ~(in_commit & pending)))" }
        var text = ports
        for (index, rows) in bufferRows.enumerated() {
            text += "  reg [\(VerilogText.bits(rows + 4) - 1):0] room\(index);\n"
        }
        if let credits {
            text +=
                "  reg [\(VerilogText.bits(credits) - 1):0] credit;\n  reg pending;\n  reg [31:0] index;\n"
        }
        text += """
              reg [\(beatBits - 1):0] beat;
              reg [\(rowBits - 1):0] row;
              wire starts_row = beat == 0;
              wire is_last_beat = beat == \(beatBits)'d\(beats - 1);
              assign in_ready = ~rst & (~starts_row | (\(ready)));
              wire accepted = in_valid & in_ready;
              wire takes_row = accepted & starts_row;
              assign row_valid = accepted;
              assign row_last = is_last_beat;
              assign row_data = in_data;
              always @(posedge clk) begin
                if (accepted) beat <= is_last_beat ? \(beatBits)'d0 : beat + \(beatBits)'d1;
                if (accepted & is_last_beat) row <= (row == \(rowBits)'d\(rows - 1)) ? \(rowBits)'d0 : row + \(rowBits)'d1;
                if (rst) begin
                  beat <= \(beatBits)'d0;
                  row <= \(rowBits)'d0;
                end
              end

            """
        for (index, rows) in bufferRows.enumerated() {
            let bits = VerilogText.bits(rows + 4)
            text += """
                  always @(posedge clk)
                    room\(index) <= rst ? \(bits)'d\(rows) : room\(index) + row_free\(index) - takes_row;

                """
        }
        return text + (credits.map(creditText) ?? "") + "endmodule\n"
    }

    private var ports: String {
        var text = """
            module \(Self.module)(
              input wire clk,
              input wire rst,
              input wire in_valid,
              output wire in_ready,
              input wire [\(dataBits - 1):0] in_data,

            """
        if credits != nil {
            text += """
                  input wire in_commit,
                  input wire [31:0] in_version,
                  input wire departure,
                  input wire swapped,
                  output wire tag_valid,
                  output wire [64:0] tag,
                  output wire can_write,

                """
        }
        for index in bufferRows.indices { text += "  input wire [1:0] row_free\(index),\n" }
        return text + """
              output wire row_valid,
              output wire row_last,
              output wire [\(dataBits - 1):0] row_data
            );

            """
    }

    /// Credits, the tag of each image, and whether the weights of a commit are still waiting.
    private func creditText(_ credits: Int) -> String {
        let bits = VerilogText.bits(credits)
        return """
              assign tag_valid = takes_row & (row == 0);
              assign tag = {in_commit, in_version, index};
              assign can_write = ~pending;
              always @(posedge clk) begin
                credit <= credit + departure - tag_valid;
                pending <= (pending & ~swapped) | (tag_valid & in_commit);
                if (tag_valid) index <= index + 32'd1;
                if (rst) begin
                  credit <= \(bits)'d\(credits);
                  pending <= 1'b0;
                  index <= 32'd0;
                end
              end

            """
    }
}

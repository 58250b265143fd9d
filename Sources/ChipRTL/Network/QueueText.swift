/// The text of a first-in first-out queue: the oldest word is there as long as the queue is not empty.
struct QueueText {
    let module: String
    let bits: Int
    let depth: Int

    var text: String {
        let counter = VerilogText.bits(depth)
        let pointer = VerilogText.bits(depth - 1)
        func next(_ name: String) -> String {
            "\(name) <= (\(name) == \(pointer)'d\(depth - 1)) ? \(pointer)'d0 : \(name) + \(pointer)'d1;"
        }
        return """
            module \(module)(
              input wire clk,
              input wire rst,
              input wire in_valid,
              input wire [\(bits - 1):0] in_data,
              output wire out_valid,
              output wire [\(bits - 1):0] out_data,
              input wire out_taken
            );
              reg [\(bits - 1):0] words [0:\(depth - 1)];
              reg [\(pointer - 1):0] head, tail;
              reg [\(counter - 1):0] count;
              assign out_valid = count != 0;
              assign out_data = words[head];
              always @(posedge clk) begin
                if (in_valid) begin
                  words[tail] <= in_data;
                  \(next("tail"))
                end
                if (out_taken) \(next("head"))
                count <= count + in_valid - out_taken;
                if (rst) begin
                  head <= \(pointer)'d0;
                  tail <= \(pointer)'d0;
                  count <= \(counter)'d0;
                end
              end
            `ifdef HS_ASSERT
              always @(posedge clk)
                if (!rst && in_valid && count == \(counter)'d\(depth) && !out_taken) $display("HS_ASSERT %m: overflows");
            `endif
            endmodule

            """
    }
}

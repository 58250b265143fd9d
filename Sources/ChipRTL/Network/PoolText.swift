import HardenedBackbone
import QuantizedTensors

/// The text of the average pool: sums of all pixels, half up shift, saturation.
///
/// Takes the last layer's beats as they come; the features are there in the cycle behind the last beat.
struct PoolText {
    let network: NetworkDescription
    let lanes: Int
    let cyclesPerRow: Int
    let shift: Int

    static let module = "hs_pool"
    /// Bits from one channel's sum to the next, so that the place of a sum is a shift.
    private static let stride = 16

    var text: String {
        let shape = network.pooledShape
        let bits = 8 * shape.channels
        let sums = Self.stride * shape.channels
        let beats = cyclesPerRow * shape.height
        let counter = VerilogText.bits(max(beats - 1, cyclesPerRow))
        let sumBits = VerilogText.bits(255 * shape.pixelCount + (1 << (shift - 1)))
        precondition(sumBits <= Self.stride, "a map of 512x512 pixels pools 16x16")
        // The last beat of a row has only the columns that are left.
        let inLastBeat = shape.width - (cyclesPerRow - 1) * lanes
        var added = ""
        for lane in 0..<lanes {
            let byte = "in_data[(channel << 3) + \(lane * bits) +: 8]"
            added += " + " + (lane < inLastBeat ? byte : "(in_last ? 8'd0 : \(byte))")
        }
        let initial = 1 << (shift - 1)
        return """
            module \(Self.module)(
              input wire clk,
              input wire rst,
              input wire in_valid,
              input wire in_last,
              input wire [\(lanes * bits - 1):0] in_data,
              output wire out_valid,
              output reg [\(bits - 1):0] out_data
            );
              reg [\(sums - 1):0] sums, total;
              reg [\(counter - 1):0] beat;
              reg [15:0] sum;
              integer channel;
              assign out_valid = in_valid & (beat == \(counter)'d\(beats - 1));
              always @(in_data or in_last or sums or beat) begin
                for (channel = 0; channel < \(shape.channels); channel = channel + 1) begin
                  sum = ((beat == 0) ? 16'd\(initial) : sums[(channel << 4) +: 16])\(added);
                  total[(channel << 4) +: 16] = sum;
                  out_data[(channel << 3) +: 8] = (|sum[15:\(shift + 8)]) ? 8'd255 : sum[\(shift + 7):\(shift)];
                end
              end
              always @(posedge clk) begin
                if (in_valid) begin
                  sums <= total;
                  beat <= out_valid ? \(counter)'d0 : beat + \(counter)'d1;
                end
                if (rst) beat <= \(counter)'d0;
              end
            endmodule

            """
    }
}

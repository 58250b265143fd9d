import ChipModel
import HardenedBackbone
import QuantizedTensors

/// Bytes of maps as the beats of a row stream, and the cycles in which they pass.
struct BenchStimulus {
    /// A word of hexadecimal digits a line, as `$readmemh` reads it.
    static func words(_ words: some Sequence<[UInt8]>) -> [UInt8] {
        var text: [UInt8] = []
        for word in words {
            text += VerilogText.hexadecimal(word).utf8
            text.append(10)
        }
        return text
    }

    /// 32-bit numbers, negative ones as two's complement.
    static func numbers(_ numbers: some Sequence<Int>) -> [UInt8] {
        words(
            numbers.map { number in
                withUnsafeBytes(of: UInt32(truncatingIfNeeded: number).littleEndian) { Array($0) }
            })
    }

    /// The beats of one map, row after row; columns beyond the row are zero.
    static func beats(_ map: [UInt8], shape: TensorShape, lanes: LanePlan.Layer) -> [[UInt8]] {
        var beats: [[UInt8]] = []
        let pixel = shape.channels
        for row in 0..<shape.height {
            for beat in 0..<lanes.cyclesPerRow {
                let first = beat * lanes.lanes
                let last = min(shape.width, first + lanes.lanes)
                let start = (row * shape.width + first) * pixel
                var bytes = Array(map[start..<start + (last - first) * pixel])
                bytes += [UInt8](repeating: 0, count: lanes.lanes * pixel - bytes.count)
                beats.append(bytes)
            }
        }
        return beats
    }
}

/// The text that both benches share: clock, reset, the driver of the input with its stalls.
struct BenchDriver {
    let beatsPerRow: Int
    let rowsPerImage: Int
    let images: Int
    let dataBits: Int
    /// Cycle of the bench that is cycle 0 of the schedule.
    let offset: Int
    /// A condition under which the next image may begin; `1'b1` for always.
    let mayBegin: String

    private var rows: Int { rowsPerImage * images }

    /// Declarations and the driver; `next_image` is the image of the beat that is presented next.
    ///
    /// Runs with `+stalls=SEED` to hold beats back at random, and with `+flood` to present rows as early as they
    /// are taken.
    var text: String {
        """
          reg clk = 0;
          always #5 clk = ~clk;
          reg rst = 1;
          reg [31:0] cycle = 0;
          reg [31:0] stalls = 0;
          reg flood = 0;
          reg [31:0] noise = 32'h1;
          reg in_valid = 0;
          wire in_ready;
          reg [\(dataBits - 1):0] in_data = 0;
          reg [31:0] in_image = 0;
          reg in_is_first = 0;
          reg [31:0] next_beat = 0, next_row = 0, next_image = 0, beat_of_row = 0, row_of_image = 0;
          reg [31:0] refused = 0, held_back = 0, slip = 0;
          reg [31:0] image_slip [0:\(images - 1)];
          reg [\(dataBits - 1):0] image_beats [0:\(rows * beatsPerRow - 1)];
          reg [31:0] row_times [0:\(rows - 1)];
          initial begin
            $readmemh("images.hex", image_beats);
            $readmemh("row_times.hex", row_times);
            if (!$value$plusargs("stalls=%d", stalls)) stalls = 0;
            if ($test$plusargs("flood")) flood = 1;
            if (stalls != 0) noise = stalls;
          end
          wire is_due = flood | (cycle + 1 >= row_times[next_row] + \(offset) + slip);
          wire may_present = (next_image < \(images)) & ((beat_of_row != 0)
            | (is_due & ((row_of_image != 0) | (\(mayBegin)))));
          wire is_stalled = (stalls != 0) & (noise[7:0] < 8'd96);
          always @(posedge clk) begin
            cycle <= cycle + 1;
            rst <= cycle < 8;
            noise <= {noise[30:0], noise[31] ^ noise[21] ^ noise[1] ^ noise[0]};
            if (in_valid & ~in_ready & ~in_is_first) refused <= refused + 1;
            // An image that has to wait, for its head to be written, takes all later rows along.
            if (is_due & (beat_of_row == 0) & (row_of_image == 0) & ~(\(mayBegin))) slip <= slip + 1;
            if (!rst & (in_ready | ~in_valid)) begin
              in_valid <= may_present & ~is_stalled;
              if (may_present & is_stalled) held_back <= held_back + 1;
              if (may_present & ~is_stalled) begin
                in_data <= image_beats[next_beat];
                in_image <= next_image;
                if (beat_of_row == 0 & row_of_image == 0) image_slip[next_image] <= slip;
                in_is_first <= (beat_of_row == 0) & (row_of_image == 0);
                next_beat <= next_beat + 1;
                if (beat_of_row == \(beatsPerRow - 1)) begin
                  beat_of_row <= 0;
                  next_row <= next_row + 1;
                  row_of_image <= (row_of_image == \(rowsPerImage - 1)) ? 0 : row_of_image + 1;
                  if (row_of_image == \(rowsPerImage - 1)) next_image <= next_image + 1;
                end else beat_of_row <= beat_of_row + 1;
              end
            end
          end

        """
    }
}

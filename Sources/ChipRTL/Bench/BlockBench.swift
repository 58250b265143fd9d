import ChipModel
import HardenedBackbone
import QuantizedTensors

/// The bench of consecutive layers: drives rows as the layer before would give them, compares every output byte
/// with the numeric specification, and every output row's cycle with the schedule.
public struct BlockBench: Sendable {
    /// Name of the bench's module and file.
    public static let module = "hs_bench"
    /// The bench and the data that it reads.
    public let files: [RTLFile]

    /// A bench for `rtl` and at least one image of `[inputSize, inputSize, 3]` bytes.
    public init(_ rtl: NetworkRTL, images: [[UInt8]]) {
        precondition(!images.isEmpty, "there is an image")
        let schedule = rtl.schedule(images: images.count)
        let network = rtl.artifact.network
        let (first, last) = (rtl.range.lowerBound, rtl.range.upperBound - 1)
        let input = rtl.inputLanes
        let output = schedule.plan.layers[last]
        let (inShape, outShape) = (network.layers[first].input, network.layers[last].output)
        var inputs: [[UInt8]] = []
        var outputs: [[UInt8]] = []
        for image in images {
            var map = image
            var result: [UInt8] = []
            _ = ReferenceBackbone.run(rtl.artifact, image: image) { index, bytes in
                if index == first - 1 { map = bytes }
                if index == last { result = bytes }
            }
            inputs += BenchStimulus.beats(map, shape: inShape, lanes: input)
            outputs += BenchStimulus.beats(result, shape: outShape, lanes: output)
        }
        let rowsIn = images.count * inShape.height
        let rowsOut = images.count * outShape.height
        let times =
            first == 0
            ? schedule.inputBegins
            : schedule.layers[first - 1].available.map { $0 - input.cyclesPerRow }
        files = [
            RTLFile(name: "images.hex", bytes: BenchStimulus.words(inputs)),
            RTLFile(name: "row_times.hex", bytes: BenchStimulus.numbers(times.prefix(rowsIn))),
            RTLFile(name: "outputs.hex", bytes: BenchStimulus.words(outputs)),
            RTLFile(
                name: "output_times.hex",
                bytes: BenchStimulus.numbers(schedule.layers[last].available.prefix(rowsOut))),
            RTLFile(
                module: Self.module, header: rtl.header,
                text: Self.text(
                    driver: BenchDriver(
                        beatsPerRow: input.cyclesPerRow, rowsPerImage: inShape.height, images: images.count,
                        dataBits: input.lanes * inShape.channels * 8, offset: 32, mayBegin: "1'b1"),
                    output: output, shape: outShape, rows: rowsOut,
                    limit: 100_000 + 40 * images.count * schedule.plan.cyclesPerImage)),
        ]
    }

    private static func text(
        driver: BenchDriver,
        output: LanePlan.Layer,
        shape: TensorShape,
        rows: Int,
        limit: Int
    ) -> String {
        let bytes = output.lanes * shape.channels
        let lastBytes = (shape.width - (output.cyclesPerRow - 1) * output.lanes) * shape.channels
        return """
            module \(module);
            \(driver.text)\
              wire out_valid, out_last;
              wire [\(bytes * 8 - 1):0] out_data;
              \(BlockText.module) dut(.clk(clk), .rst(rst), .in_valid(in_valid), .in_ready(in_ready),
                .in_data(in_data), .out_valid(out_valid), .out_last(out_last), .out_data(out_data));
              reg [\(bytes * 8 - 1):0] outputs [0:\(rows * output.cyclesPerRow - 1)];
              reg [31:0] output_times [0:\(rows - 1)];
              reg [\(bytes * 8 - 1):0] expected;
              reg [31:0] beat = 0, row = 0, compared = 0, wrong = 0, wrong_cycles = 0, wrong_rows = 0;
              integer index;
              initial begin
                $readmemh("outputs.hex", outputs);
                $readmemh("output_times.hex", output_times);
              end
              always @(posedge clk) if (!rst) begin
                if (out_valid) begin
                  expected = outputs[beat];
                  for (index = 0; index < \(bytes); index = index + 1)
                    if (!out_last || index < \(lastBytes)) begin
                      compared = compared + 1;
                      if (out_data[8*index +: 8] !== expected[8*index +: 8]) begin
                        wrong = wrong + 1;
                        if (wrong <= 5)
                          $display("FAULT beat %0d byte %0d is %0d, expected %0d", beat, index,
                            out_data[8*index +: 8], expected[8*index +: 8]);
                      end
                    end
                  beat = beat + 1;
                  if (out_last !== (beat % \(output.cyclesPerRow) == 0)) wrong_rows = wrong_rows + 1;
                  if (out_last) begin
                    if (stalls == 0 && !flood && cycle + 1 != output_times[row] + \(driver.offset)) begin
                      wrong_cycles = wrong_cycles + 1;
                      if (wrong_cycles <= 5)
                        $display("FAULT row %0d is there at cycle %0d, expected %0d", row,
                          cycle + 1 - \(driver.offset), output_times[row]);
                    end
                    row = row + 1;
                  end
                end
                if (cycle == \(limit) || row == \(rows)) begin
                  if (row != \(rows)) $display("FAULT stopped after %0d rows of \(rows)", row);
                  $display("SUMMARY rows %0d bytes %0d wrong_bytes %0d wrong_rows %0d wrong_cycles %0d held_back %0d refused %0d",
                    row, compared, wrong, wrong_rows, wrong_cycles, held_back, refused);
                  $finish;
                end
              end
            endmodule

            """
    }
}

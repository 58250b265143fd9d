extension NetworkBench.Shape {
    /// The module.
    func text(driver: BenchDriver) -> String {
        """
        module \(NetworkBench.module);
        \(driver.text)\(writer)\(dut)\(checks)endmodule

        """
    }

    private var classBits: Int { VerilogText.bits(npu.classes - 1) }

    /// Writes a head as soon as the commit before it has swapped the banks.
    private var writer: String {
        let lanes = npu.macs / NPUShape.lane
        let weights = npu.classes * npu.features / NPUShape.lane
        let total = weights + npu.classes
        return """
              wire w_ready;
              reg w_valid = 0, w_is_bias = 0;
              reg [31:0] w_word = 0, w_lane = 0;
              reg [63:0] w_data = 0;
              reg [63:0] head_words [0:\(2 * total - 1)];
              reg [31:0] written = 0, commits = 0, write_index = 0, write_word = 0, write_lane = 0;
              reg [31:0] predicted [0:\(images - 1)];
              reg [31:0] prediction = 0;
              initial $readmemh("weights.hex", head_words);
              wire next_carries = (next_image == 0) | (next_image == \(swapImage));
              wire in_commit = in_valid & in_is_first & ((in_image == 0) | (in_image == \(swapImage)));
              wire [31:0] in_version = commits + 32'd7;
              always @(posedge clk) if (!rst) begin
                w_valid <= 0;
                if (w_valid && write_index == 0) written <= written + 1;
                else if (written < 2 && written == commits && w_ready) begin
                  w_valid <= 1;
                  w_is_bias <= write_index >= \(weights);
                  w_word <= (write_index >= \(weights)) ? write_index - \(weights) : write_word;
                  w_lane <= write_lane;
                  w_data <= head_words[written * \(total) + write_index];
                  write_lane <= (write_lane == \(lanes - 1)) ? 0 : write_lane + 1;
                  if (write_lane == \(lanes - 1)) write_word <= write_word + 1;
                  write_index <= write_index + 1;
                  if (write_index == \(total - 1)) begin
                    write_index <= 0;
                    write_word <= 0;
                    write_lane <= 0;
                  end
                end
                if (in_valid & in_ready & in_is_first) begin
                  // What this image must be scored with, known before the chip says so.
                  predicted[in_image] <= in_commit ? commits : prediction;
                  if (in_commit) prediction <= commits;
                  if (in_commit) commits <= commits + 1;
                end
              end

            """
    }

    private var dut: String {
        let laneBits = VerilogText.bits(npu.macs / NPUShape.lane - 1)
        let wordBits = max(VerilogText.bits(npu.words - 1), classBits)
        return """
              wire logit_valid, result_valid;
              wire [\(classBits - 1):0] logit_class, result_class;
              wire signed [31:0] logit, result_logit;
              wire [31:0] result_index, result_version;
              \(TopText.module) dut(.clk(clk), .rst(rst), .in_valid(in_valid), .in_ready(in_ready),
                .in_data(in_data), .in_commit(in_commit), .in_version(in_version), .w_ready(w_ready),
                .w_valid(w_valid), .w_is_bias(w_is_bias), .w_word(w_word[\(wordBits - 1):0]),
                .w_lane(w_lane[\(laneBits - 1):0]), .w_data(w_data), .logit_valid(logit_valid),
                .logit_class(logit_class), .logit(logit), .result_valid(result_valid),
                .result_index(result_index), .result_version(result_version), .result_class(result_class),
                .result_logit(result_logit));

            """
    }

    private var checks: String {
        let bytes = npu.features
        return """
              reg [\(bytes * 8 - 1):0] features [0:\(images - 1)];
              reg [\(bytes * 8 - 1):0] expected, found;
              reg [31:0] feature_times [0:\(images - 1)];
              reg signed [31:0] logits [0:\(2 * images * npu.classes - 1)];
              reg signed [31:0] best;
              reg [31:0] winner;
              reg [31:0] vectors = 0, results = 0, logit_count = 0;
              reg [31:0] wrong_bytes = 0, wrong_logits = 0, wrong_results = 0, wrong_cycles = 0;
              reg [31:0] feature_cycle [0:\(images - 1)];
              reg [31:0] scored_until = 0;
              integer index;
              initial begin
                $readmemh("features.hex", features);
                $readmemh("feature_times.hex", feature_times);
                $readmemh("logits.hex", logits);
              end
              always @(posedge clk) if (!rst) begin
                if (dut.feature_valid && vectors < \(images)) begin
                  expected = features[vectors];
                  found = dut.feature_data;
                  for (index = 0; index < \(bytes); index = index + 1)
                    if (found[8*index +: 8] !== expected[8*index +: 8]) begin
                      wrong_bytes = wrong_bytes + 1;
                      if (wrong_bytes <= 5)
                        $display("FAULT image %0d feature %0d is %0d, expected %0d", vectors, index,
                          found[8*index +: 8], expected[8*index +: 8]);
                    end
                  feature_cycle[vectors] = cycle + 1 - \(offset);
                  if (stalls == 0 && !flood && feature_cycle[vectors] != feature_times[vectors] + image_slip[vectors]) begin
                    wrong_cycles = wrong_cycles + 1;
                    $display("FAULT image %0d has its features at cycle %0d, expected %0d", vectors,
                      feature_cycle[vectors], feature_times[vectors] + image_slip[vectors]);
                  end
                  vectors = vectors + 1;
                end
                if (logit_valid) begin
                  index = (predicted[results] * \(images) + results) * \(npu.classes) + logit_count;
                  if (logit_class !== logit_count || logit !== logits[index]) begin
                    wrong_logits = wrong_logits + 1;
                    if (wrong_logits <= 5)
                      $display("FAULT image %0d class %0d has logit %0d, expected %0d of head %0d", results,
                        logit_class, logit, logits[index], predicted[results]);
                  end
                  if (logit_count == 0 || logits[index] > best) begin
                    best = logits[index];
                    winner = logit_count;
                  end
                  logit_count = logit_count + 1;
                end
                if (result_valid) begin
                  if (result_index !== results || result_version !== predicted[results] + 7
                    || result_class !== winner || result_logit !== best || logit_count != \(npu.classes)) begin
                    wrong_results = wrong_results + 1;
                    $display("FAULT result %0d is image %0d class %0d version %0d logit %0d, expected class %0d version %0d logit %0d",
                      results, result_index, result_class, result_version, result_logit, winner,
                      predicted[results] + 7, best);
                  end
                  // The head starts when the features are there and the image before is scored.
                  scored_until = ((feature_cycle[results] > scored_until) ? feature_cycle[results] : scored_until)
                    + \(service);
                  if (cycle - \(offset) != scored_until + \(NPUShape.resultDelay - 1)) begin
                    wrong_cycles = wrong_cycles + 1;
                    $display("FAULT result %0d at cycle %0d, expected %0d", results, cycle - \(offset),
                      scored_until + \(NPUShape.resultDelay - 1));
                  end
                  $display("RESULT image %0d class %0d version %0d logit %0d features_at %0d result_at %0d",
                    result_index, result_class, result_version, result_logit, feature_cycle[results],
                    cycle - \(offset));
                  logit_count = 0;
                  results = results + 1;
                end
                if (cycle == \(limit) || results == \(images)) begin
                  if (results != \(images)) $display("FAULT stopped after %0d results of \(images)", results);
                  $display("SUMMARY results %0d bytes %0d wrong_bytes %0d logits %0d wrong_logits %0d wrong_results %0d wrong_cycles %0d held_back %0d refused %0d",
                    results, vectors * \(bytes), wrong_bytes, results * \(npu.classes), wrong_logits,
                    wrong_results, wrong_cycles, held_back, refused);
                  $finish;
                end
              end

            """
    }
}

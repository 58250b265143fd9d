import HardenedBackbone

/// The text of the whole chip: admission, backbone, pool, queues, NPU.
struct TopText {
    let backbone: BackboneText
    let features: Int
    let npu: NPUText

    static let module = "hs_top"
    static let featureQueue = "hs_feature_queue"
    static let tagQueue = "hs_tag_queue"

    /// How the ports are used, for the file's header.
    static func protocolText(lanes: Int) -> [String] {
        [
            "Pixels: one beat is \(lanes) pixel(s) of a row, the left one lowest, red lowest in a pixel. A beat is taken",
            "where in_valid and in_ready meet; in_ready holds from the first beat of a row to its last.",
            "Head: weights are written, \(NPUShape.lane) a word of w_lane in w_word, to the bank that does not score, while",
            "w_ready. in_commit with the first beat of an image swaps the banks right before that image is scored.",
            "Results come in the order of the images; result_version is the in_version of the last commit.",
        ]
    }

    var text: String {
        let data = backbone.inputBits
        return """
            module \(Self.module)(
              input wire clk,
              input wire rst,
              input wire in_valid,
              output wire in_ready,
              input wire [\(data - 1):0] in_data,
              input wire in_commit,
              input wire [31:0] in_version,
              output wire w_ready,
            \(npu.writePorts)\(npu.resultPorts.split(separator: "output reg").joined(separator: "output wire")));
              wire row_valid, row_last, tag_valid, departure, swapped;
              wire [64:0] tag, scored_tag;
              wire [\(data - 1):0] row_data;
              wire [1:0] row_free;
              \(AdmissionText.module) admission(.clk(clk), .rst(rst), .in_valid(in_valid), .in_ready(in_ready),
                .in_data(in_data), .in_commit(in_commit), .in_version(in_version), .departure(departure),
                .swapped(swapped), .tag_valid(tag_valid), .tag(tag), .can_write(w_ready), .row_free0(row_free),
                .row_valid(row_valid), .row_last(row_last), .row_data(row_data));
              wire map_valid, map_last;
              wire [\(backbone.outputBits - 1):0] map_data;
              \(BackboneText.module) backbone(.clk(clk), .rst(rst), .in_valid(row_valid), .in_last(row_last),
                .in_data(row_data), .in_free(row_free), .out_valid(map_valid), .out_last(map_last),
                .out_data(map_data));
              wire feature_valid, scored_valid, has_tag;
              wire [\(features * 8 - 1):0] feature_data, scored_data;
              \(PoolText.module) pool(.clk(clk), .rst(rst), .in_valid(map_valid), .in_last(map_last),
                .in_data(map_data), .out_valid(feature_valid), .out_data(feature_data));
              \(Self.featureQueue) feature_queue(.clk(clk), .rst(rst), .in_valid(feature_valid),
                .in_data(feature_data), .out_valid(scored_valid), .out_data(scored_data),
                .out_taken(departure));
              \(Self.tagQueue) tag_queue(.clk(clk), .rst(rst), .in_valid(tag_valid), .in_data(tag),
                .out_valid(has_tag), .out_data(scored_tag), .out_taken(departure));
              \(NPUText.module) npu(.clk(clk), .rst(rst), .in_valid(scored_valid), .in_data(scored_data),
                .in_tag(scored_tag), .departure(departure), .swapped(swapped), .w_valid(w_valid & w_ready),
                .w_is_bias(w_is_bias), .w_word(w_word), .w_lane(w_lane), .w_data(w_data),
                .logit_valid(logit_valid), .logit_class(logit_class), .logit(logit),
                .result_valid(result_valid), .result_index(result_index), .result_version(result_version),
                .result_class(result_class), .result_logit(result_logit));
            `ifdef HS_ASSERT
              always @(posedge clk) begin
                if (!rst && w_valid && !w_ready) $display("HS_ASSERT %m: a weight is written while a commit waits");
                if (!rst && scored_valid && !has_tag) $display("HS_ASSERT %m: features without a tag");
              end
            `endif
            endmodule

            """
    }
}

/// The text of a part of the backbone with valid and ready at its input, to be tested by itself.
struct BlockText {
    let backbone: BackboneText

    static let module = "hs_block"

    var text: String {
        let data = backbone.inputBits
        let hasResidual = backbone.inputReader != nil
        return """
            module \(Self.module)(
              input wire clk,
              input wire rst,
              input wire in_valid,
              output wire in_ready,
              input wire [\(data - 1):0] in_data,
              output wire out_valid,
              output wire out_last,
              output wire [\(backbone.outputBits - 1):0] out_data
            );
              wire row_valid, row_last;
              wire [\(data - 1):0] row_data;
              wire [1:0] row_free\(hasResidual ? ", row_free_residual" : "");
              \(AdmissionText.module) admission(.clk(clk), .rst(rst), .in_valid(in_valid), .in_ready(in_ready),
                .in_data(in_data), .row_free0(row_free)\(hasResidual ? ", .row_free1(row_free_residual)" : ""),
                .row_valid(row_valid), .row_last(row_last), .row_data(row_data));
              \(BackboneText.module) backbone(.clk(clk), .rst(rst), .in_valid(row_valid), .in_last(row_last),
                .in_data(row_data), .in_free(row_free)\(hasResidual ? ", .in_free_residual(row_free_residual)" : ""),
                .out_valid(out_valid), .out_last(out_last), .out_data(out_data));
            endmodule

            """
    }
}

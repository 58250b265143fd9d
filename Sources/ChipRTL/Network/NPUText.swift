import ClassifierHead

/// Size of the programmable head's unit.
public struct NPUShape: Hashable, Sendable {
    /// Features of one image.
    public let features: Int
    /// Classes of a head.
    public let classes: Int
    /// Multiply-accumulates in one cycle: a divisor of `features` and a multiple of ``lane``.
    public let macs: Int

    /// Weights of one write.
    public static let lane = 8

    /// A unit for heads of `classes` classes; `nil` where `macs` does not fit.
    public init?(features: Int, classes: Int, macs: Int) {
        guard features > 0, ClassifierHead.classCountRange.contains(classes), macs >= Self.lane,
            macs.isMultiple(of: Self.lane), features.isMultiple(of: macs)
        else { return nil }
        (self.features, self.classes, self.macs) = (features, classes, macs)
    }

    /// The widths that a unit can have.
    public static func legalMACs(features: Int) -> [Int] {
        stride(from: lane, through: features, by: lane).filter(features.isMultiple(of:))
    }

    /// Words of `macs` weights of one class.
    public var wordsPerClass: Int { features / macs }
    /// Words of a bank, and cycles of one image: the head's service time.
    public var words: Int { classes * wordsPerClass }
    /// Cycles from the last word's read to the result.
    public static let resultDelay = 4
}

/// The text of the NPU: two banks of weights, the multipliers, the winning class.
///
/// The only module with multiplications. An image is scored when its features are the oldest in the queue; a
/// commit that rides with it swaps the banks right before. Writes go to the bank that does not score, and are
/// taken as long as no commit waits.
struct NPUText {
    let shape: NPUShape

    static let module = "hs_npu"

    private var classBits: Int { VerilogText.bits(shape.classes - 1) }
    private var wordBits: Int { VerilogText.bits(shape.words - 1) }
    private var laneBits: Int { VerilogText.bits(shape.macs / NPUShape.lane - 1) }
    private var groupBits: Int { VerilogText.bits(shape.features * 8) }
    private var bankBits: Int { shape.macs * 8 }

    /// Ports of the weights' write side, as the top has them too.
    var writePorts: String {
        """
          input wire w_valid,
          input wire w_is_bias,
          input wire [\(max(wordBits, classBits) - 1):0] w_word,
          input wire [\(laneBits - 1):0] w_lane,
          input wire [63:0] w_data,

        """
    }

    /// Ports of logits and results, as the top has them too.
    var resultPorts: String {
        """
          output reg logit_valid,
          output reg [\(classBits - 1):0] logit_class,
          output reg signed [31:0] logit,
          output reg result_valid,
          output reg [31:0] result_index,
          output reg [31:0] result_version,
          output reg [\(classBits - 1):0] result_class,
          output reg signed [31:0] result_logit

        """
    }

    var text: String {
        """
        module \(Self.module)(
          input wire clk,
          input wire rst,
          input wire in_valid,
          input wire [\(shape.features * 8 - 1):0] in_data,
          input wire [64:0] in_tag,
          output wire departure,
          output wire swapped,
        \(writePorts)\(resultPorts));
        \(banks)\(issue)\(arithmetic)\(result)endmodule

        """
    }

    private var banks: String {
        let lanes = shape.macs / NPUShape.lane
        var text = "  reg active;\n"
        for bank in 0..<2 {
            text += "  reg [31:0] bias\(bank) [0:\(shape.classes - 1)];\n"
            for lane in 0..<lanes { text += "  reg [63:0] bank\(bank)_\(lane) [0:\(shape.words - 1)];\n" }
            text += "  always @(posedge clk) if (w_valid & (active == 1'b\(1 - bank))) begin\n"
            text += "    if (w_is_bias) bias\(bank)[w_word[\(classBits - 1):0]] <= w_data[31:0];\n"
            for lane in 0..<lanes {
                text += "    if (~w_is_bias & (w_lane == \(laneBits)'d\(lane))) "
                text += "bank\(bank)_\(lane)[w_word[\(wordBits - 1):0]] <= w_data;\n"
            }
            text += "  end\n"
        }
        return text
    }

    /// One word of the bank and its features in a cycle, the first of an image in the cycle that finds it.
    private var issue: String {
        let lanes = shape.macs / NPUShape.lane
        let groups = shape.wordsPerClass
        func words(_ bank: Int) -> String {
            "{\((0..<lanes).reversed().map { "bank\(bank)_\($0)[word]" }.joined(separator: ", "))}"
        }
        let features = groups == 1 ? "in_data" : "in_data[offset +: \(bankBits)]"
        return """
              reg running;
              reg [31:0] version;
              reg [\(wordBits - 1):0] word;
              reg [\(classBits - 1):0] class_index;
              reg [\(groupBits - 1):0] offset;
              wire start = in_valid & ~running;
              wire issues = in_valid;
              wire is_last_group = offset == \(groupBits)'d\(shape.features * 8 - bankBits);
              wire is_last_word = word == \(wordBits)'d\(shape.words - 1);
              assign swapped = start & in_tag[64];
              assign departure = issues & is_last_word;
              wire bank = active ^ swapped;
              reg signed [\(bankBits - 1):0] weights;
              reg [\(bankBits - 1):0] features;
              reg signed [31:0] bias;
              reg v1, first1, last1, final1;
              reg [\(classBits - 1):0] class1;
              reg [31:0] index1, version1;
              always @(posedge clk) begin
                if (issues) begin
                  running <= ~is_last_word;
                  word <= is_last_word ? \(wordBits)'d0 : word + \(wordBits)'d1;
                  offset <= is_last_group ? \(groupBits)'d0 : offset + \(groupBits)'d\(bankBits);
                  if (is_last_group) class_index <= is_last_word ? \(classBits)'d0 : class_index + \(classBits)'d1;
                  weights <= bank ? \(words(1)) : \(words(0));
                  bias <= bank ? bias1[class_index] : bias0[class_index];
                  features <= \(features);
                  index1 <= in_tag[31:0];
                  version1 <= swapped ? in_tag[63:32] : version;
                end
                if (swapped) begin
                  active <= ~active;
                  version <= in_tag[63:32];
                end
                v1 <= issues & ~rst;
                first1 <= offset == 0;
                last1 <= is_last_group;
                final1 <= is_last_word;
                class1 <= class_index;
                if (rst) begin
                  running <= 1'b0;
                  active <= 1'b0;
                  version <= 32'd0;
                  word <= \(wordBits)'d0;
                  offset <= \(groupBits)'d0;
                  class_index <= \(classBits)'d0;
                end
              end

            """
    }

    /// Products, then the sum of a class over its words.
    private var arithmetic: String {
        """
          reg signed [31:0] products, p2, sum, bias2;
          reg v2, first2, last2, final2;
          reg [\(classBits - 1):0] class2;
          reg [31:0] index2, version2;
          integer mac;
          always @(weights or features) begin
            products = 0;
            for (mac = 0; mac < \(shape.macs); mac = mac + 1)
              products = products + $signed({1'b0, features[(mac << 3) +: 8]}) * $signed(weights[(mac << 3) +: 8]);
          end
          wire signed [31:0] added = (first2 ? 32'sd0 : sum) + p2;
          always @(posedge clk) begin
            p2 <= products;
            bias2 <= bias;
            {v2, first2, last2, final2} <= {v1 & ~rst, first1, last1, final1};
            {class2, index2, version2} <= {class1, index1, version1};
            if (v2) sum <= added;
            logit_valid <= v2 & last2 & ~rst;
            logit_class <= class2;
            logit <= added + bias2;
          end

        """
    }

    /// The largest logit; the lowest class wins ties.
    private var result: String {
        """
          reg final3;
          reg [31:0] index3, version3;
          reg [\(classBits - 1):0] best_class;
          reg signed [31:0] best;
          wire wins = (logit_class == 0) | (logit > best);
          always @(posedge clk) begin
            {final3, index3, version3} <= {final2, index2, version2};
            if (logit_valid & wins) begin
              best <= logit;
              best_class <= logit_class;
            end
            result_valid <= logit_valid & final3 & ~rst;
            result_index <= index3;
            result_version <= version3;
            result_class <= wins ? logit_class : best_class;
            result_logit <= wins ? logit : best;
          end

        """
    }
}

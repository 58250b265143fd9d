import ChipModel
import HardenedBackbone
import QuantizedTensors

/// The text that joins the stages of consecutive layers: rows in, rows out.
struct BackboneText {
    let layers: [NetworkLayer]
    /// The layers that are joined.
    let range: Range<Int>
    let stages: [StageText]
    /// Bits of an input beat.
    let inputBits: Int

    static let module = "hs_backbone"

    /// The layer whose residual operand is the input of the range, if there is one.
    var inputReader: Int? { range.first { layers[$0].residualSource == range.lowerBound - 1 } }

    var outputBits: Int {
        stages[range.count - 1].lanes.lanes * layers[range.upperBound - 1].output.channels * 8
    }

    var text: String {
        var text = """
            module \(Self.module)(
              input wire clk,
              input wire rst,
              input wire in_valid,
              input wire in_last,
              input wire [\(inputBits - 1):0] in_data,
              output wire [1:0] in_free,

            """
        if inputReader != nil { text += "  output wire [1:0] in_free_residual,\n" }
        text += """
              output wire out_valid,
              output wire out_last,
              output wire [\(outputBits - 1):0] out_data
            );

            """
        for index in range {
            let stage = stages[index - range.lowerBound]
            let bits = stage.lanes.lanes * layers[index].output.channels * 8
            text += "  wire valid\(index), last\(index);\n  wire [\(bits - 1):0] data\(index);\n"
            text += "  wire [1:0] free\(index);\n"
            if stage.residual != nil { text += "  wire [1:0] free\(index)_residual;\n" }
        }
        for index in range { text += instance(index) }
        let end = range.upperBound - 1
        return text + """
              assign in_free = free\(range.lowerBound);
            \(inputReader.map { "  assign in_free_residual = free\($0)_residual;\n" } ?? "")\
              assign out_valid = valid\(end);
              assign out_last = last\(end);
              assign out_data = data\(end);
            endmodule

            """
    }

    private func instance(_ index: Int) -> String {
        let stage = stages[index - range.lowerBound]
        func source(_ index: Int) -> String {
            index < range.lowerBound
                ? "_valid(in_valid), .$_last(in_last), .$_data(in_data)"
                : "_valid(valid\(index)), .$_last(last\(index)), .$_data(data\(index))"
        }
        func ports(_ name: String, _ index: Int) -> String {
            ", ." + name + source(index).split(separator: "$").joined(separator: name)
        }
        var text = "  \(stage.module) stage\(index)(.clk(clk), .rst(rst)"
        text += ports("in", index - 1) + ", .in_free(free\(index))"
        if let residual = layers[index].residualSource {
            text += ports("res", residual) + ", .res_free(free\(index)_residual)"
        }
        for (number, reader) in readers(of: index).enumerated() {
            text += ", .out_free\(number)(free\(reader.layer)\(reader.isResidual ? "_residual" : ""))"
        }
        return text + ",\n    .out_valid(valid\(index)), .out_last(last\(index)), .out_data(data\(index)));\n"
    }

    /// Who reads the output of layer `index` inside the range: the next layer, and a later residual addition.
    func readers(of index: Int) -> [(layer: Int, isResidual: Bool)] {
        Self.readers(of: index, layers: layers, range: range)
    }

    static func readers(
        of index: Int,
        layers: [NetworkLayer],
        range: Range<Int>
    ) -> [(layer: Int, isResidual: Bool)] {
        var readers: [(Int, Bool)] = range.contains(index + 1) ? [(index + 1, false)] : []
        readers += range.filter { layers[$0].residualSource == index }.map { ($0, true) }
        return readers
    }
}

import ChipModel
public import HardenedBackbone
import QuantizedTensors

/// The core of one layer in simulation style: for each neuron one sum of shifted operands and one constant.
///
/// Ports and latency are those of ``AreaCore``: `y` is there `depth - 1` clocks after `x`. Sums are made when the
/// window changes, not at every clock, so that idle layers cost a simulator nothing.
public struct SimulationCore: Sendable {
    /// Most output channels of one part.
    public static let channelsPerPart = 64

    let layer: NetworkLayer
    let parameters: LayerParameters
    let depth: Int

    /// A core for `layer`.
    ///
    /// - Range: `depth` of at least 3.
    public init(_ layer: NetworkLayer, _ parameters: LayerParameters, depth: Int) {
        precondition(depth >= 3, "a core has a register for its sums and one for its output")
        self.layer = layer
        self.parameters = parameters
        self.depth = depth
    }

    /// Name of the core's module.
    public var module: String { "hs_core_\(VerilogText.identifier(layer.name))" }
    /// Parts that the core consists of.
    public var partCount: Int { (layer.output.channels - 1) / Self.channelsPerPart + 1 }

    private var window: Int { LayerWindow(layer).bits }
    private var hasResidual: Bool { layer.residualSource != nil }

    /// Output channels of a part.
    public func channels(_ part: Int) -> Range<Int> {
        let first = part * Self.channelsPerPart
        return first..<min(first + Self.channelsPerPart, layer.output.channels)
    }

    /// All files of the core: the parts, then the module that joins them.
    public func files(_ header: FileHeader) -> [RTLFile] {
        (0..<partCount).map { part in
            RTLFile(
                module: "\(module)_p\(part)", folder: "cores/", header: header,
                facts: FileHeader.facts(layer, parameters, channels: channels(part)), text: text(ofPart: part)
            )
        } + [
            RTLFile(
                module: module, folder: "cores/", header: header, facts: FileHeader.facts(layer, parameters),
                text: top())
        ]
    }

    /// Registers in front, and the parts.
    private func top() -> String {
        let bits = layer.output.channels * 8
        var text = "module \(module)(\n  input wire clk,\n  input wire [\(window - 1):0] x,\n"
        if hasResidual { text += "  input wire [\(bits - 1):0] r,\n" }
        text += "  output wire [\(bits - 1):0] y\n);\n"
        let stages = depth - 3
        for (name, width) in hasResidual ? [("x", window), ("r", bits)] : [("x", window)] {
            text += "  wire [\(width - 1):0] \(name)0 = \(name);\n"
            for stage in 0..<stages {
                text += "  reg [\(width - 1):0] \(name)\(stage + 1);\n"
                text += "  always @(posedge clk) \(name)\(stage + 1) <= \(name)\(stage);\n"
            }
        }
        for part in 0..<partCount {
            let channels = channels(part)
            let slice = "[\(8 * channels.upperBound - 1):\(8 * channels.lowerBound)]"
            text += "  \(module)_p\(part) part\(part)(.clk(clk), .x(x\(stages))"
            if hasResidual { text += ", .r(r\(stages)\(slice))" }
            text += ", .y(y\(slice)));\n"
        }
        return text + "endmodule\n"
    }

    /// Sums, their registers, saturation and output registers of up to 64 channels.
    private func text(ofPart part: Int) -> [UInt8] {
        let channels = channels(part)
        let bytes = 8 * channels.count
        let neurons = channels.map { NeuronSum(layer, parameters, channel: $0) }
        let sums = neurons.reduce(0) { $0 + $1.width }
        var text = TextBuffer()
        text.add("module \(module)_p\(part)(\n  input wire clk,\n  input wire [\(window - 1):0] x,\n")
        if hasResidual { text.add("  input wire [\(bytes - 1):0] r,\n") }
        text.add("  output wire [\(bytes - 1):0] y\n);\n  reg [\(sums - 1):0] s, a;\n")
        text.add("  reg [\(bytes - 1):0] n, q;\n  always @(x\(hasResidual ? " or r" : "")) begin\n")
        var bit = 0
        for (index, neuron) in neurons.enumerated() {
            text.add("    s[\(bit + neuron.width - 1):\(bit)] = \(neuron.width)'d\(neuron.constant)")
            for term in neuron.terms {
                text.add("\n      + ")
                add(term, residualByte: index, to: &text)
            }
            text.add(";\n")
            bit += neuron.width
        }
        text.add("  end\n  always @(posedge clk) a <= s;\n  always @(a) begin\n")
        bit = 0
        for (index, neuron) in neurons.enumerated() {
            text.add("    n[\(8 * index + 7):\(8 * index)] = \(Self.saturated(neuron, from: bit));\n")
            bit += neuron.width
        }
        text.add("  end\n  always @(posedge clk) q <= n;\n  assign y = q;\nendmodule\n")
        return text.bytes
    }

    /// One operand: its bits, some complemented, above `shift` zeros.
    private func add(_ term: HeapTerm, residualByte: Int, to text: inout TextBuffer) {
        let isResidual = term.firstBit >= window
        let name = isResidual ? "r" : "x"
        let low = isResidual ? 8 * residualByte : term.firstBit
        text.add("{")
        switch term.complement {
        case 0: text.add("\(name)[\(low + 7):\(low)]")
        case 0xff: text.add("~\(name)[\(low + 7):\(low)]")
        case 0x80: text.add("~\(name)[\(low + 7)], \(name)[\(low + 6):\(low)]")
        default: text.add("\(name)[\(low + 7)], ~\(name)[\(low + 6):\(low)]")
        }
        if term.shift > 0 { text.add(", \(term.shift)'b0") }
        text.add("}")
    }

    /// The byte of a sum whose lowest bit is `a[first]`: shifted, then saturated.
    private static func saturated(_ neuron: NeuronSum, from first: Int) -> String {
        let sign = first + neuron.width - 1
        let low = first + neuron.shift
        let byte = bits(low, 8, sign: sign)
        switch neuron.output {
        case .u8:
            guard low + 8 < sign else { return "a[\(sign)] ? 8'd0 : \(byte)" }
            return "a[\(sign)] ? 8'd0 : (|a[\(sign - 1):\(low + 8)]) ? 8'd255 : \(byte)"
        case .s8:
            guard low + 7 < sign else { return byte }
            let upper = "a[\(sign):\(low + 7)]"
            return "((&\(upper)) | ~(|\(upper))) ? \(byte) : {a[\(sign)], {7{~a[\(sign)]}}}"
        }
    }

    /// `count` bits from `low`, continued by the sign.
    private static func bits(_ low: Int, _ count: Int, sign: Int) -> String {
        if low + count - 1 <= sign { return "a[\(low + count - 1):\(low)]" }
        if low >= sign { return "{\(count){a[\(sign)]}}" }
        return "{{\(low + count - 1 - sign){a[\(sign)]}}, a[\(sign):\(low)]}"
    }
}

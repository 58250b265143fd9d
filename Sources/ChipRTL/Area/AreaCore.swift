public import ChipModel
public import HardenedBackbone
import QuantizedTensors

/// The core of one layer in area style: explicit adders with the polarity of every bit kept.
///
/// One pixel a cycle, no valid bit, no reset; `y` is there `depth - 1` clocks after `x`. Parts of at most 64
/// channels are modules (and files) of their own, so that tools take them one by one.
public struct AreaCore: Sendable {
    /// Most output channels of one part.
    public static let channelsPerPart = 64

    /// A file of the core.
    public struct Part: Sendable {
        /// Module that the file is named after.
        public let module: String
        /// The text, without a header.
        public let text: [UInt8]
    }

    let layer: NetworkLayer
    let parameters: LayerParameters
    let depth: Int
    let cutRows: Int
    let sharing: PairSharing?

    /// A core for `layer`.
    ///
    /// - Parameters:
    ///   - depth: at least 3, and at least 4 with shared pairs, which take a register stage.
    ///   - sharing: pairs that the neurons share, or `nil` for every neuron by itself.
    public init(
        _ layer: NetworkLayer,
        _ parameters: LayerParameters,
        depth: Int,
        cut: CutPlan = .byFanIn,
        sharing: PairSharing? = nil
    ) {
        precondition(depth >= (sharing == nil ? 3 : 4), "the core has a cut and an output register")
        self.layer = layer
        self.parameters = parameters
        self.depth = depth
        self.sharing = sharing
        cutRows = cut.rows(fanIn: layer.weightsPerChannel)
    }

    /// `stem`, `b00_depthwise`, ...
    public var identifier: String { layer.name.split(separator: ".").joined(separator: "_") }
    /// Name of the core's module.
    public var module: String { "hs_core_\(identifier)" }
    /// Parts that the core consists of.
    public var partCount: Int { (layer.output.channels - 1) / Self.channelsPerPart + 1 }

    var window: Int { LayerWindow(layer).bits }
    var hasResidual: Bool { layer.residualSource != nil }
    var pairBits: Int { sharing?.bits ?? 0 }
    var operands: TreeText.Operands {
        TreeText.Operands(window: window, residual: hasResidual ? 8 : 0, pairs: pairBits)
    }

    func channels(_ part: Int) -> Range<Int> {
        let first = part * Self.channelsPerPart
        return first..<min(first + Self.channelsPerPart, layer.output.channels)
    }

    func neuron(_ channel: Int) -> NeuronSum {
        sharing?.neurons[channel] ?? NeuronSum(layer, parameters, channel: channel)
    }

    /// Part `index`: trees, registers, adders and saturation of up to 64 channels.
    public func part(_ index: Int) -> Part {
        let channels = channels(index)
        let module = "\(module)_p\(index)"
        var text = TextBuffer()
        var body = TextBuffer()
        for channel in channels {
            let tree = TreeText(
                CompressorTree(neuron(channel), operandBits: operands.count, cutRows: cutRows),
                operands: operands)
            let name = "\(identifier)_c\(channel)"
            tree.writeTree(named: "hs_tree_\(name)", to: &text)
            tree.writeAdder(named: "hs_add_\(name)", to: &text)
            write(channel, at: channel - channels.lowerBound, tree, named: name, to: &body)
        }
        let bytes = 8 * channels.count
        text.add("module \(module)(input wire clk, input wire [\(window - 1):0] x, ")
        if pairBits > 0 { text.add("input wire [\(pairBits - 1):0] p, ") }
        if hasResidual { text.add("input wire [\(bytes - 1):0] r, ") }
        text.add("output wire [\(bytes - 1):0] y);\n")
        text.add(body.bytes)
        text.add("endmodule\n")
        return Part(module: module, text: text.bytes)
    }

    /// Registers at the cut, adder, saturation and output register of one channel.
    ///
    /// The library's flip-flop inverts: the adder reads complements, and the output register takes one.
    private func write(
        _ channel: Int,
        at position: Int,
        _ tree: TreeText,
        named name: String,
        to text: inout TextBuffer
    ) {
        let held = max(1, tree.heldBits)
        let neuron = neuron(channel)
        let (h, q, s, y) = ("h\(channel)", "q\(channel)", "s\(channel)", "y\(channel)")
        let residual = hasResidual ? ", .r(r[\(8 * position + 7):\(8 * position)])" : ""
        let pairs = pairBits > 0 ? ", .p(p)" : ""
        text.add("  wire [\(held - 1):0] \(h);\n  reg [\(held - 1):0] \(q);\n")
        text.add("  hs_tree_\(name) t\(channel)(.x(x)\(residual)\(pairs), .h(\(h)));\n")
        text.add("  always @(posedge clk) \(q) <= \(h);\n")
        text.add("  wire [\(neuron.width - 1):0] \(s);\n  hs_add_\(name) a\(channel)(.h(~\(q)), .s(\(s)));\n")
        text.add("  reg [7:0] \(y);\n  always @(posedge clk) \(y) <= ~\(saturated(neuron, tree, s));\n")
        text.add("  assign y[\(8 * position + 7):\(8 * position)] = ~\(y);\n")
    }

    /// The accumulator shifted and saturated, an expression of eight bits.
    private func saturated(_ neuron: NeuronSum, _ tree: TreeText, _ wire: String) -> String {
        func bits(_ range: some Sequence<Int>) -> String {
            "{\(range.reversed().map { tree.sumBit($0, of: wire) }.joined(separator: ", "))}"
        }
        let low = neuron.shift
        let sign = tree.sumBit(neuron.width - 1, of: wire)
        let byte = bits(low..<low + 8)
        switch neuron.output {
        case .u8:
            let above =
                low + 8 < neuron.width - 1 ? "(\(byte) | {8{|\(bits(low + 8..<neuron.width - 1))}})" : byte
            return "(\(above) & {8{~(\(sign))}})"
        case .s8:
            guard low + 7 < neuron.width - 1 else { return byte }
            let upper = bits(low + 7..<neuron.width)
            return "((&\(upper)) | ~(|\(upper)) ? \(byte) : {\(sign), {7{~(\(sign))}}})"
        }
    }
}

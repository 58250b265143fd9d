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
    let earlyCutRows: Int?
    let sharing: PairSharing?

    /// A core for `layer`.
    ///
    /// - Parameters:
    ///   - depth: at least 3, one more with shared pairs and one more with two cuts: each takes a register stage.
    ///   - earlyCutRows: rows at a cut of the trees before the one of `cut`; `nil` for one cut.
    ///   - sharing: pairs that the neurons share, or `nil` for every neuron by itself.
    public init(
        _ layer: NetworkLayer,
        _ parameters: LayerParameters,
        depth: Int,
        cut: CutPlan = .byFanIn,
        earlyCutRows: Int? = nil,
        sharing: PairSharing? = nil
    ) {
        precondition(
            depth >= 3 + (sharing == nil ? 0 : 1) + (earlyCutRows == nil ? 0 : 1),
            "the core has a cut and an output register")
        self.earlyCutRows = earlyCutRows
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
        TreeText.Operands(window: treeWindow, residual: hasResidual ? 8 : 0, pairs: pairBits)
    }

    /// Wires of the window that one channel's tree has as a port: a depthwise channel reads nine bytes only.
    private var treeWindow: Int { layer.kind == .depthwise ? 8 * layer.weightsPerChannel : window }

    /// The wires of `x` that the tree of `channel` takes, its first byte last.
    func treeInput(_ channel: Int) -> String {
        guard layer.kind == .depthwise else { return "x" }
        let bytes = (0..<layer.weightsPerChannel).map { index in
            let low = 8 * LayerWindow(layer).byte(ofWeight: index, channel: channel)
            return "x[\(low + 7):\(low)]"
        }
        return "{\(bytes.reversed().joined(separator: ", "))}"
    }

    func channels(_ part: Int) -> Range<Int> {
        let first = part * Self.channelsPerPart
        return first..<min(first + Self.channelsPerPart, layer.output.channels)
    }

    func neuron(_ channel: Int) -> NeuronSum {
        if let sharing { return sharing.neurons[channel] }
        let neuron = NeuronSum(layer, parameters, channel: channel)
        guard layer.kind == .depthwise else { return neuron }
        // Byte `tap * channels + channel` of the window is byte `tap` of the tree's own port.
        return neuron.renumbered { 8 * ($0 / 8 / layer.input.channels) }
    }

    func tree(_ channel: Int) -> CompressorTree {
        CompressorTree(
            neuron(channel), operandBits: operands.count, cutRows: cutRows, earlyCutRows: earlyCutRows)
    }

    func nonZeroWeights(_ channel: Int) -> Int {
        let count = layer.weightsPerChannel
        return parameters.weights[channel * count..<(channel + 1) * count]
            .reduce(0) { $0 + (WeightTerms(value: $1)?.count ?? 0) }
    }

    /// Part `index`: trees, registers, adders and saturation of up to 64 channels.
    public func part(_ index: Int) -> Part { part(named: "\(module)_p\(index)", channels(index)) }

    /// Some channels as a part, for measurements of less than 64.
    func part(named module: String, _ channels: Range<Int>) -> Part {
        var text = TextBuffer()
        var body = TextBuffer()
        for channel in channels {
            let position = channel - channels.lowerBound
            var ports = ".x(\(treeInput(channel)))"
            if hasResidual { ports += ", .r(r[\(8 * position + 7):\(8 * position)])" }
            if pairBits > 0 { ports += ", .p(p)" }
            write(channel, at: position, ports: ports, trees: &text, to: &body)
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

    /// Modules of one channel's adders; then registers at the cut, adder, saturation and output register of one channel.
    ///
    /// The library's flip-flop inverts: the adder reads complements, and the output register takes one.
    ///
    /// - Parameter ports: connections of the tree's inputs.
    func write(
        _ channel: Int,
        at position: Int,
        ports: String,
        trees: inout TextBuffer,
        to text: inout TextBuffer
    ) {
        let tree = TreeText(tree(channel), operands: operands)
        let name = "\(identifier)_c\(channel)"
        tree.writeTree(named: "hs_tree_\(name)", to: &trees)
        if earlyCutRows != nil { tree.writeMiddle(named: "hs_middle_\(name)", to: &trees) }
        tree.writeAdder(named: "hs_add_\(name)", to: &trees)
        let held = max(1, tree.heldBits)
        let neuron = neuron(channel)
        let (h, q, s, y) = ("h\(channel)", "q\(channel)", "s\(channel)", "y\(channel)")
        text.add("  wire [\(held - 1):0] \(h);\n  reg [\(held - 1):0] \(q);\n")
        if earlyCutRows == nil {
            text.add("  hs_tree_\(name) t\(channel)(\(ports), .h(\(h)));\n")
        } else {
            let (e, d, bits) = ("e\(channel)", "d\(channel)", max(1, tree.earlyBits))
            text.add("  wire [\(bits - 1):0] \(e);\n  reg [\(bits - 1):0] \(d);\n")
            text.add("  hs_tree_\(name) t\(channel)(\(ports), .h(\(e)));\n")
            text.add("  always @(posedge clk) \(d) <= \(e);\n")
            text.add("  hs_middle_\(name) m\(channel)(.e(~\(d)), .h(\(h)));\n")
        }
        text.add("  always @(posedge clk) \(q) <= \(h);\n")
        text.add("  wire [\(tree.sumBits - 1):0] \(s);\n  hs_add_\(name) a\(channel)(.h(~\(q)), .s(\(s)));\n")
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

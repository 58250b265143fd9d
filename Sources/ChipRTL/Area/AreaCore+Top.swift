import ChipModel
import HardenedBackbone
import QuantizedTensors

extension AreaCore {
    /// The core's own module: input stages, shared pairs and the parts.
    public func top() -> Part {
        var text = TextBuffer()
        let bytes = 8 * layer.output.channels
        text.add("module \(module)(input wire clk, input wire [\(window - 1):0] x, ")
        if hasResidual { text.add("input wire [\(bytes - 1):0] r, ") }
        text.add("output wire [\(bytes - 1):0] y);\n")
        let stages = depth - 3 - (earlyCutRows == nil ? 0 : 1)
        addStages("x", width: window, count: stages, to: &text)
        if hasResidual { addStages("r", width: bytes, count: stages, to: &text) }
        if let sharing { addPairs(sharing, stage: stages, to: &text) }
        for part in 0..<partCount {
            let channels = channels(part)
            let slice = "[\(8 * channels.upperBound - 1):\(8 * channels.lowerBound)]"
            text.add("  \(module)_p\(part) part\(part)(.clk(clk), .x(x\(stages))")
            if pairBits > 0 { text.add(", .p(p)") }
            if hasResidual { text.add(", .r(r\(stages)\(slice))") }
            text.add(", .y(y\(slice)));\n")
        }
        text.add("endmodule\n")
        return Part(module: module, text: text.bytes)
    }

    /// `x0` is the port, `x1`, `x2`, ... are registers.
    private func addStages(_ name: String, width: Int, count: Int, to text: inout TextBuffer) {
        text.add("  wire [\(width - 1):0] \(name)0 = \(name);\n")
        for stage in 0..<count {
            text.add("  reg [\(width - 1):0] \(name)\(stage + 1);\n")
            text.add("  always @(posedge clk) \(name)\(stage + 1) <= \(name)\(stage);\n")
        }
    }

    /// The pairs' adders, from the last but one stage of the window, and their registers.
    ///
    /// The lowest bits of a pair are the low byte's own, from the last stage.
    private func addPairs(_ sharing: PairSharing, stage: Int, to text: inout TextBuffer) {
        let registered = registeredPairBits
        guard registered > 0 else { return }
        text.add("  wire [\(registered - 1):0] sums;\n  reg [\(registered - 1):0] held;\n")
        text.add("  hs_pairs_\(identifier) pairs(.x(x\(stage - 1)), .s(sums));\n")
        text.add("  always @(posedge clk) held <= sums;\n  wire [\(pairBits - 1):0] p;\n")
        var (bit, source) = (0, 0)
        for pair in sharing.pairs {
            if pair.distance > 0 {
                text.add("  assign p[\(bit + pair.distance - 1):\(bit)] = ")
                text.add("x\(stage)[\(8 * pair.low + pair.distance - 1):\(8 * pair.low)];\n")
            }
            text.add("  assign p[\(bit + pair.width - 1):\(bit + pair.distance)] = ")
            text.add("held[\(source + pair.registeredBits - 1):\(source)];\n")
            bit += pair.width
            source += pair.registeredBits
        }
    }

    /// One channel between registers: input registers, its tree and adder, output register. What timing looks at.
    ///
    /// Registers take complements, since the library's flip-flop inverts.
    public func timedNeuron(_ channel: Int) -> Part {
        let module = "hs_timed_\(identifier)_c\(channel)"
        var inputs = [("x", window, operands.window, treeInput(channel))]
        if hasResidual { inputs.append(("r", 8, 8, "r")) }
        if pairBits > 0 { inputs.append(("p", pairBits, pairBits, "p")) }
        var (text, body) = (TextBuffer(), TextBuffer())
        let ports = inputs.map { ".\($0.0)(~\($0.0)q)" }.joined(separator: ", ")
        write(channel, at: 0, ports: ports, trees: &text, to: &body)
        text.add("module \(module)(input wire clk, ")
        for (name, bits, _, _) in inputs { text.add("input wire [\(bits - 1):0] \(name), ") }
        text.add("output wire [7:0] y);\n")
        for (name, _, bits, source) in inputs {
            text.add("  reg [\(bits - 1):0] \(name)q;\n")
            text.add("  always @(posedge clk) \(name)q <= ~\(source);\n")
        }
        text.add(body.bytes)
        text.add("endmodule\n")
        return Part(module: module, text: text.bytes)
    }

    /// The adders of the shared pairs, combinational, `x` to `s`; `nil` without pairs.
    public func pairsPart() -> Part? {
        guard let sharing, !sharing.pairs.isEmpty else { return nil }
        let registered = registeredPairBits
        let operands = TreeText.Operands(window: window, residual: 0, pairs: 0)
        var text = TextBuffer()
        var body = TextBuffer()
        var source = 0
        for (index, pair) in sharing.pairs.enumerated() {
            let adder = pair.adder(isSigned: layer.inputType == .s8)
            let tree = TreeText(
                CompressorTree(adder, operandBits: window, cutRows: 2, isRegistered: false),
                operands: operands)
            let name = "\(identifier)_s\(index)"
            tree.writeTree(named: "hs_tree_\(name)", to: &text)
            tree.writeAdder(named: "hs_add_\(name)", to: &text)
            body.add(
                "  wire [\(tree.heldBits - 1):0] h\(index);\n  wire [\(tree.sumBits - 1):0] s\(index);\n")
            body.add("  hs_tree_\(name) t\(index)(.x(x), .h(h\(index)));\n")
            body.add("  hs_add_\(name) a\(index)(.h(h\(index)), .s(s\(index)));\n")
            let bits = (pair.distance..<pair.width).reversed().map { tree.sumBit($0, of: "s\(index)") }
            body.add("  assign s[\(source + 8):\(source)] = {\(bits.joined(separator: ", "))};\n")
            source += pair.registeredBits
        }
        let module = "hs_pairs_\(identifier)"
        text.add("module \(module)(input wire [\(window - 1):0] x, ")
        text.add("output wire [\(registered - 1):0] s);\n")
        text.add(body.bytes)
        text.add("endmodule\n")
        return Part(module: module, text: text.bytes)
    }

    /// Flip-flops of the shared pairs.
    public var registeredPairBits: Int { sharing?.pairs.reduce(0) { $0 + $1.registeredBits } ?? 0 }
}

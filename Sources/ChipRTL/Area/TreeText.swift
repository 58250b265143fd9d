import ChipModel

/// One neuron's adders as modules of cells: in front of the cut and behind it, and between two cuts.
struct TreeText {
    /// Where the bits of a neuron come from, as ports of its modules.
    struct Operands {
        /// Wires of the window, port `x`.
        let window: Int
        /// Wires of the residual byte, port `r`: 8 or 0.
        let residual: Int
        /// Wires of the shared pairs, port `p`.
        let pairs: Int

        var count: Int { window + residual + pairs }

        /// Port declarations, each followed by a comma.
        var ports: String {
            [("x", window), ("r", residual), ("p", pairs)].filter { $0.1 > 0 }
                .map { "input wire [\($0.1 - 1):0] \($0.0), " }.joined()
        }
    }

    let tree: CompressorTree
    let operands: Operands
    /// Index of each net of the cut in the port `h`.
    let held: [Int: Int]
    /// The same for the earlier of two cuts, port `e`.
    private let early: [Int: Int]

    init(_ tree: CompressorTree, operands: Operands) {
        self.tree = tree
        self.operands = operands
        func indices(_ nets: [Int]) -> [Int: Int] {
            Dictionary(uniqueKeysWithValues: nets.enumerated().map { ($1, $0) })
        }
        held = indices(tree.cutNets)
        early = tree.earlyCutRows == nil ? [:] : indices(tree.earlyCutNets)
    }

    /// Wires of the port `h` between the two modules; the registers hold them.
    var heldBits: Int { held.count }
    /// Wires of the port `e`; 0 with one cut.
    var earlyBits: Int { early.count }

    /// The adders in front of the first cut.
    func writeTree(named name: String, to text: inout TextBuffer) {
        let nets = tree.earlyCutRows == nil ? tree.cutNets : tree.earlyCutNets
        text.add("module \(name)(\(operands.ports)output wire [\(max(1, nets.count) - 1):0] h);\n")
        declareWires(&text)
        for (index, cell) in tree.cells.enumerated() { write(cell, index, &text) { addNet($0, &$1) } }
        writeOutputs(nets, &text) { addNet($0, &$1) }
    }

    /// The adders between two cuts.
    func writeMiddle(named name: String, to text: inout TextBuffer) {
        text.add("module \(name)(input wire [\(max(1, earlyBits) - 1):0] e, ")
        text.add("output wire [\(max(1, heldBits) - 1):0] h);\n")
        declareWires(&text)
        for (index, cell) in tree.middle.enumerated() {
            write(cell, index, &text) { addHeld($0, in: early, "e[", &$1) }
        }
        writeOutputs(tree.cutNets, &text) { addHeld($0, in: early, "e[", &$1) }
    }

    private func writeOutputs(
        _ nets: [Int],
        _ text: inout TextBuffer,
        _ source: (Int, inout TextBuffer) -> Void
    ) {
        for (index, net) in nets.enumerated() {
            text.add("  assign h[")
            text.add(index)
            text.add("] = ")
            source(net, &text)
            text.add(";\n")
        }
        if nets.isEmpty { text.add("  assign h = 1'b0;\n") }
        text.add("endmodule\n\n")
    }

    /// The adders behind the cut; outputs keep their polarity.
    func writeAdder(named name: String, to text: inout TextBuffer) {
        text.add("module \(name)(input wire [\(max(1, heldBits) - 1):0] h, ")
        text.add("output wire [\(sumBits - 1):0] s);\n")
        declareWires(&text)
        for (index, cell) in tree.adder.enumerated() {
            write(cell, index, &text) { addHeld($0, in: held, "h[", &$1) }
        }
        for (index, bit) in sums.enumerated() {
            text.add("  assign s[\(index)] = ")
            if let bit, !bit.isOne { addHeld(bit.net, in: held, "h[", &text) } else { text.add("1'b0") }
            text.add(";\n")
        }
        text.add("endmodule\n\n")
    }

    /// What the port `s` holds: the accumulator, its upper columns for a carry, the carry.
    private var sums: [HeapBit?] {
        tree.sum + tree.selection.sum + tree.selection.carries
    }

    /// Wires of the port `s`.
    var sumBits: Int { sums.count }

    /// The accumulator's bit `column` as an expression over the adder's outputs, polarity undone.
    func sumBit(_ column: Int, of wire: String) -> String {
        func expression(_ bit: HeapBit?, at index: Int) -> String {
            guard let bit else { return "1'b0" }
            return bit.isOne ? "1'b1" : "\(bit.isInverted ? "~" : "")\(wire)[\(index)]"
        }
        let column = min(column, tree.sum.count - 1)
        let plain = expression(tree.sum[column], at: column)
        let selection = tree.selection
        guard !selection.carries.isEmpty, column >= selection.first else { return plain }
        let index = column - selection.first
        let selected = expression(selection.sum[index], at: tree.sum.count + index)
        let carry = selection.carryIndex(of: column)
        let place = tree.sum.count + selection.sum.count + carry
        return "(\(expression(selection.carries[carry], at: place)) ? \(selected) : \(plain))"
    }

    private func declareWires(_ text: inout TextBuffer) {
        let count = tree.nets - operands.count
        if count > 0 { text.add("  wire [\(count - 1):0] w;\n") }
    }

    private func write(
        _ cell: HeapCell,
        _ index: Int,
        _ text: inout TextBuffer,
        _ input: (Int, inout TextBuffer) -> Void
    ) {
        let inputs: ArraySlice<Int>
        switch cell.kind {
        case .fullAdder: (inputs, _) = ([cell.a, cell.b, cell.c], text.add("  hs_fa f"))
        case .halfAdder: (inputs, _) = ([cell.a, cell.b], text.add("  hs_ha f"))
        case .majority: (inputs, _) = ([cell.a, cell.b, cell.c], text.add("  hs_maj f"))
        case .nand: (inputs, _) = ([cell.a, cell.b], text.add("  hs_nand f"))
        case .inverter: (inputs, _) = ([cell.a], text.add("  hs_inv f"))
        }
        text.add(index)
        text.add("(")
        for net in inputs {
            input(net, &text)
            text.add(", ")
        }
        addNet(cell.output, &text)
        if cell.kind == .fullAdder || cell.kind == .halfAdder {
            text.add(", ")
            addNet(cell.output + 1, &text)
        }
        text.add(");\n")
    }

    private func addNet(_ net: Int, _ text: inout TextBuffer) {
        if net < operands.window {
            text.add("x[")
            text.add(net)
        } else if net < operands.window + operands.residual {
            text.add("r[")
            text.add(net - operands.window)
        } else if net < operands.count {
            text.add("p[")
            text.add(net - operands.window - operands.residual)
        } else {
            text.add("w[")
            text.add(net - operands.count)
        }
        text.add("]")
    }

    private func addHeld(
        _ net: Int,
        in held: [Int: Int],
        _ port: StaticString,
        _ text: inout TextBuffer
    ) {
        guard let index = held[net] else { return addNet(net, &text) }
        text.add(port)
        text.add(index)
        text.add("]")
    }
}

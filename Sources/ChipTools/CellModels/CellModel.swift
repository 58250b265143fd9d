/// The Verilog model of one cell.
enum CellModel {
    /// Why a cell cannot be modelled; nil when it can.
    static func obstacle(_ cell: LibertyCell) -> String? {
        if let reason = cell.unmodelled { return reason }
        let names = [cell.name] + cell.pins.map(\.name)
        if let bad = names.first(where: { !VerilogName.isPossible($0) }) {
            return "Verilog cannot write the name \(bad.printable())"
        }
        if cell.pins.contains(where: { $0.direction == .inout }) { return "it has a pin of both directions" }
        var known = Set(cell.inputs.map(\.name))
        let memory = cell.memory
        let own = [memory?.clock, memory?.next, memory?.clear, memory?.preset].compactMap(\.self)
        if let memory { known.formUnion([memory.state, memory.complement]) }
        for function in own + cell.outputs.compactMap(\.function) {
            // An output may be named by another output's function; nobody does, and order would matter.
            if let stranger = function.variables.first(where: { !known.contains($0) }) {
                return "a function names \(stranger.printable()), which is no input"
            }
        }
        return nil
    }

    /// The module; the cell must have no obstacle.
    static func verilog(_ cell: LibertyCell, delay: (String) -> Int?) -> String {
        let pins = cell.pins.filter { $0.direction != .internal }
        let ports = pins.map { VerilogName.escaped($0.name) }.joined(separator: ", ")
        var text = "module \(VerilogName.escaped(cell.name))(\(ports));\n"
        for pin in pins {
            text += "  \(pin.direction == .input ? "input" : "output") \(VerilogName.escaped(pin.name));\n"
        }
        let inputs = Set(cell.inputs.map(\.name))
        let memory = cell.memory
        // A pin that is called like the state is the pin; the state has a name of its own.
        func name(_ variable: String) -> String {
            if inputs.contains(variable) { return VerilogName.escaped(variable) }
            return variable == memory?.state ? "hs_state" : "(~hs_state)"
        }
        if let memory { text += block(memory, name) }
        for pin in cell.outputs {
            guard let function = pin.function else { continue }
            let wait = delay(pin.name).map { "#(\($0)) " } ?? ""
            text += "  assign \(wait)\(VerilogName.escaped(pin.name)) = \(function.verilog(name));\n"
        }
        return text + "endmodule\n"
    }

    private static func block(_ memory: LibertyCell.Memory, _ name: (String) -> String) -> String {
        var text = "  reg hs_state;\n"
        let next = memory.next.verilog(name)
        // Of clear and preset, what wins stands first.
        var forced = [(memory.clear, "clear", "1'b0"), (memory.preset, "preset", "1'b1")]
        if memory.presetWins { forced.reverse() }
        var branches = ""
        var edges = ""
        let arrow = memory.kind == .flipFlop ? "<=" : "="
        for (condition, label, value) in forced {
            guard let condition else { continue }
            text += "  wire hs_\(label) = \(condition.verilog(name));\n"
            branches += "if (hs_\(label)) hs_state \(arrow) \(value); else "
            edges += " or posedge hs_\(label)"
        }
        guard memory.kind == .flipFlop else {
            return text + "  /* verilator lint_off LATCH */\n  always @* \(branches)"
                + "if (\(memory.clock.verilog(name))) hs_state = \(next);\n  /* verilator lint_on LATCH */\n"
        }
        let edge: String
        switch memory.clock {
        case .variable(let clock): edge = "posedge " + name(clock)
        case .not(.variable(let clock)): edge = "negedge " + name(clock)
        default:
            text += "  wire hs_clock = \(memory.clock.verilog(name));\n"
            edge = "posedge hs_clock"
        }
        return text + "  always @(\(edge)\(edges)) \(branches)hs_state <= \(next);\n"
    }
}

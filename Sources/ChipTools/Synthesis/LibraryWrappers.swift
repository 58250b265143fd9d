/// Modules that put a library's cells in the place of the adder wrappers.
public struct LibraryWrappers: Sendable {
    /// The Verilog text: cells as black boxes, and one wrapper around each.
    public let text: String
    /// Cells that the wrappers hold, by wrapper.
    public let cells: [String: String]

    /// Wraps the smallest cells of `roles`; a library without inverted adders gets inverters behind true ones.
    ///
    /// - Throws: ``LibertyCheck`` where a cell is missing.
    public init(_ libraries: [LibertyLibrary], excluding: [NamePattern] = []) throws(LibertyCheck) {
        let roles = try LibertyCheck.require(
            LibertyCheck.adders + LibertyCheck.gates, in: libraries, excluding: excluding)
        var builder = Builder(roles)
        builder.adder("hs_fa", [.invertedFullAdder, .fullAdder], ["a", "b", "c"])
        builder.adder("hs_ha", [.invertedHalfAdder, .halfAdder], ["a", "b"])
        builder.gate("hs_inv", roles[.inverter], ["a"], "y")
        builder.gate("hs_nand", roles[.nand2], ["a", "b"], "con")
        builder.majority(roles[.invertedMajority])
        text = builder.text
        cells = builder.cells
    }

    private struct Builder {
        let roles: CellRoles
        var text = ""
        var cells: [String: String] = [:]
        private var boxes: Set<String> = []

        init(_ roles: CellRoles) { self.roles = roles }

        mutating func box(_ match: CellMatch) {
            guard boxes.insert(match.cell).inserted else { return }
            let ports =
                match.inputs.map { "input \(VerilogName.escaped($0))" }
                + match.outputs.map { "output \(VerilogName.escaped($0))" }
            text +=
                "(* blackbox *) module \(VerilogName.escaped(match.cell))(\(ports.joined(separator: ", ")));\nendmodule\n"
        }

        func instance(_ match: CellMatch, _ name: String, _ inputs: [String], _ outputs: [String]) -> String {
            let pins = zip(match.inputs + match.outputs, inputs + outputs)
                .filter { !$0.1.isEmpty }.map { ".\(VerilogName.escaped($0.0))(\($0.1))" }
            return "  \(VerilogName.escaped(match.cell)) \(name)(\(pins.joined(separator: ", ")));\n"
        }

        mutating func adder(_ wrapper: String, _ kinds: [CellRole], _ inputs: [String]) {
            guard let role = kinds.first(where: { roles[$0] != nil }), let match = roles[role] else { return }
            box(match)
            cells[wrapper] = match.cell
            let ports = inputs.map { "input \($0), " }.joined()
            text += "module \(wrapper)(\(ports)output con, output sn);\n"
            if role == kinds[0] {
                text += instance(match, "cell", inputs, ["con", "sn"])
            } else if let inverter = roles[.inverter] {
                box(inverter)
                text += "  wire co, s;\n" + instance(match, "cell", inputs, ["co", "s"])
                text += instance(inverter, "carry", ["co"], ["con"])
                text += instance(inverter, "sum", ["s"], ["sn"])
            }
            text += "endmodule\n"
        }

        mutating func gate(_ wrapper: String, _ match: CellMatch?, _ inputs: [String], _ output: String) {
            let ports = inputs.map { "input \($0), " }.joined()
            if let match {
                box(match)
                cells[wrapper] = match.cell
                text += "module \(wrapper)(\(ports)output \(output));\n"
                text += instance(match, "cell", inputs, [output]) + "endmodule\n"
            } else if let nor = roles[.nor2], let inverter = roles[.inverter] {
                // A library without NAND: ~(a & b) = ~(nor(~a, ~b)).
                box(nor)
                box(inverter)
                text += "module \(wrapper)(\(ports)output \(output));\n  wire na, nb, n;\n"
                text +=
                    instance(inverter, "first", ["a"], ["na"]) + instance(inverter, "second", ["b"], ["nb"])
                text += instance(nor, "cell", ["na", "nb"], ["n"])
                text += instance(inverter, "third", ["n"], [output]) + "endmodule\n"
            }
        }

        /// Without a majority cell, a full adder whose sum nobody reads.
        mutating func majority(_ match: CellMatch?) {
            guard match == nil else { return gate("hs_maj", match, ["a", "b", "c"], "con") }
            text += "module hs_maj(input a, input b, input c, output con);\n"
            text += "  hs_fa adder(.a(a), .b(b), .c(c), .con(con), .sn());\nendmodule\n"
        }
    }
}

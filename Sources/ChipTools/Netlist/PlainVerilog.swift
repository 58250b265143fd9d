extension GateNetlist {
    /// The netlist with names that no tool can misread: nets n0.., instances i0.., ports p0_0...
    ///
    /// OpenSTA and SPEF each have their own rules for brackets, dots and backslashes in names; numbers need
    /// none. ``originalName(_:)`` leads back.
    ///
    /// - Returns: UTF-8 text of one module `top`.
    public func plainVerilog() -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(64 * instances.count)
        func add(_ piece: String) { text += piece.utf8 }
        let bits = ports.enumerated().flatMap { number, port in
            port.nets.indices.map { (name: "p\(number)_\($0)", isInput: port.isInput, net: port.nets[$0]) }
        }
        add("module top (" + bits.map(\.name).joined(separator: ", ") + ");\n")
        for bit in bits { add("  \(bit.isInput ? "input" : "output") \(bit.name);\n") }
        // A net at a port carries the port's name: assignments would be one more thing to misread.
        var names: [Net: String] = [:]
        for bit in bits where names[bit.net] == nil && bit.net > Self.undefined { names[bit.net] = bit.name }
        var used = [Bool](repeating: false, count: netNames.count)
        for connection in connections { used[Int(connection.net)] = true }
        for net in used.indices where used[net] && net > Self.undefined && names[Net(net)] == nil {
            add("  wire n\(net);\n")
        }
        for (number, instance) in instances.enumerated() {
            add("  \(VerilogName.escaped(cellNames[instance.cell])) i\(number) (")
            var isFirst = true
            for connection in self.connections[instance.connections] where connection.net != Self.undefined {
                if !isFirst { add(", ") }
                isFirst = false
                let net = connection.net
                let name = net <= Self.one ? netNames[Int(net)] : names[net] ?? "n\(net)"
                add(".\(VerilogName.escaped(pinNames[Int(connection.pin)]))(\(name))")
            }
            add(");\n")
        }
        for bit in bits where bit.net != Self.undefined {
            let carrier = bit.net <= Self.one ? netNames[Int(bit.net)] : names[bit.net] ?? bit.name
            if carrier != bit.name { add("  assign \(bit.name) = \(carrier);\n") }
        }
        add("endmodule\n")
        return text
    }

    /// The name in ``plainVerilog()`` of bit `index`, counted from the left, of a port.
    package func plainPort(_ number: Int, bit index: Int) -> String { "p\(number)_\(index)" }

    /// What `i12` or `p0_1` is called in the netlist itself; other names come back as they are.
    public func originalName(_ plain: String) -> String {
        let digits = plain.dropFirst()
        if plain.first == "i", let number = Int(digits), instances.indices.contains(number) {
            return instances[number].name
        }
        let parts = digits.split(separator: "_")
        if plain.first == "p", parts.count == 2, let port = Int(parts[0]), let bit = Int(parts[1]),
            ports.indices.contains(port), ports[port].nets.indices.contains(bit)
        {
            let width = ports[port].nets.count
            return width == 1 ? ports[port].name : "\(ports[port].name)[\(width - 1 - bit)]"
        }
        return plain
    }
}

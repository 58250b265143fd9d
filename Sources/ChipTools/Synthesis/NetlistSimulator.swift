/// Clocks a mapped netlist with 64 independent stimuli at a time, by the liberty's own functions.
public struct NetlistSimulator {
    /// The netlist.
    public let netlist: MappedNetlist
    private var values: [UInt64]
    private var next: [UInt64]

    /// All nets 0.
    public init(_ netlist: MappedNetlist) {
        self.netlist = netlist
        values = Array(repeating: 0, count: netlist.netCount)
        next = Array(repeating: 0, count: netlist.registers.count)
        for constant in netlist.constants where constant.value { values[Int(constant.net)] = .max }
    }

    /// Sets bit `bit` of port `port` for all 64 stimuli; a port of one bit has no number.
    ///
    /// - Returns: whether the netlist has that input.
    @discardableResult
    public mutating func set(_ port: String, bit: Int, to word: UInt64) -> Bool {
        guard let net = netlist.inputs["\(port)[\(bit)]"] ?? netlist.inputs[port] else { return false }
        values[Int(net)] = word
        return true
    }

    /// Bit `bit` of an output for all stimuli; `nil` where there is none.
    public func value(_ port: String, bit: Int) -> UInt64? {
        (netlist.outputs["\(port)[\(bit)]"] ?? netlist.outputs[port]).map { values[Int($0)] }
    }

    /// Lets all gates settle.
    public mutating func settle() { evaluate(netlist.gates, isClocked: false) }

    /// Settles, then one rising edge, then settles again.
    public mutating func clock() {
        settle()
        evaluate(netlist.registers, isClocked: true)
        for (index, register) in netlist.registers.enumerated() { values[Int(register.output)] = next[index] }
        settle()
    }

    private mutating func evaluate(_ gates: [MappedNetlist.Gate], isClocked: Bool) {
        let deepest = netlist.functions.map(\.steps.count).max() ?? 1
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: deepest + 1) { stack in
            netlist.pins.withUnsafeBufferPointer { pins in
                netlist.functions.withUnsafeBufferPointer { functions in
                    values.withUnsafeMutableBufferPointer { values in
                        guard let stack = stack.baseAddress, let base = values.baseAddress,
                            let first = pins.baseAddress
                        else { return }
                        for (index, gate) in gates.enumerated() {
                            let value = functions[gate.function].evaluate(
                                first + gate.inputs.lowerBound, base, stack)
                            if isClocked { next[index] = value } else { base[Int(gate.output)] = value }
                        }
                    }
                }
            }
        }
    }
}

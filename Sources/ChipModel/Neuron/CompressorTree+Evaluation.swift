extension CompressorTree {
    /// The accumulator that the cells compute for given operand bits, columns below the shift left zero.
    ///
    /// Slow and plain: what tests compare with ``NeuronSum/evaluate(bit:)``.
    public func evaluate(bit: (Int) -> Bool) -> UInt64 {
        var values = (0..<operandBits).map(bit)
        values.append(contentsOf: repeatElement(false, count: nets - operandBits))
        for cell in cells { Self.evaluate(cell, &values) }
        if earlyCutRows != nil {
            if isRegistered { for net in earlyCutNets { values[net].toggle() } }
            for cell in middle { Self.evaluate(cell, &values) }
        }
        if isRegistered { for net in cutNets { values[net].toggle() } }
        for cell in adder { Self.evaluate(cell, &values) }
        var result: UInt64 = 0
        func value(_ bit: HeapBit?) -> Bool {
            bit.map { $0.isOne || values[$0.net] != $0.isInverted } ?? false
        }
        for (column, bit) in sum.enumerated() {
            let isSelected =
                !selection.carries.isEmpty && column >= selection.first
                && value(selection.carries[selection.carryIndex(of: column)])
            if value(isSelected ? selection.sum[column - selection.first] : bit) {
                result |= 1 << UInt64(column)
            }
        }
        return result
    }

    private static func evaluate(_ cell: HeapCell, _ values: inout [Bool]) {
        let (a, b, c) = (values[cell.a], values[cell.b], values[cell.c])
        let majority = (a && b) || (a && c) || (b && c)
        switch cell.kind {
        case .fullAdder:
            values[cell.output] = !majority
            values[cell.output + 1] = !((a != b) != c)
        case .halfAdder:
            values[cell.output] = !(a && b)
            values[cell.output + 1] = a == b
        case .majority: values[cell.output] = !majority
        case .nand: values[cell.output] = !(a && b)
        case .inverter: values[cell.output] = !a
        }
    }
}

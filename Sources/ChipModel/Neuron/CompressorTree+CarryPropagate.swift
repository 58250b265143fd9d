extension CompressorTree {
    /// Adds the last two rows with a ripple carry.
    ///
    /// Below `first` only the carry is needed: a majority without its sum is half of an adder's area. Operands
    /// are brought to the carry's polarity, so that the carry itself waits for no inverter.
    mutating func propagate(neededFrom first: Int) {
        var carry: HeapBit?
        var sum: [HeapBit?] = []
        for column in columns.indices {
            var bits = columns[column].filter { !$0.isOne }
            let hasOne = bits.count != columns[column].count
            let isSumNeeded = column >= first
            if let arrived = carry { bits.append(arrived) }
            let result = addColumn(bits, carry: carry, hasOne: hasOne, isSumNeeded: isSumNeeded)
            sum.append(isSumNeeded ? result.sum : nil)
            carry = result.carry
        }
        finish(sum)
    }

    private mutating func addColumn(
        _ bits: [HeapBit],
        carry: HeapBit?,
        hasOne: Bool,
        isSumNeeded: Bool
    ) -> (carry: HeapBit?, sum: HeapBit?) {
        switch (bits.count, hasOne) {
        case (0, false): return (nil, nil)
        case (0, true): return (nil, .one)
        case (1, false): return (nil, bits[0])
        case (1, true): return (bits[0], bits[0].complement)
        case (2, false): return addPair(bits, isInverted: false, isSumNeeded)
        case (2, true): return addPair(bits, isInverted: true, isSumNeeded)
        default:
            let isInverted = (carry ?? bits[0]).isInverted
            guard isSumNeeded else {
                let nets = bits.map { $0.isInverted == isInverted ? $0.net : inverse(of: $0.net) }
                return (HeapBit(net: append(.majority, nets), isInverted: !isInverted), nil)
            }
            let (carry, sum) = add(.fullAdder, bits, isInverted: isInverted)
            return (carry, sum)
        }
    }

    /// `a + b`, or `a + b + 1` on the complements.
    private mutating func addPair(
        _ bits: [HeapBit],
        isInverted: Bool,
        _ isSumNeeded: Bool
    ) -> (carry: HeapBit?, sum: HeapBit?) {
        guard isSumNeeded else {
            let nets = bits.map { $0.isInverted == isInverted ? $0.net : inverse(of: $0.net) }
            return (HeapBit(net: append(.nand, nets), isInverted: !isInverted), nil)
        }
        let (carry, sum) = add(.halfAdder, bits, isInverted: isInverted)
        return (carry, sum)
    }
}

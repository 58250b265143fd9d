extension CompressorTree {
    /// Adds the last two rows: carries ripple, and where that would take longer than the stage in front of the cut,
    /// the upper columns are computed for both carries and selected.
    ///
    /// Below `first` only the carry is needed: a majority without its sum is half of an adder's area. Operands
    /// are brought to the carry's polarity, so that the carry itself waits for no inverter.
    mutating func propagate(neededFrom first: Int) {
        let target = max(frontArrival, CellDelay.shortStage) - CellDelay.saturation
        let mark = mark
        var best: (arrival: Float, split: Int) = (
            rippled(neededFrom: first, splitAt: columns.count), columns.count
        )
        guard best.arrival > target else { return }
        // The fewest columns that are computed twice.
        for split in stride(from: columns.count - 2, through: first, by: -1) {
            giveUp(to: mark)
            let arrival = rippled(neededFrom: first, splitAt: split)
            if arrival <= target { return }
            if arrival < best.arrival { best = (arrival, split) }
        }
        giveUp(to: mark)
        _ = rippled(neededFrom: first, splitAt: best.split)
    }

    /// Builds the adder with columns from `split` on computed twice.
    ///
    /// - Returns: arrival of its latest sum bit, ps.
    private mutating func rippled(neededFrom first: Int, splitAt split: Int) -> Float {
        var (sum, carry) = ripple(0..<split, neededFrom: first, carry: nil, adding: false)
        var selection = CarrySelection()
        var latest = sum.reduce(0) { max($0, arrival(of: $1)) }
        if let arrived = carry, split < columns.count {
            let zero = ripple(split..<columns.count, neededFrom: first, carry: nil, adding: false)
            let one = ripple(split..<columns.count, neededFrom: first, carry: nil, adding: true)
            let carries = spread(arrived, over: columns.count - split)
            selection = CarrySelection(first: split, sum: one.sum, carries: carries)
            sum += zero.sum
            let upper = (zero.sum + one.sum).reduce(0) { max($0, arrival(of: $1)) }
            latest = max(latest, max(arrival(of: carries.last), upper) + CellDelay.multiplexer)
        } else if split < columns.count {
            let rest = ripple(split..<columns.count, neededFrom: first, carry: carry, adding: false)
            (sum, carry) = (sum + rest.sum, rest.carry)
            latest = rest.sum.reduce(latest) { max($0, arrival(of: $1)) }
        }
        finish(sum, selection)
        return latest
    }

    /// The carry through an inverter for each few columns, or as it is for few enough.
    private mutating func spread(_ carry: HeapBit, over columns: Int) -> [HeapBit] {
        let count = (columns - 1) / CarrySelection.columnsPerCarry + 1
        guard count > 1 else { return [carry] }
        return (0..<count).map { _ in
            HeapBit(net: append(.inverter, [carry.net]), isInverted: !carry.isInverted)
        }
    }

    /// Adds some columns with a ripple carry; `isAdding` adds one to the lowest of them.
    private mutating func ripple(
        _ range: Range<Int>,
        neededFrom first: Int,
        carry: HeapBit?,
        adding isAdding: Bool
    ) -> (sum: [HeapBit?], carry: HeapBit?) {
        var carry = carry
        var one = isAdding
        var sum: [HeapBit?] = []
        for column in range {
            var bits = columns[column].filter { !$0.isOne }
            var hasOne = bits.count != columns[column].count
            // Two ones are a one in the next column; there is no carry then: a column with a constant has one bit.
            (hasOne, one) = (hasOne != one, hasOne && one)
            let isSumNeeded = column >= first
            if let arrived = carry { bits.append(arrived) }
            let result = addColumn(bits, carry: carry, hasOne: hasOne, isSumNeeded: isSumNeeded)
            sum.append(isSumNeeded ? result.sum : nil)
            carry = result.carry
        }
        return (sum, carry)
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
                // The carry goes first, to the pin with the least load.
                let nets = bits.reversed().map { $0.isInverted == isInverted ? $0.net : inverse(of: $0.net) }
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

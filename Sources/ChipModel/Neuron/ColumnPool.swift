/// The bits of one column that a level may still add, by polarity.
struct ColumnPool {
    private(set) var plain: [HeapBit] = []
    private(set) var inverted: [HeapBit] = []
    var hasOne = false
    /// Bits taken already; the earliest bits go first, so that late ones have the shorter way.
    private var usedPlain = 0
    private var usedInverted = 0

    init(_ bits: [HeapBit]) {
        for bit in bits {
            if bit.isOne {
                hasOne = true
            } else if bit.isInverted {
                inverted.append(bit)
            } else {
                plain.append(bit)
            }
        }
        inverted.reverse()
        plain.reverse()
    }

    /// Bits left, the constant included.
    var count: Int { plain.count + inverted.count + (hasOne ? 1 : 0) }

    /// What is left, in its order.
    var rest: [HeapBit] { plain.reversed() + inverted.reversed() + (hasOne ? [.one] : []) }

    /// `count` bits with the fewest inverters, and the polarity to bring them to; `nil` where there are fewer.
    mutating func take(_ count: Int) -> (bits: [HeapBit], isInverted: Bool)? {
        guard plain.count + inverted.count >= count else { return nil }
        let prefersInverted = inverted.count > plain.count
        var bits: [HeapBit] = []
        while bits.count < count {
            let fromInverted = prefersInverted ? !inverted.isEmpty : plain.isEmpty
            bits.append(fromInverted ? inverted.removeLast() : plain.removeLast())
        }
        return (bits, prefersInverted)
    }

    /// Two bits, plain ones first.
    mutating func takeTwo() -> [HeapBit] { (0..<2).map { _ in takeOne() } }

    mutating func takeInverted(_ count: Int) -> [HeapBit] { (0..<count).map { _ in inverted.removeLast() } }

    mutating func takeOne() -> HeapBit { plain.isEmpty ? inverted.removeLast() : plain.removeLast() }
}

/// The bits of one column that a level may still add, by polarity and arrival: the earliest are taken first, so that
/// late ones have the shorter way.
struct ColumnPool {
    private(set) var plain: [HeapBit] = []
    private(set) var inverted: [HeapBit] = []
    var hasOne = false
    private let arrivals: [Float]

    /// - Parameter arrivals: by net.
    init(_ bits: [HeapBit], arrivals: [Float]) {
        self.arrivals = arrivals
        for bit in bits {
            if bit.isOne {
                hasOne = true
            } else if bit.isInverted {
                inverted.append(bit)
            } else {
                plain.append(bit)
            }
        }
        inverted = Self.latestFirst(inverted, arrivals)
        plain = Self.latestFirst(plain, arrivals)
    }

    /// The latest first; of bits that come together the last of the column.
    private static func latestFirst(_ bits: [HeapBit], _ arrivals: [Float]) -> [HeapBit] {
        bits.enumerated().sorted {
            (arrivals[$0.element.net], $0.offset) > (arrivals[$1.element.net], $1.offset)
        }.map(\.element)
    }

    /// Arrival of the last of the `count` earliest bits.
    private func arrival(_ count: Int, of bits: [HeapBit]) -> Float { arrivals[bits[bits.count - count].net] }

    /// Bits left, the constant included.
    var count: Int { plain.count + inverted.count + (hasOne ? 1 : 0) }

    /// What is left, in its order.
    var rest: [HeapBit] { plain.reversed() + inverted.reversed() + (hasOne ? [.one] : []) }

    /// `count` bits with the fewest inverters, and the polarity to bring them to; `nil` where there are fewer.
    mutating func take(_ count: Int) -> (bits: [HeapBit], isInverted: Bool)? {
        guard plain.count + inverted.count >= count else { return nil }
        let prefersInverted =
            min(plain.count, inverted.count) >= count
            ? arrival(count, of: inverted) < arrival(count, of: plain) : inverted.count > plain.count
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

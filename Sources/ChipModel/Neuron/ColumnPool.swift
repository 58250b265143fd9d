/// The bits of one column that a level may still add, by polarity and arrival: the earliest are taken first, so that
/// late ones have the shorter way.
struct ColumnPool {
    /// A bit and when it is there, ps.
    private struct Timed {
        let bit: HeapBit
        let arrival: Float
    }

    /// The latest first; of bits that come together the last of the column.
    private var plain: [Timed] = []
    private var inverted: [Timed] = []
    var hasOne = false

    /// - Parameter arrivals: by net. They are copied: who holds the array would make every new net copy it.
    init(_ bits: [HeapBit], arrivals: [Float]) {
        for bit in bits {
            if bit.isOne {
                hasOne = true
            } else if bit.isInverted {
                inverted.append(Timed(bit: bit, arrival: arrivals[bit.net]))
            } else {
                plain.append(Timed(bit: bit, arrival: arrivals[bit.net]))
            }
        }
        Self.sort(&inverted)
        Self.sort(&plain)
    }

    private static func sort(_ bits: inout [Timed]) {
        guard let first = bits.first else { return }
        if bits.allSatisfy({ $0.arrival == first.arrival }) { return bits.reverse() }
        // Times are not negative: their patterns are in their order. Plain numbers sort without a closure.
        var keys = bits.indices.map { UInt64(bits[$0].arrival.bitPattern) << 32 | UInt64($0) }
        keys.sort()
        bits = keys.reversed().map { bits[Int($0 & 0xffff_ffff)] }
    }

    /// Plain and inverted bits left, the constant not among them.
    var plainCount: Int { plain.count }
    var invertedCount: Int { inverted.count }

    /// Bits left, the constant included.
    var count: Int { plain.count + inverted.count + (hasOne ? 1 : 0) }

    /// What is left, in its order.
    var rest: [HeapBit] {
        plain.reversed().map(\.bit) + inverted.reversed().map(\.bit) + (hasOne ? [.one] : [])
    }

    /// `count` bits with the fewest inverters, and the polarity to bring them to; `nil` where there are fewer.
    mutating func take(_ count: Int) -> (bits: [HeapBit], isInverted: Bool)? {
        guard plain.count + inverted.count >= count else { return nil }
        let prefersInverted =
            min(plain.count, inverted.count) >= count
            ? inverted[inverted.count - count].arrival < plain[plain.count - count].arrival
            : inverted.count > plain.count
        var bits: [HeapBit] = []
        while bits.count < count {
            let fromInverted = prefersInverted ? !inverted.isEmpty : plain.isEmpty
            bits.append((fromInverted ? inverted.removeLast() : plain.removeLast()).bit)
        }
        return (bits, prefersInverted)
    }

    /// Two bits, plain ones first.
    mutating func takeTwo() -> [HeapBit] { (0..<2).map { _ in takeOne() } }

    mutating func takeInverted(_ count: Int) -> [HeapBit] {
        (0..<count).map { _ in inverted.removeLast().bit }
    }

    mutating func takeOne() -> HeapBit { (plain.isEmpty ? inverted.removeLast() : plain.removeLast()).bit }
}

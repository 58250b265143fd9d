/// One bit of a heap: a net, and whether the net carries the complement of the bit's value.
public struct HeapBit: Hashable, Sendable {
    let raw: UInt32

    /// The constant one.
    public static let one = HeapBit(raw: .max)

    private init(raw: UInt32) { self.raw = raw }

    init(net: Int, isInverted: Bool) { raw = UInt32(net) << 1 | (isInverted ? 1 : 0) }

    /// Number of the net: operand bits first, then the cells' outputs in their order.
    public var net: Int { Int(raw >> 1) }
    /// Whether the net carries the complement.
    public var isInverted: Bool { raw & 1 == 1 }
    /// Whether the bit is the constant one and has no net.
    public var isOne: Bool { self == .one }

    /// The complement on the same net; not for the constant.
    var complement: HeapBit { HeapBit(raw: raw ^ 1) }
}

/// One cell of a neuron's adders.
public struct HeapCell: Hashable, Sendable {
    /// What a cell computes. Adders invert both outputs, as the cells of the library do.
    public enum Kind: String, CaseIterable, Sendable {
        /// Carry `~majority(a, b, c)`, sum `~(a ^ b ^ c)`.
        case fullAdder
        /// Carry `~(a & b)`, sum `~(a ^ b)`.
        case halfAdder
        /// Carry `~majority(a, b, c)` alone, where nobody reads the sum.
        case majority
        /// Carry `~(a & b)` alone.
        case nand
        /// `~a`.
        case inverter
    }

    /// What it computes.
    public let kind: Kind
    /// Input nets; `b` and `c` repeat `a` where the cell has fewer inputs.
    public let a, b, c: Int
    /// Net of the carry, or of an inverter's output; the sum's net follows where the cell has one.
    public let output: Int
}

/// Delay of a cell from its inputs, in the order of its pins, with 3 um of wire behind it: what trees are shaped by,
/// never what is reported.
///
/// - Source: OpenSTA on our trees, ASAP7 (predictive), TT 0.70 V, each output driving one adder; the wire is 8 ps.
struct CellDelay {
    /// To the carry, or to the only output, ps.
    let carry: [Float]
    /// To the sum, ps; empty without one.
    let sum: [Float]

    /// The delay of one kind of cell.
    static func of(_ kind: HeapCell.Kind) -> CellDelay {
        switch kind {
        case .fullAdder: CellDelay(carry: [50, 54, 43], sum: [70, 84, 74])
        case .halfAdder: CellDelay(carry: [26, 26], sum: [45, 45])
        case .majority: CellDelay(carry: [30, 32, 30], sum: [])
        case .nand: CellDelay(carry: [21, 21], sum: [])
        case .inverter: CellDelay(carry: [24], sum: [])
        }
    }

    /// From the latest sum bit through shift and saturation to the output register, ps.
    static let saturation: Float = 140
    /// A multiplexer, from what selects, ps.
    static let multiplexer: Float = 60
    /// A stage as short as this is never what limits a clock, ps: a fan-in of 32 takes as long.
    static let shortStage: Float = 600

    /// Inputs by pin: the earliest to the slow middle pin of a full adder, the latest to its light carry input.
    static func ordered(_ nets: [Int], arrival: (Int) -> Float) -> [Int] {
        guard nets.count == 3 else { return nets }
        let order = nets.indices.sorted { (arrival(nets[$0]), $0) < (arrival(nets[$1]), $1) }
        return [nets[order[1]], nets[order[0]], nets[order[2]]]
    }
}

/// The upper columns of an accumulator, computed for both carries into them.
public struct CarrySelection: Sendable {
    /// The first of the upper columns.
    public internal(set) var first = 0
    /// Their sums if the carry is one, from column ``first`` on; `nil` is a zero.
    public internal(set) var sum: [HeapBit?] = []
    /// The carry, one net for each few columns: a net of many loads would be slow. Empty where there is no selection.
    public internal(set) var carries: [HeapBit] = []

    /// Columns that one net of the carry selects.
    static let columnsPerCarry = 4

    /// The carry of a column, by its place in ``carries``.
    public func carryIndex(of column: Int) -> Int { (column - first) / Self.columnsPerCarry }
}

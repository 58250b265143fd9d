/// What a cell does, by its function alone: names differ from library to library.
public enum CellRole: String, Sendable, Hashable, CaseIterable {
    /// Carry = not majority, sum = not parity of three inputs.
    case invertedFullAdder
    /// Carry = majority, sum = parity of three inputs.
    case fullAdder
    /// Carry = NAND, sum = XNOR of two inputs.
    case invertedHalfAdder
    /// Carry = AND, sum = XOR of two inputs.
    case halfAdder
    /// Not majority of three inputs.
    case invertedMajority
    /// The complement.
    case inverter
    /// The input again.
    case buffer
    /// NAND of two inputs.
    case nand2
    /// NOR of two inputs.
    case nor2
    /// Constant 1.
    case tieHigh
    /// Constant 0.
    case tieLow
    /// Rising edge, no set or reset, complement of the data.
    case invertingFlipFlop
    /// Rising edge, no set or reset, the data.
    case flipFlop

    /// In words, for messages.
    public var words: String {
        switch self {
        case .invertedFullAdder: "a full adder with both outputs inverted"
        case .fullAdder: "a full adder"
        case .invertedHalfAdder: "a half adder with both outputs inverted"
        case .halfAdder: "a half adder"
        case .invertedMajority: "a majority of three with inverted output"
        case .inverter: "an inverter"
        case .buffer: "a buffer"
        case .nand2: "a NAND of two inputs"
        case .nor2: "a NOR of two inputs"
        case .tieHigh: "a constant 1"
        case .tieLow: "a constant 0"
        case .invertingFlipFlop: "a D flip-flop with inverted output"
        case .flipFlop: "a D flip-flop"
        }
    }

    /// The tables of the outputs of a gate in this role, in the order of ``CellMatch/outputs``; nil for memory.
    var outputs: [TruthTable]? {
        switch self {
        case .invertedFullAdder:
            [
                TruthTable(inputCount: 3) { $0.nonzeroBitCount < 2 },
                TruthTable(inputCount: 3) { $0.nonzeroBitCount % 2 == 0 },
            ]
        case .fullAdder:
            [
                TruthTable(inputCount: 3) { $0.nonzeroBitCount >= 2 },
                TruthTable(inputCount: 3) { $0.nonzeroBitCount % 2 == 1 },
            ]
        case .invertedHalfAdder:
            [TruthTable(inputCount: 2) { $0 != 3 }, TruthTable(inputCount: 2) { $0 == 0 || $0 == 3 }]
        case .halfAdder:
            [TruthTable(inputCount: 2) { $0 == 3 }, TruthTable(inputCount: 2) { $0 == 1 || $0 == 2 }]
        case .invertedMajority: [TruthTable(inputCount: 3) { $0.nonzeroBitCount < 2 }]
        case .inverter: [TruthTable(inputCount: 1) { $0 == 0 }]
        case .buffer: [TruthTable(inputCount: 1) { $0 == 1 }]
        case .nand2: [TruthTable(inputCount: 2) { $0 != 3 }]
        case .nor2: [TruthTable(inputCount: 2) { $0 == 0 }]
        case .tieHigh: [TruthTable(inputCount: 0) { _ in true }]
        case .tieLow: [TruthTable(inputCount: 0) { _ in false }]
        case .invertingFlipFlop, .flipFlop: nil
        }
    }
}

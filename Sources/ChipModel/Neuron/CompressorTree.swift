/// A neuron as cells: full and half adders down to a number of rows, registers, then a carry-propagate adder.
///
/// Dadda's levels (heights 2, 3, 4, 6, 9, 13, ...) give the shortest path. Adders invert both outputs, and three
/// inverted inputs give true outputs, so each bit carries its polarity and adders take bits of one polarity: few
/// inverters remain. A half adder on two inverted bits is "a + b + 1", which is how the constant is added.
/// - Source: `seven-nm.md`, 1; Dadda, Some schemes for parallel multipliers, 1965.
public struct CompressorTree: Sendable {
    /// Rows at which the registers may cut the tree.
    public static let heights = [
        2, 3, 4, 6, 9, 13, 19, 28, 42, 63, 94, 141, 211, 316, 474, 711, 1_066, 1_599,
    ]

    /// Nets numbered below this are operands.
    public let operandBits: Int
    /// The cells in front of the cut, or of the earlier one of two.
    public private(set) var cells: [HeapCell] = []
    /// Rows at the earlier of two cuts; `nil` for one cut.
    public let earlyCutRows: Int?
    /// The heap at the earlier cut; without one, where it would be.
    public private(set) var earlyCut: [[HeapBit]] = []
    /// The cells between two cuts; none with one cut.
    public private(set) var middle: [HeapCell] = []
    /// The heap at the cut, by column; what is not the constant is registered.
    public private(set) var cut: [[HeapBit]] = []
    /// Whether the cells behind a cut read the complements of its nets.
    public let isRegistered: Bool
    /// The cells behind the cut.
    public private(set) var adder: [HeapCell] = []
    /// The accumulator, by column; `nil` is a zero, below the shift also "not computed".
    public private(set) var sum: [HeapBit?] = []
    /// The upper columns once more for a carry into them, and the carry that selects; empty where carries ripple.
    public private(set) var selection = CarrySelection()
    /// Adder levels in front of the last cut.
    public private(set) var levels = 0

    var columns: [[HeapBit]]
    /// Nets of operands and cells together.
    public private(set) var nets: Int
    private var inverters: [Int: Int] = [:]
    /// When a net has its value behind the registers, by net, ps.
    private var arrivals: [Float]
    /// The latest arrival in front of a cut, ps.
    private(set) var frontArrival: Float = 0
    private var place = Place.front

    /// Where a cell stands between the registers.
    private enum Place { case front, middle, behind }

    /// Builds the cells of `neuron`.
    ///
    /// - Parameters:
    ///   - operandBits: nets that are there already: all bits that the neuron can read.
    ///   - cutRows: height at which registers cut the tree, one of ``heights``.
    ///   - earlyCutRows: height of a cut before that one, if there are two; at least `cutRows`.
    ///   - isRegistered: whether registers stand at the cut. The library's flip-flop inverts: what registers give is
    ///     the complement of what they take. Without them, the cut is wires.
    public init(
        _ neuron: NeuronSum,
        operandBits: Int,
        cutRows: Int,
        earlyCutRows: Int? = nil,
        isRegistered: Bool = true
    ) {
        precondition(
            Self.heights.contains(cutRows) && Self.heights.contains(earlyCutRows ?? 2),
            "a tree is cut at its heights")
        self.earlyCutRows = earlyCutRows
        self.operandBits = operandBits
        self.isRegistered = isRegistered
        nets = operandBits
        arrivals = Array(repeating: 0, count: operandBits)
        columns = Array(repeating: [], count: neuron.width)
        for term in neuron.terms {
            for bit in 0..<term.width where term.shift + bit < neuron.width {
                columns[term.shift + bit].append(
                    HeapBit(net: term.firstBit + bit, isInverted: term.complement >> UInt32(bit) & 1 == 1))
            }
        }
        for column in 0..<neuron.width where neuron.constant >> UInt64(column) & 1 == 1 {
            columns[column].append(.one)
        }
        while let height = nextHeight(), height >= max(cutRows, earlyCutRows ?? TimingTable.earlyCutRows) {
            reduce(to: height)
        }
        earlyCut = columns
        if earlyCutRows != nil {
            register()
            place = .middle
        }
        while let height = nextHeight(), height >= cutRows { reduce(to: height) }
        cut = columns
        register()
        place = .behind
        while let height = nextHeight() { reduce(to: height) }
        propagate(neededFrom: neuron.shift)
    }

    /// The nets that registers hold at the cut, each once, in the order of the columns.
    public var cutNets: [Int] { Self.nets(in: cut) }

    /// The nets that registers of the earlier cut hold, or would hold at ``TimingTable/earlyCutRows`` rows.
    public var earlyCutNets: [Int] { Self.nets(in: earlyCut) }

    /// Goes on behind registers, which invert.
    private mutating func register() {
        inverters = [:]
        guard isRegistered else { return }
        columns = columns.map { $0.map { $0.isOne ? $0 : $0.complement } }
        for bit in columns.joined() where !bit.isOne {
            frontArrival = max(frontArrival, arrivals[bit.net])
            arrivals[bit.net] = 0
        }
    }

    /// When a bit is there behind the registers in front of it, ps.
    func arrival(of bit: HeapBit?) -> Float { bit.map { $0.isOne ? 0 : arrivals[$0.net] } ?? 0 }

    /// The nets of a heap, each once, in the order of the columns.
    private static func nets(in heap: [[HeapBit]]) -> [Int] {
        var seen = Set<Int>()
        return heap.joined().filter { !$0.isOne && seen.insert($0.net).inserted }.map(\.net)
    }

    /// Bits that the registers at the cut hold.
    public var cutBits: Int { cutNets.count }
    /// Bits at the earlier cut, or where it would be.
    public var earlyCutBits: Int { earlyCutNets.count }

    /// Cells of one kind, on all sides of the cuts.
    public func count(_ kind: HeapCell.Kind) -> Int {
        [cells, middle, adder].reduce(0) { $0 + $1.count { $0.kind == kind } }
    }

    /// The next of Dadda's heights below the highest column; `nil` at two rows.
    private func nextHeight() -> Int? {
        let highest = columns.lazy.map(\.count).max() ?? 0
        return Self.heights.last { $0 < highest }
    }

    private mutating func reduce(to height: Int) {
        if place != .behind { levels += 1 }
        var next = [[HeapBit]](repeating: [], count: columns.count)
        for column in columns.indices {
            var pool = ColumnPool(columns[column], arrivals: arrivals)
            var excess = pool.count + next[column].count - height
            while excess > 0 {
                let before = pool.count
                let (carry, sum) = addOnce(&pool, excess: excess)
                excess -= before - pool.count - 1
                next[column].append(sum)
                if column + 1 < columns.count { next[column + 1].append(carry) }
            }
            next[column] += pool.rest
        }
        columns = next
    }

    /// The adder that costs least for the bits it removes.
    ///
    /// Only adders of three bits remove one; a half adder is needed where no three are left, or would need an
    /// inverter for a single bit of excess.
    private mutating func addOnce(
        _ pool: inout ColumnPool,
        excess: Int
    ) -> (carry: HeapBit, sum: HeapBit) {
        if pool.hasOne && pool.invertedCount >= 2 { return addOne(&pool) }
        if excess >= 2 || pool.plainCount >= 3 || pool.invertedCount >= 3 { return addThree(&pool) }
        return pool.hasOne ? incremented(&pool) : add(.halfAdder, pool.takeTwo(), isInverted: false)
    }

    /// Three bits to two, with inverters where polarities are mixed.
    private mutating func addThree(_ pool: inout ColumnPool) -> (carry: HeapBit, sum: HeapBit) {
        if let (bits, isInverted) = pool.take(3) { return add(.fullAdder, bits, isInverted: isInverted) }
        pool.hasOne = false
        return add(.halfAdder, pool.takeTwo(), isInverted: true)
    }

    /// `a + b + 1` of two inverted bits.
    private mutating func addOne(_ pool: inout ColumnPool) -> (carry: HeapBit, sum: HeapBit) {
        pool.hasOne = false
        return add(.halfAdder, pool.takeInverted(2), isInverted: true)
    }

    /// `a + 1` is wiring: the sum is the complement, the carry the bit.
    private func incremented(_ pool: inout ColumnPool) -> (carry: HeapBit, sum: HeapBit) {
        pool.hasOne = false
        let bit = pool.takeOne()
        return (bit, bit.complement)
    }

    /// Adds bits that are brought to one polarity; outputs have the other one.
    mutating func add(
        _ kind: HeapCell.Kind,
        _ bits: [HeapBit],
        isInverted: Bool
    ) -> (carry: HeapBit, sum: HeapBit) {
        let nets = bits.map { $0.isInverted == isInverted ? $0.net : inverse(of: $0.net) }
        let output = append(kind, CellDelay.ordered(nets) { arrivals[$0] })
        return (
            HeapBit(net: output, isInverted: !isInverted), HeapBit(net: output + 1, isInverted: !isInverted)
        )
    }

    /// The net that carries the complement of `net`.
    mutating func inverse(of net: Int) -> Int {
        if let known = inverters[net] { return known }
        let output = append(.inverter, [net])
        inverters[net] = output
        return output
    }

    mutating func append(_ kind: HeapCell.Kind, _ inputs: [Int]) -> Int {
        let output = nets
        let cell = HeapCell(
            kind: kind, a: inputs[0], b: inputs.count > 1 ? inputs[1] : inputs[0],
            c: inputs.count > 2 ? inputs[2] : inputs[0], output: output)
        switch place {
        case .front: cells.append(cell)
        case .middle: middle.append(cell)
        case .behind: adder.append(cell)
        }
        let delay = CellDelay.of(kind)
        func latest(_ pins: [Float]) -> Float {
            zip(inputs, pins).reduce(0) { max($0, arrivals[$1.0] + $1.1) }
        }
        arrivals.append(latest(delay.carry))
        if !delay.sum.isEmpty { arrivals.append(latest(delay.sum)) }
        nets = arrivals.count
        return output
    }

    mutating func finish(_ sum: [HeapBit?], _ selection: CarrySelection) {
        (self.sum, self.selection) = (sum, selection)
    }

    /// What an attempt at the last adder is given up to.
    struct Mark {
        fileprivate let adder, nets: Int
        fileprivate let inverters: [Int: Int]
    }

    /// The cells as they are now.
    var mark: Mark { Mark(adder: adder.count, nets: nets, inverters: inverters) }

    /// Gives up all cells since `mark`.
    mutating func giveUp(to mark: Mark) {
        adder.removeLast(adder.count - mark.adder)
        arrivals.removeLast(nets - mark.nets)
        (nets, inverters) = (mark.nets, mark.inverters)
    }
}

/// A cell in a role, and which of its pins is which.
public struct CellMatch: Sendable, Hashable {
    /// The cell's name.
    public let cell: String
    /// Its area, in the unit of the file: um2.
    public let area: Double
    /// Data inputs; they may be exchanged in all roles. One for a flip-flop.
    public let inputs: [String]
    /// Carry and sum of an adder; one output in the other roles.
    public let outputs: [String]
    /// Clock pin of a flip-flop.
    public let clock: String?

    /// Whether `cell` plays `role`; nil when not, or when it has no area to be compared by.
    init?(_ cell: LibertyCell, as role: CellRole) {
        guard let area = cell.area, area > 0, cell.unmodelled == nil,
            !cell.pins.contains(where: { $0.direction == .inout })
        else { return nil }
        self.cell = cell.name
        self.area = area
        guard let tables = role.outputs else {
            guard let memory = Self.memory(of: cell, inverted: role == .invertingFlipFlop) else { return nil }
            (inputs, outputs, clock) = ([memory.data], [memory.output], memory.clock)
            return
        }
        let names = cell.inputs.map(\.name)
        let signals = cell.outputs
        guard cell.memory == nil, names.count == tables[0].inputCount, signals.count == tables.count else {
            return nil
        }
        let found = signals.map { pin in pin.function.flatMap { TruthTable($0, inputs: names) } }
        let order = tables.map { table in found.firstIndex { $0 == table } }
        guard !order.contains(nil) else { return nil }
        inputs = names
        outputs = order.compactMap { $0.map { signals[$0].name } }
        clock = nil
    }

    /// The pins of a plain D flip-flop: one clock, one datum, one output, nothing else.
    private static func memory(
        of cell: LibertyCell, inverted: Bool
    ) -> (data: String, output: String, clock: String)? {
        guard let memory = cell.memory, memory.kind == .flipFlop, memory.clear == nil, memory.preset == nil,
            case .variable(let clock) = memory.clock, cell.inputs.count == 2, cell.outputs.count == 1,
            let output = cell.outputs.first, let function = output.function,
            let data = cell.inputs.first(where: { $0.name != clock })?.name
        else { return nil }
        // The output as a function of the datum, through the state.
        let through = function.substituting { name in
            switch name {
            case memory.state: memory.next
            case memory.complement: .not(memory.next)
            default: .variable(name)
            }
        }
        let wanted = TruthTable(inputCount: 1) { ($0 == 1) != inverted }
        return TruthTable(through, inputs: [data]) == wanted ? (data, output.name, clock) : nil
    }
}

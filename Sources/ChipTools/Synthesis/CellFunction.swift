/// A cell output's function as a short program over 64 assignments at a time.
struct CellFunction: Hashable, Sendable {
    enum Step: Hashable, Sendable {
        case input(Int)
        case constant(Bool)
        case not
        case and, or, xor
    }

    /// Pins in the order of the program's inputs.
    let inputs: [String]
    let steps: [Step]

    static let buffer = CellFunction(inputs: ["A"], steps: [.input(0)])

    private init(inputs: [String], steps: [Step]) {
        self.inputs = inputs
        self.steps = steps
    }

    /// The function of `output`; for a flip-flop the function of the next state. `nil` for latches, set and reset.
    init?(_ output: LibertyCell.Pin, of cell: LibertyCell) {
        guard var function = output.function, !output.isThreeState, cell.unmodelled == nil else { return nil }
        if let memory = cell.memory {
            guard memory.kind == .flipFlop, memory.clear == nil, memory.preset == nil,
                case .variable = memory.clock
            else { return nil }
            function = function.substituting { name in
                switch name {
                case memory.state: memory.next
                case memory.complement: .not(memory.next)
                default: .variable(name)
                }
            }
        }
        inputs = function.variables
        var steps: [Step] = []
        Self.compile(function, inputs, &steps)
        self.steps = steps
    }

    private static func compile(_ function: BooleanFunction, _ inputs: [String], _ steps: inout [Step]) {
        func join(_ parts: [BooleanFunction], _ step: Step, _ steps: inout [Step]) {
            for (index, part) in parts.enumerated() {
                compile(part, inputs, &steps)
                if index > 0 { steps.append(step) }
            }
        }
        switch function {
        case .constant(let value): steps.append(.constant(value))
        case .variable(let name): steps.append(.input(inputs.firstIndex(of: name) ?? 0))
        case .not(let inner):
            compile(inner, inputs, &steps)
            steps.append(.not)
        case .and(let parts): join(parts, .and, &steps)
        case .or(let parts): join(parts, .or, &steps)
        case .xor(let parts): join(parts, .xor, &steps)
        }
    }

    /// - Parameters:
    ///   - pins: nets of ``inputs``.
    ///   - stack: scratch of at least as many words as steps.
    @inline(__always)
    func evaluate(
        _ pins: UnsafePointer<Int32>,
        _ values: UnsafePointer<UInt64>,
        _ stack: UnsafeMutablePointer<UInt64>
    ) -> UInt64 {
        var top = 0
        for step in steps {
            switch step {
            case .input(let index):
                stack[top] = values[Int(pins[index])]
                top += 1
            case .constant(let value):
                stack[top] = value ? .max : 0
                top += 1
            case .not: stack[top - 1] = ~stack[top - 1]
            case .and:
                top -= 1
                stack[top - 1] &= stack[top]
            case .or:
                top -= 1
                stack[top - 1] |= stack[top]
            case .xor:
                top -= 1
                stack[top - 1] ^= stack[top]
            }
        }
        return stack[0]
    }
}

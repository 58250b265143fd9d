import ChipTools

/// Delays of cells in activity simulation, ps: enough to put events in order, not to close a clock.
///
/// Without any, a dump shows values at rest only and no glitch; with equal ones for all cells, a fifth to a half
/// more toggles than with these.
/// - Source: `seven-nm.md`, 2.3: OpenSTA on the adders of ASAP7 (predictive); the other figures stand for the
///   usual cell of that library.
struct GateDelays {
    /// Carry and sum of a full adder.
    var fullAdder = [38, 60]
    /// Carry and sum of a half adder.
    var halfAdder = [20, 35]
    /// A flip-flop, from its clock.
    var flipFlop = 50
    /// Any other gate.
    var gate = 15

    /// The adders and flip-flops of `libraries`; ``gate`` is for the rest.
    func delays(_ libraries: [LibertyLibrary]) -> [CellModels.Delay] {
        let roles = CellRoles(libraries)
        var delays: [CellModels.Delay] = []
        for (role, figures) in [
            (CellRole.invertedFullAdder, fullAdder), (.fullAdder, fullAdder),
            (.invertedHalfAdder, halfAdder), (.halfAdder, halfAdder),
        ] {
            guard let match = roles[role] else { continue }
            for (pin, figure) in zip(match.outputs, figures) {
                delays.append(.init(cell: match.cell, pin: pin, picoseconds: figure))
            }
        }
        for cell in libraries.lazy.flatMap(\.cells) where cell.memory?.kind == .flipFlop {
            for pin in cell.outputs {
                delays.append(.init(cell: cell.name, pin: pin.name, picoseconds: flipFlop))
            }
        }
        return delays
    }
}

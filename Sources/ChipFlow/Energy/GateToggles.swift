import ChipTools

/// Toggles a net and cycle at the outputs of gates.
package struct GateToggles: Hashable, Sendable {
    /// Of the full adders' carries and sums; nil without full adders.
    package let carry, sum: Double?
    /// Over the outputs of all gates; 0 without any.
    package let mean: Double

    /// Sorts an activity; what has no inputs or has memory is no gate.
    package init(_ activity: SwitchingActivity, libraries: [LibertyLibrary]) {
        let roles = CellRoles(libraries)
        let adder = roles[.invertedFullAdder] ?? roles[.fullAdder]
        let outputs = adder.map { match in
            match.outputs.map { activity.togglesPerCycle(.init(cell: match.cell, pin: $0)) }
        }
        (carry, sum) = (outputs?.first ?? nil, outputs?.last ?? nil)
        let gates = Set(
            libraries.lazy.flatMap(\.cells).filter { $0.memory == nil && !$0.inputs.isEmpty }.map(\.name))
        var (nets, toggles) = (0, 0)
        for (source, tally) in activity.tallies where gates.contains(source.cell) {
            nets += tally.nets
            toggles += tally.toggles
        }
        let places = nets * activity.cycles
        mean = places > 0 ? Double(toggles) / Double(places) : 0
    }
}

/// Energy of one toggle by what drives the net, in femtojoules: the caller's figures, from a named source.
public struct EnergyConstants: Sendable, Hashable {
    /// Of an output of a full adder.
    public var fullAdderToggle: Double
    /// Of an output of a half adder.
    public var halfAdderToggle: Double
    /// Of an output of any other gate.
    public var gateToggle: Double
    /// Of an output of a flip-flop.
    public var flipFlopToggle: Double
    /// Of one flip-flop in one cycle, whether its output changes or not.
    public var flipFlopClock: Double

    /// Figures of 0 or more.
    public init(
        fullAdderToggle: Double, halfAdderToggle: Double, gateToggle: Double, flipFlopToggle: Double,
        flipFlopClock: Double
    ) {
        self.fullAdderToggle = fullAdderToggle
        self.halfAdderToggle = halfAdderToggle
        self.gateToggle = gateToggle
        self.flipFlopToggle = flipFlopToggle
        self.flipFlopClock = flipFlopClock
    }

    /// Energy a cycle by part, fJ. Kind: modelled, from simulated activity.
    public struct Energy: Sendable, Hashable {
        /// Full adders.
        public var fullAdders = 0.0
        /// Half adders.
        public var halfAdders = 0.0
        /// Other gates.
        public var gates = 0.0
        /// Flip-flops: outputs and clock.
        public var flipFlops = 0.0
        /// All of it.
        public var total: Double { fullAdders + halfAdders + gates + flipFlops }
    }

    /// The energy of a cycle.
    ///
    /// - Parameters:
    ///   - cellCounts: How often the netlist uses each cell.
    ///   - roles: Says which cells are adders.
    ///   - libraries: Say which cells are flip-flops.
    /// - Returns: Nil when no cycle was counted.
    public func energy(
        of activity: SwitchingActivity, cellCounts: [String: Int], roles: CellRoles, libraries: [LibertyLibrary]
    ) -> Energy? {
        guard activity.cycles > 0 else { return nil }
        let fullAdders = Set([roles[.invertedFullAdder], roles[.fullAdder]].compactMap { $0?.cell })
        let halfAdders = Set([roles[.invertedHalfAdder], roles[.halfAdder]].compactMap { $0?.cell })
        let flipFlops = Set(
            libraries.lazy.flatMap(\.cells).filter { $0.memory?.kind == .flipFlop }.map(\.name))
        var energy = Energy()
        for (source, tally) in activity.tallies where !source.cell.isEmpty {
            let toggles = Double(tally.toggles) / Double(activity.cycles)
            if fullAdders.contains(source.cell) {
                energy.fullAdders += toggles * fullAdderToggle
            } else if halfAdders.contains(source.cell) {
                energy.halfAdders += toggles * halfAdderToggle
            } else if flipFlops.contains(source.cell) {
                energy.flipFlops += toggles * flipFlopToggle
            } else {
                energy.gates += toggles * gateToggle
            }
        }
        for (cell, count) in cellCounts where flipFlops.contains(cell) {
            energy.flipFlops += Double(count) * flipFlopClock
        }
        return energy
    }
}

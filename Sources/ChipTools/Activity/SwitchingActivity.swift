/// How often the nets of a netlist changed in a simulation, by what drives them. Kind: simulated.
public struct SwitchingActivity: Sendable, Hashable {
    /// What drives a net.
    public struct Source: Sendable, Hashable, Comparable {
        /// The cell; empty for an input port.
        public let cell: String
        /// Its output pin; empty for an input port.
        public let pin: String

        /// A source.
        public init(cell: String, pin: String) {
            self.cell = cell
            self.pin = pin
        }

        /// By cell, then by pin.
        public static func < (left: Source, right: Source) -> Bool {
            (left.cell, left.pin) < (right.cell, right.pin)
        }
    }

    /// Nets of one source.
    public struct Tally: Sendable, Hashable {
        /// Nets found in the dump.
        public var nets = 0
        /// Changes between 0 and 1 in all of them.
        public var toggles = 0
    }

    /// By source.
    public let tallies: [Source: Tally]
    /// Rising edges of the clock in the time counted.
    public let cycles: Int
    /// Nets with a driver that the dump lacks: their toggles are not in the figures.
    public let missingNets: Int

    /// Toggles a net and cycle of one source; nil without nets or cycles.
    public func togglesPerCycle(_ source: Source) -> Double? {
        guard let tally = tallies[source], tally.nets > 0, cycles > 0 else { return nil }
        return Double(tally.toggles) / (Double(tally.nets) * Double(cycles))
    }
}

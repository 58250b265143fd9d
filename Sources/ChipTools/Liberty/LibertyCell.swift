/// A cell of a liberty file: what synthesis, simulation and counting need of it; no timing.
public struct LibertyCell: Sendable, Hashable {
    /// A terminal that carries a signal; supply pins are left out.
    public struct Pin: Sendable, Hashable {
        /// Which way the signal goes.
        public enum Direction: String, Sendable { case input, output, `inout`, `internal` }

        /// Its name.
        public let name: String
        /// Which way the signal goes.
        public let direction: Direction
        /// Input capacitance in femtofarads, when given.
        public let capacitance: Double?
        /// Logic of an output, over input pins and state names.
        public let function: BooleanFunction?
        /// Whether the output may be undriven: such a cell has no two-valued model.
        public let isThreeState: Bool
    }

    /// The memory of a cell: its `ff` or `latch` group.
    public struct Memory: Sendable, Hashable {
        /// Whether an edge or a level writes it.
        public enum Kind: Sendable { case flipFlop, latch }

        /// Whether an edge or a level writes it.
        public let kind: Kind
        /// Name of the state in functions ("IQ").
        public let state: String
        /// Name of its complement ("IQN").
        public let complement: String
        /// `clocked_on` of a flip-flop (rising edge of this), `enable` of a latch.
        public let clock: BooleanFunction
        /// `next_state` of a flip-flop, `data_in` of a latch.
        public let next: BooleanFunction
        /// Sets the state to 0 while true.
        public let clear: BooleanFunction?
        /// Sets the state to 1 while true.
        public let preset: BooleanFunction?
        /// `clear_preset_var1` is H: preset wins over clear. Otherwise clear does.
        public let presetWins: Bool
    }

    /// Its name.
    public let name: String
    /// Area as the file gives it; um2 in ASAP7. Nil when missing.
    public let area: Double?
    /// Leakage in picowatts: `cell_leakage_power`, else the mean over the states of each supply pin.
    public let leakage: Double?
    /// Signal pins in the order of the file.
    public let pins: [Pin]
    /// Its memory; nil for a gate.
    public let memory: Memory?
    /// Why there is no model of this cell (a state table, a bus), or nil.
    public let unmodelled: String?
    /// The file asks tools not to use it.
    public let isDontUse: Bool
    /// Where `cell (...) {...}` stands in the bytes of its file.
    public let range: Range<Int>

    /// Input pins in the order of the file.
    public var inputs: [Pin] { pins.filter { $0.direction == .input } }
    /// Output pins in the order of the file.
    public var outputs: [Pin] { pins.filter { $0.direction == .output } }
}

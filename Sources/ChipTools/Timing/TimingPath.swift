/// The slowest path from one register to another, by OpenSTA, clock without skew.
public struct TimingPath: Sendable, Hashable {
    /// The register that it leaves.
    public let start: String
    /// The register that it reaches.
    public let end: String
    /// The cells on it with the register it leaves, in order: instance, output pin, cell, its own delay in ps
    /// with the wire before it.
    public let stages: [Stage]
    /// From the clock edge to the data input, ps.
    public let arrival: Double
    /// Setup time of the last register, ps.
    public let setup: Double
    /// What the period leaves, ps; negative when it is too short.
    public let slack: Double
    /// The period that slack is against, ps.
    public let period: Double

    /// One cell of a path.
    public struct Stage: Sendable, Hashable {
        /// Name in the netlist.
        public let instance: String
        /// Output pin.
        public let pin: String
        /// Cell.
        public let cell: String
        /// Picoseconds.
        public let delay: Double
    }

    /// Clock to output of the first register, ps.
    public var clockToOutput: Double { stages.first?.delay ?? 0 }
    /// Cells between both registers.
    public var cellsBetween: Int { max(0, stages.count - 1) }
    /// The shortest period, ps: wire delays in it do not depend on the clock.
    public var shortestPeriod: Double { period - slack }
    /// The highest clock, MHz; nil when the path takes no time.
    public var megahertz: Double? { shortestPeriod > 0 ? 1e6 / shortestPeriod : nil }
}

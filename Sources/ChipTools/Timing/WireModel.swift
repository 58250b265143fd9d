/// Wires as one length for every segment, from a driver to each of its loads: no placement is known.
public struct WireModel: Sendable, Hashable {
    /// Micrometres of a segment, above 0.
    public let micrometres: Double
    /// Ohms a micrometre.
    public let ohms: Double
    /// Femtofarads a micrometre.
    public let femtofarads: Double

    /// A wire model; the defaults are the average signal layer of ASAP7 (predictive).
    ///
    /// - Source: `setRC.tcl` of OpenROAD-flow-scripts for ASAP7: 26.6 ohm and 0.166 fF a micrometre.
    public init(micrometres: Double, ohms: Double = 26.6, femtofarads: Double = 0.166) {
        precondition(
            (0.001...10_000).contains(micrometres) && (0...10_000).contains(ohms)
                && (0...1000).contains(femtofarads), "a wire has a length, and a resistance of 0 or more")
        self.micrometres = micrometres
        self.ohms = ohms
        self.femtofarads = femtofarads
    }
}

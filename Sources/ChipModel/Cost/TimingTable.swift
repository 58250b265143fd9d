import Foundation

/// The clock that a neuron closes, by fan-in, cut and wire length.
///
/// Clock-to-output (67 ps) and setup (21 ps) included; 26.6 ohm and 0.166 fF a um of wire, no buffers. Between two
/// fan-ins of one cut the period is linear in their logarithm; beyond the last it grows by ``octave``; below the
/// first it is the first one's. A length that was not timed takes the largest ratio of its fan-in's other cuts.
/// - Source: OpenSTA on synthesised neurons, ASAP7 (predictive), `seven-nm.md` 2.2.
public enum TimingTable {
    /// One timed neuron.
    package struct Entry {
        /// Weights of the neuron.
        package let fanIn: Int
        /// Rows at the cut.
        package let rows: Int
        /// MHz by wire length, in the order of `WireLength.allCases`; `nil` where it was not timed.
        package let clocks: [Double?]
    }

    /// What was timed.
    package static let entries = [
        Entry(fanIn: 32, rows: 2, clocks: [1_702, 1_516, 1_285, 1_056]),
        Entry(fanIn: 96, rows: 2, clocks: [1_336, 1_198, 1_025, 863]),
        Entry(fanIn: 384, rows: 2, clocks: [1_016, nil, nil, nil]),
        Entry(fanIn: 384, rows: 4, clocks: [1_174, 1_058, 902, 748]),
        Entry(fanIn: 384, rows: 6, clocks: [1_281, 1_158, 996, 827]),
        Entry(fanIn: 960, rows: 2, clocks: [888, 799, 678, 557]),
        Entry(fanIn: 960, rows: 6, clocks: [1_083, nil, nil, nil]),
        Entry(fanIn: 960, rows: 9, clocks: [1_181, 1_058, 830, 653]),
        Entry(fanIn: 960, rows: 13, clocks: [1_175, 978, 771, 609]),
    ]
    /// Growth of the period beyond the last fan-in, ps for each doubling: the steepest that was seen.
    static let octave = 120.0
    /// Period of a neuron that is cut twice, ps without wires: an estimate.
    static let twoCutPeriod = 580.0
    /// Rows at the earlier of two cuts: about half of the levels of a wide neuron.
    public static let earlyCutRows = 19
    /// The cuts that were timed.
    public static let rows = [2, 4, 6, 9, 13]
    /// The fewest stages that were timed: tree, carry-propagate adder, output register.
    public static let depthMin = 3

    /// MHz that a neuron closes with one cut; `nil` for cuts that were not timed.
    ///
    /// - Range: `fanIn` of at least 1.
    public static func clock(fanIn: Int, rows: Int, wire: WireLength) -> Double? {
        period(fanIn: fanIn, rows: rows, wire: wire).map { 1e6 / $0 }
    }

    /// MHz that a neuron closes with two cuts: an estimate.
    public static func twoCutClock(wire: WireLength) -> Double {
        1e6 / (twoCutPeriod * wireRatio(fanIn: 960, wire: wire))
    }

    /// Whether neurons as wide as this one were timed with that cut, or wider ones than any.
    static func covers(fanIn: Int, rows: Int) -> Bool {
        entries.contains { $0.rows == rows && $0.fanIn >= min(fanIn, 960) }
    }

    static func period(fanIn: Int, rows: Int, wire: WireLength) -> Double? {
        let points = entries.filter { $0.rows == rows }.map {
            (x: log2(Double($0.fanIn)), period: period($0, wire))
        }
        guard let first = points.first, let last = points.last else { return nil }
        let x = log2(Double(max(1, fanIn)))
        if x <= first.x { return first.period }
        if x >= last.x {
            return last.period + (x - last.x) * octave * wireRatio(fanIn: 960, wire: wire)
        }
        for (left, right) in zip(points, points.dropFirst()) where x <= right.x {
            return left.period + (right.period - left.period) * (x - left.x) / (right.x - left.x)
        }
        return last.period
    }

    private static func period(_ entry: Entry, _ wire: WireLength) -> Double {
        if let clock = entry.clocks[index(wire)] { return 1e6 / clock }
        return 1e6 / (entry.clocks[0] ?? 1) * wireRatio(fanIn: entry.fanIn, wire: wire)
    }

    /// Largest period with wires over the one without, of the cuts that were timed with both.
    private static func wireRatio(fanIn: Int, wire: WireLength) -> Double {
        entries.filter { $0.fanIn == fanIn }.compactMap { entry in
            guard let without = entry.clocks[0], let with = entry.clocks[index(wire)] else { return nil }
            return without / with
        }.max() ?? 1
    }

    private static func index(_ wire: WireLength) -> Int { WireLength.allCases.firstIndex(of: wire) ?? 0 }
}

import Foundation

/// The clock that a neuron closes, by fan-in, cuts and wire length.
///
/// Registers included; 26.6 ohm and 0.166 fF a um of wire, no buffers. Between two fan-ins the period is linear in
/// their logarithm, and never shorter than that of a narrower neuron; beyond the last it grows by ``octave``; below
/// the first it is the first one's.
/// - Source: `hashiflex chip timing` on MobileNetV2 1.0 (artefact 956b6d5c, untrained), Yosys 0.23, OpenSTA 2.0.17,
///   ASAP7 (predictive, RVT TT 0.70 V) without DFFHQx4; the table `timing.csv` of the documentation.
public enum TimingTable {
    /// One timed neuron.
    package struct Entry {
        /// Weights of the neuron.
        package let fanIn: Int
        /// Rows at the cut.
        package let rows: Int
        /// MHz by wire length, in the order of `WireLength.allCases`.
        package let clocks: [Double]

        init(_ fanIn: Int, _ rows: Int, _ clocks: [Double]) {
            (self.fanIn, self.rows, self.clocks) = (fanIn, rows, clocks)
        }
    }

    /// Neurons that are cut once.
    package static let entries = [
        Entry(9, 2, [2_295, 1_761, 1_339, 1_019]),
        Entry(32, 2, [1_878, 1_670, 1_262, 945]),
        Entry(96, 2, [1_413, 1_241, 996, 737]),
        Entry(144, 2, [1_262, 1_112, 931, 764]),
        Entry(192, 2, [1_150, 1_012, 850, 692]),
        Entry(384, 2, [1_040, 917, 774, 635]),
        Entry(576, 2, [977, 863, 727, 598]),
        Entry(960, 2, [903, 798, 674, 556]),
        Entry(9, 4, [2_103, 1_673, 1_275, 972]),
        Entry(32, 4, [1_902, 1_509, 1_149, 871]),
        Entry(96, 4, [1_697, 1_382, 1_057, 787]),
        Entry(144, 4, [1_516, 1_336, 1_017, 757]),
        Entry(192, 4, [1_351, 1_192, 943, 710]),
        Entry(384, 4, [1_200, 1_064, 893, 679]),
        Entry(576, 4, [1_119, 991, 797, 606]),
        Entry(960, 4, [1_027, 909, 767, 597]),
        Entry(9, 6, [1_825, 1_476, 1_144, 885]),
        Entry(32, 6, [1_679, 1_347, 1_040, 795]),
        Entry(96, 6, [1_601, 1_290, 1_008, 760]),
        Entry(144, 6, [1_550, 1_243, 953, 715]),
        Entry(192, 6, [1_500, 1_188, 896, 676]),
        Entry(384, 6, [1_318, 1_175, 909, 687]),
        Entry(576, 6, [1_214, 1_079, 887, 671]),
        Entry(960, 6, [1_101, 974, 792, 606]),
        Entry(9, 9, [1_678, 1_374, 1_065, 830]),
        Entry(32, 9, [1_497, 1_210, 949, 730]),
        Entry(96, 9, [1_505, 1_197, 918, 702]),
        Entry(144, 9, [1_482, 1_167, 902, 693]),
        Entry(192, 9, [1_378, 1_088, 830, 632]),
        Entry(384, 9, [1_317, 1_085, 838, 636]),
        Entry(576, 9, [1_317, 1_171, 943, 732]),
        Entry(960, 9, [1_193, 1_042, 841, 639]),
        Entry(9, 13, [1_667, 1_346, 1_040, 804]),
        Entry(32, 13, [1_396, 1_144, 896, 694]),
        Entry(96, 13, [1_355, 1_104, 867, 665]),
        Entry(144, 13, [1_344, 1_070, 833, 643]),
        Entry(192, 13, [1_241, 1_016, 798, 608]),
        Entry(384, 13, [1_205, 998, 788, 602]),
        Entry(576, 13, [1_224, 981, 743, 564]),
        Entry(960, 13, [1_236, 1_003, 774, 594]),
    ]
    /// Neurons that are cut at ``earlyCutRows`` first.
    package static let cutTwice = [
        Entry(9, 2, [2_138, 1_643, 1_232, 924]),
        Entry(32, 2, [1_896, 1_692, 1_323, 993]),
        Entry(96, 2, [1_908, 1_681, 1_288, 959]),
        Entry(144, 2, [1_902, 1_675, 1_192, 875]),
        Entry(192, 2, [1_906, 1_598, 1_160, 852]),
        Entry(384, 2, [1_896, 1_601, 1_211, 892]),
        Entry(576, 2, [1_692, 1_509, 1_214, 890]),
        Entry(960, 2, [1_460, 1_303, 1_098, 819]),
        Entry(9, 4, [2_100, 1_662, 1_304, 1_009]),
        Entry(32, 4, [1_911, 1_520, 1_146, 856]),
        Entry(96, 4, [1_747, 1_382, 1_054, 780]),
        Entry(144, 4, [1_679, 1_344, 1_052, 806]),
        Entry(192, 4, [1_630, 1_302, 991, 745]),
        Entry(384, 4, [1_622, 1_318, 990, 739]),
        Entry(576, 4, [1_679, 1_344, 1_007, 751]),
        Entry(960, 4, [1_460, 1_251, 994, 742]),
        Entry(9, 6, [1_835, 1_473, 1_158, 904]),
        Entry(32, 6, [1_684, 1_357, 1_038, 783]),
        Entry(96, 6, [1_558, 1_249, 973, 745]),
        Entry(144, 6, [1_559, 1_247, 953, 715]),
        Entry(192, 6, [1_454, 1_184, 926, 697]),
        Entry(384, 6, [1_451, 1_193, 911, 691]),
        Entry(576, 6, [1_504, 1_217, 929, 697]),
        Entry(960, 6, [1_451, 1_173, 892, 679]),
    ]
    /// Growth of the period beyond the last fan-in, ps for each doubling: the steepest that was seen.
    static let octave = 120.0
    /// Rows at the earlier of two cuts.
    public static let earlyCutRows = 28
    /// The cuts that were timed.
    public static let rows = [2, 4, 6, 9, 13]
    /// The fewest stages that were timed: tree, carry-propagate adder, output register.
    public static let depthMin = 3

    /// MHz that a neuron closes; `nil` for cuts that were not timed.
    ///
    /// - Parameter isCutTwice: whether registers cut the tree at ``earlyCutRows`` as well.
    /// - Range: `fanIn` of at least 1.
    public static func clock(
        fanIn: Int,
        rows: Int,
        isCutTwice: Bool = false,
        wire: WireLength
    ) -> Double? {
        period(fanIn: fanIn, rows: rows, isCutTwice: isCutTwice, wire: wire).map { 1e6 / $0 }
    }

    private static func period(fanIn: Int, rows: Int, isCutTwice: Bool, wire: WireLength) -> Double? {
        let column = WireLength.allCases.firstIndex(of: wire) ?? 0
        let points = (isCutTwice ? cutTwice : entries).filter { $0.rows == rows }.map {
            (x: log2(Double($0.fanIn)), period: 1e6 / $0.clocks[column])
        }
        guard let first = points.first, let last = points.last else { return nil }
        let x = log2(Double(max(1, fanIn)))
        let narrower = points.filter { $0.x <= x }.map(\.period).max() ?? first.period
        if x >= last.x { return narrower + (x - last.x) * octave }
        for (left, right) in zip(points, points.dropFirst()) where left.x <= x && x < right.x {
            return max(
                narrower, left.period + (right.period - left.period) * (x - left.x) / (right.x - left.x))
        }
        return narrower
    }
}

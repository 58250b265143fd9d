/// At how many rows the registers cut a neuron's compressor tree, by its fan-in.
///
/// Two rows take the fewest flip-flops; wide neurons need the cut earlier to close their clock.
/// - Source: timing of `seven-nm.md`, 2.2 (ASAP7, predictive).
public struct CutPlan: Hashable, Sendable {
    /// Rows below which fan-in, in rising order; the last entry is for everything above.
    public let steps: [(below: Int, rows: Int)]

    /// The cut for `fanIn` weights a neuron.
    public func rows(fanIn: Int) -> Int {
        for step in steps where fanIn < step.below { return step.rows }
        return steps[steps.count - 1].rows
    }

    /// Two rows below 192 inputs, then 4, 6 and 9: closes 896 MHz with 3 um of wire a segment.
    public static let byFanIn = CutPlan(steps: [(192, 2), (384, 4), (768, 6), (.max, 9)])
    /// The same cut everywhere; `rows` is one of ``CompressorTree/heights``.
    public static func uniform(_ rows: Int) -> CutPlan { CutPlan(steps: [(.max, rows)]) }

    public static func == (left: CutPlan, right: CutPlan) -> Bool {
        left.steps.elementsEqual(right.steps, by: ==)
    }

    public func hash(into hasher: inout Hasher) {
        for step in steps {
            hasher.combine(step.below)
            hasher.combine(step.rows)
        }
    }
}

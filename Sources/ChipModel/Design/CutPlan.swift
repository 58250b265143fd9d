/// At how many rows the registers cut a neuron's compressor tree, by its fan-in.
///
/// Two rows take the fewest flip-flops; wide neurons need the cut earlier to close their clock.
/// - Source: timing of `seven-nm.md`, 2.2 (ASAP7, predictive).
public struct CutPlan: Hashable, Sendable {
    /// One range of fan-ins.
    public struct Step: Hashable, Sendable {
        /// Fan-ins below this one, weights a neuron.
        public let below: Int
        /// Rows at the cut, one of ``CompressorTree/heights``.
        public let rows: Int

        /// A step of the given parts.
        public init(below: Int, rows: Int) {
            self.below = below
            self.rows = rows
        }
    }

    /// Steps in rising order; the last one takes everything above.
    public let steps: [Step]

    /// A plan of at least one step.
    public init(steps: [Step]) {
        precondition(!steps.isEmpty, "a plan has a step")
        self.steps = steps
    }

    /// The cut for `fanIn` weights a neuron.
    public func rows(fanIn: Int) -> Int {
        for step in steps where fanIn < step.below { return step.rows }
        return steps[steps.count - 1].rows
    }

    /// Two rows below 192 inputs, then 4, 6 and 9.
    public static let byFanIn = CutPlan(steps: [
        Step(below: 192, rows: 2), Step(below: 384, rows: 4), Step(below: 768, rows: 6),
        Step(below: .max, rows: 9),
    ])

    /// The same cut everywhere; `rows` is one of ``CompressorTree/heights``.
    public static func uniform(_ rows: Int) -> CutPlan { CutPlan(steps: [Step(below: .max, rows: rows)]) }
}

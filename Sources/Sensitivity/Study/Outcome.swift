import ClassifierHead
public import Evaluation

/// What one point of the study measured.
public struct Outcome: Sendable, Hashable {
    /// Right answers.
    public let correct: Int
    /// Right answers of the undegraded artefact on the same images.
    public let baselineCorrect: Int
    /// Images that the undegraded artefact had right and this one has not.
    public let lost: Int
    /// Images that this one has right and the undegraded artefact had not.
    public let gained: Int
    /// Images that both answered alike, right or wrong.
    public let agreeing: Int
    /// Images.
    public let images: Int
    /// What the weights came to.
    public let census: WeightCensus
    /// Bits of every layer's output.
    public let activationBits: Int

    /// Compares the answers of a degraded artefact with the undegraded ones.
    ///
    /// - Shape: `answers`, `baseline` and `classes` are `[images]`.
    package init(
        answers: [Int],
        baseline: [Int],
        classes: [Int],
        census: WeightCensus,
        activationBits: Int
    ) {
        precondition(
            answers.count == classes.count && baseline.count == classes.count,
            "both runs are over the same images"
        )
        images = classes.count
        correct = classes.indices.count { answers[$0] == classes[$0] }
        baselineCorrect = classes.indices.count { baseline[$0] == classes[$0] }
        lost = classes.indices.count { baseline[$0] == classes[$0] && answers[$0] != classes[$0] }
        gained = correct - baselineCorrect + lost
        agreeing = classes.indices.count { answers[$0] == baseline[$0] }
        self.census = census
        self.activationBits = activationBits
    }

    /// The share of right answers, with its interval.
    public var accuracy: EvaluationSummary.Share { .init(correct: correct, images: images) }

    /// Full adders that one copy of the constants takes: modelled, not measured.
    ///
    /// Every power of two that a weight is made of adds one row of activation bits to its channel's heap, and a full adder
    /// removes one bit from a heap.
    ///
    /// - Source: the counting law of the area model, 8 adders a weight at 8 bits (7.8 to 8.0 synthesised).
    public var fullAdders: Int { census.terms * activationBits }

    /// Change of the share of right answers against the undegraded artefact on the same images.
    public var change: Double { Double(gained - lost) / Double(images) }

    /// Where the true change lies with a confidence of 95 %.
    ///
    /// Both runs saw the same images, so only images on which they differ are uncertain.
    ///
    /// - Source: A. Agresti, Y. Min, "Simple improved confidence intervals for comparing matched
    ///   proportions", 2005: Wald's interval with half an image added to each of the four cells.
    public var change95: ClosedRange<Double> {
        let (gained, lost, count) = (Double(gained) + 0.5, Double(lost) + 0.5, Double(images) + 2)
        let centre = (gained - lost) / count
        let variance = max(0, gained + lost - (gained - lost) * (gained - lost) / count)
        let spread = 1.959963984540054 * variance.squareRoot() / count
        return max(-1, centre - spread)...min(1, centre + spread)
    }
}

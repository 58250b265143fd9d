/// A linear scale from values to a stretch of the drawing, with its ticks.
package struct Axis {
    /// The values at the two ends.
    package let domain: ClosedRange<Double>
    /// Where the two ends lie; the second may be the smaller one.
    package let range: (Double, Double)
    /// What is written beside the axis: a quantity and its unit.
    package let title: String
    /// Values that get a tick, and their texts.
    package let ticks: [(value: Double, text: String)]

    /// An axis with given ticks.
    package init(
        _ domain: ClosedRange<Double>,
        range: (Double, Double),
        title: String,
        ticks: [(value: Double, text: String)]
    ) {
        precondition(domain.lowerBound < domain.upperBound, "an axis has a length")
        self.domain = domain
        self.range = range
        self.title = title
        self.ticks = ticks
    }

    /// An axis with about `count` ticks at round values.
    package init(_ domain: ClosedRange<Double>, range: (Double, Double), title: String, tickCount count: Int)
    {
        let step = Self.step(domain.upperBound - domain.lowerBound, count: count)
        let places = step >= 1 ? 0 : step >= 0.1 ? 1 : 2
        let first = Int((domain.lowerBound / step).rounded(.up))
        let last = Int((domain.upperBound / step).rounded(.down))
        let ticks = (first...max(first, last)).map { index in
            let value = Double(index) * step
            let text = Number.text(value, places: places)
            return (value, text.hasPrefix("-") ? "\u{2212}" + text.dropFirst() : text)
        }
        self.init(domain, range: range, title: title, ticks: ticks)
    }

    /// Where `value` lies.
    package func position(_ value: Double) -> Double {
        let share = (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
        return range.0 + share * (range.1 - range.0)
    }

    /// A round step: 1, 2 or 5 times a power of ten.
    private static func step(_ length: Double, count: Int) -> Double {
        var power = 0.01
        while power * 10 * Double(count) < length { power *= 10 }
        for factor in [1.0, 2, 5] where power * factor * Double(count) >= length { return power * factor }
        return power * 10
    }
}

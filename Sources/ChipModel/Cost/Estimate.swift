/// A figure with the range that its constants allow.
public struct Estimate: Hashable, Sendable, Encodable {
    /// With every constant at its favourable end.
    public let low: Double
    /// With every constant at its default.
    public let value: Double
    /// With every constant at its unfavourable end.
    public let high: Double

    /// Nothing.
    public static let zero = Estimate(0)

    /// A figure and its range.
    ///
    /// - Range: finite, `low <= value <= high`; others are a fault of the caller.
    public init(low: Double, value: Double, high: Double) {
        precondition(low <= value && value <= high && high.isFinite, "a range holds its value")
        (self.low, self.value, self.high) = (low, value, high)
    }

    /// A figure that is known.
    public init(_ value: Double) { self.init(low: value, value: value, high: value) }

    /// The sum; both ranges err to the same side, since they come from the same constants.
    public static func + (left: Estimate, right: Estimate) -> Estimate {
        Estimate(low: left.low + right.low, value: left.value + right.value, high: left.high + right.high)
    }

    /// Adds in place.
    public static func += (left: inout Estimate, right: Estimate) { left = left + right }

    /// A multiple; `factor` is not negative.
    public static func * (left: Estimate, factor: Double) -> Estimate {
        Estimate(low: left.low * factor, value: left.value * factor, high: left.high * factor)
    }

    /// The product of two figures, neither negative.
    public static func * (left: Estimate, right: Estimate) -> Estimate {
        Estimate(low: left.low * right.low, value: left.value * right.value, high: left.high * right.high)
    }

    /// The quotient by a positive figure: low divides by its high.
    public static func / (left: Estimate, right: Estimate) -> Estimate {
        Estimate(low: left.low / right.high, value: left.value / right.value, high: left.high / right.low)
    }
}

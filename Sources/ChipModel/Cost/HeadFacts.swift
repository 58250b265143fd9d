public import ClassifierHead

/// What the chip needs to know of a head.
public struct HeadFacts: Hashable, Sendable {
    /// Legal counts of classes where no head is named.
    public static let classRange: ClosedRange<Int> = 2...65_536

    /// Classes.
    public let classes: Int
    /// Bytes of one feature vector.
    public let features: Int
    /// Shifted adds of the frozen head: canonical signed digits of its weights.
    public let signedDigits: Int
    /// Whether ``signedDigits`` was counted in a head, or assumed.
    public let isCounted: Bool
    /// The head's name, or what was assumed.
    public let name: String

    /// A real head, its digits counted.
    public init(_ head: ClassifierHead) {
        (classes, features) = (head.classCount, head.featureCount)
        signedDigits = head.signedDigitCount
        isCounted = true
        name = head.name + (head.version.map { "@\($0)" } ?? "")
    }

    /// A head of `classes` classes that nobody has fitted yet: every int8 weight equally likely.
    ///
    /// - Range: `classes` in ``classRange``, `features` in `1...4,096`.
    public init(classes: Int, features: Int) {
        (self.classes, self.features) = (classes, features)
        let mean = Double(SignedDigits.termCount(of: Int8.min...Int8.max)) / 256
        signedDigits = Int((Double(classes * features) * mean).rounded())
        isCounted = false
        name = "assumed, int8 weights equally likely"
    }

    /// Weights.
    public var weights: Int { classes * features }
}

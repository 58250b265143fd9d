/// The preprocessing that an artefact, a head or a shard states, as text; and the one comparison of two.
public struct StatedPreprocessing: Sendable, Hashable {
    /// The text, as it stands there.
    public let text: String
    /// What it means, if this version knows it.
    public let preprocessing: Preprocessing?

    /// Reads a text, foreign or our own.
    public init(_ text: String) {
        self.text = text
        preprocessing = try? Preprocessing(identity: text)
    }

    /// Our own words for a preprocessing.
    public init(_ preprocessing: Preprocessing) {
        text = preprocessing.identity
        self.preprocessing = preprocessing
    }

    /// Whether both say the same: the same text, or two that mean the same.
    public func agrees(with other: StatedPreprocessing) -> Bool {
        text == other.text || (preprocessing != nil && preprocessing == other.preprocessing)
    }

    /// Preparation of tensors of side `size` as stated.
    ///
    /// - Throws: ``PreprocessingError`` for a text that this version does not know, or a side that does not fit.
    public func preparation(size: Int) throws(PreprocessingError) -> TensorPreparation {
        guard let preprocessing else { throw .unknownIdentity(text) }
        return try TensorPreparation(preprocessing, size: size)
    }
}

/// Two parts of a deployment that state different preprocessing.
public struct PreprocessingMismatch: Error, Sendable, CustomStringConvertible {
    /// What is refused, for example `head cats@v2`, and what it states.
    public let refused: (name: String, text: String)
    /// What it was compared with, for example `the backbone`, and what that states.
    public let expected: (name: String, text: String)
    /// What to do.
    public let advice: String

    /// Compares what `refused` and `expected` state.
    ///
    /// - Returns: `nil` if they agree.
    public init?(
        _ refused: String, _ found: StatedPreprocessing, _ expected: String, _ wanted: StatedPreprocessing,
        advice: String
    ) {
        guard !found.agrees(with: wanted) else { return nil }
        self.refused = (refused, found.text)
        self.expected = (expected, wanted.text)
        self.advice = advice
    }

    /// Both texts, escaped and cut where they are foreign, and what to do.
    public var description: String {
        "\(refused.name) states preprocessing '\(Self.shown(refused.text))', \(expected.name) states "
            + "'\(Self.shown(expected.text))'; \(advice)"
    }

    private static func shown(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(Preprocessing.identityBytesMax)
        let escaped = scalars.map {
            (0x20...0x7E).contains($0.value) ? String($0) : $0.escaped(asASCII: true)
        }
        return escaped.joined() + (scalars.count < text.unicodeScalars.count ? "..." : "")
    }
}

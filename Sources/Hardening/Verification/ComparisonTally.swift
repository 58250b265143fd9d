extension NetworkComparison {
    /// What one image gives.
    public struct Outcome: Sendable {
        /// Power of the float outputs, and of what the hardened ones differ by, of each layer.
        var layers: [Powers] = []
        var features = Powers()
        /// The class that each network names, the lowest of equals; `nil` without a classifier and a head.
        public internal(set) var answers: (float: Int, hardened: Int)?
        var divergence = 0.0
    }

    /// Power of a float signal, and of the hardened one's difference from it.
    struct Powers: Sendable {
        var signal = 0.0
        var noise = 0.0

        static func += (left: inout Powers, right: Powers) {
            left.signal += right.signal
            left.noise += right.noise
        }
    }

    /// What many images give; memory does not grow with them.
    ///
    /// Sums are in floating point: the same images in another order may differ in the last digits.
    public struct Tally: Sendable {
        var images = 0
        var layers: [Powers] = []
        var features = Powers()
        /// How many images have an answer of both.
        var answered = 0
        var agreed = 0
        var floatClasses: Set<Int> = []
        var hardenedClasses: Set<Int> = []
        var divergence = (values: 0.0, squares: 0.0)

        /// Whether the float network gave numbers that can be compared.
        public var isFinite: Bool {
            ([features] + layers).allSatisfy { $0.signal.isFinite && $0.noise.isFinite }
                && divergence.values.isFinite && divergence.squares.isFinite
        }

        /// Nothing yet.
        public init() {}

        /// Adds one image.
        public mutating func add(_ outcome: Outcome) {
            images += 1
            add(outcome.layers, outcome.features)
            guard let answers = outcome.answers else { return }
            answered += 1
            if answers.float == answers.hardened { agreed += 1 }
            floatClasses.insert(answers.float)
            hardenedClasses.insert(answers.hardened)
            divergence.values += outcome.divergence
            divergence.squares += outcome.divergence * outcome.divergence
        }

        /// Adds the images of another tally.
        public mutating func add(_ other: Tally) {
            images += other.images
            add(other.layers, other.features)
            answered += other.answered
            agreed += other.agreed
            floatClasses.formUnion(other.floatClasses)
            hardenedClasses.formUnion(other.hardenedClasses)
            divergence.values += other.divergence.values
            divergence.squares += other.divergence.squares
        }

        private mutating func add(_ other: [Powers], _ otherFeatures: Powers) {
            if layers.isEmpty { layers = [Powers](repeating: Powers(), count: other.count) }
            for index in other.indices { layers[index] += other[index] }
            features += otherFeatures
        }
    }
}

/// One place to draw the line between what is hardened and what can still change after deployment.
public struct FlexibilityCut: Hashable, Sendable, Encodable {
    /// What can change: counted in the network and the head.
    public struct Counted: Hashable, Sendable, Encodable {
        /// Weights and biases that can change.
        public let parameters: Int
        /// Their share of all, `0...1`.
        public let parameterShare: Double
        /// Multiply-accumulates of one image whose weights can change.
        public let macs: Int
        /// Their share of all, `0...1`.
        public let macShare: Double
        /// Classes that can get another meaning.
        public let classes: Int
        /// Their share of all: 1 with a programmable head, 0 without.
        public let classShare: Double
    }

    /// What that costs: modelled.
    public struct Modelled: Hashable, Sendable, Encodable {
        /// Images/s where the NPUs stay as designed and compute the programmable layers as well.
        public let imagesPerSecondSameNpus: Double
        /// MACs a cycle, all NPUs together, that keep the rate of the design; 0 without a programmable layer.
        public let npuMacs: Int
        /// Images/s with that many.
        public let imagesPerSecond: Double
        /// The whole chip as placed with that many, mm2.
        public let squareMillimetres: Estimate
        /// Share of it that belongs to what can change, `0...1`.
        public let areaShare: Double
        /// uJ an image with that many.
        public let microjoules: Estimate
        /// Share of it that is spent on what can change, `0...1`.
        public let energyShare: Double
    }

    /// Whether the head can change.
    public let isHeadProgrammable: Bool
    /// How many of the last convolutions can change.
    public let layers: Int
    /// The first convolution that can change; `nil` where none does.
    public let firstLayer: String?
    /// What can change.
    public let counted: Counted
    /// What it costs.
    public let modelled: Modelled

    /// What a table calls it.
    public var name: String {
        guard isHeadProgrammable else { return "frozen" }
        return layers == 0 ? "head only" : "last \(layers)"
    }
}

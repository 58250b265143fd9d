/// One design of a sweep, with what it comes to or why it was refused.
public struct SweepPoint: Sendable, Encodable {
    /// Cycles and rates.
    public struct Simulated: Sendable, Encodable {
        /// Images/s.
        public let imagesPerSecond: Double
        /// What keeps them from being more.
        public let bottleneck: ChipThroughput.Bottleneck
    }

    /// Cells.
    public struct Counted: Sendable, Encodable {
        /// Non-zero weights in silicon, those of a hardened head included.
        public let adders: Int
    }

    /// Estimates.
    public struct Modelled: Sendable, Encodable {
        /// mm2 as placed, uJ an image, W.
        public let placedMm2, microjoules, watts: Estimate
    }

    /// Number of the point, from 1.
    public let number: Int
    /// MHz.
    public let clock: Double
    /// Cycles between two images.
    public let cyclesPerImage: Int
    /// MACs of an NPU.
    public let npuMacs: Int
    /// Copies of the backbone, and NPUs.
    public let datapaths, npus: Int
    /// Most register stages of a layer.
    public let depth: Int
    /// What was done to the weights first.
    public let weights: SweepWeights
    /// Whether the head is hardened.
    public let isHeadFrozen: Bool
    /// The command that reports this point.
    public let command: String
    /// Why there is no such chip; the figures are absent then.
    public let refusal: String?
    /// Cycles and rates.
    public let simulated: Simulated?
    /// Cells.
    public let counted: Counted?
    /// Estimates.
    public let modelled: Modelled?
    /// Whether no point with the same weights is at least as fast, small and frugal, and better in one of them.
    public internal(set) var isPareto = false

    init(
        number: Int,
        design: ChipDesign,
        weights: SweepWeights,
        command: String,
        cost: Result<ChipCost, any Error>
    ) {
        (self.number, self.weights, self.command) = (number, weights, command)
        (clock, cyclesPerImage, npuMacs) = (design.clock, design.cyclesPerImage, design.npuMACs)
        (datapaths, npus, isHeadFrozen) = (design.datapaths, design.npus, design.isHeadFrozen)
        depth = design.depth.layers.max() ?? 0
        switch cost {
        case .success(let cost):
            refusal = nil
            simulated = Simulated(
                imagesPerSecond: cost.throughput.rate, bottleneck: cost.throughput.bottleneck)
            counted = Counted(adders: cost.adders + cost.head.adders)
            modelled = Modelled(placedMm2: cost.placedArea, microjoules: cost.energy, watts: cost.power)
        case .failure(let error):
            refusal = "\(error)"
            (simulated, counted, modelled) = (nil, nil, nil)
        }
    }
}

public import HardenedBackbone

/// What one chip would do, all of it modelled; no such chip was made.
public struct ModelledChip: Hashable, Sendable, Encodable {
    /// Images/s, see ``ChipThroughput``.
    public let imagesPerSecond: Double
    /// What keeps the rate from being more.
    public let bottleneck: ChipThroughput.Bottleneck
    /// uJ for one image, of the chip alone: no host, no memory beside it, no links.
    public let microjoules: Estimate
    /// The whole chip as placed, mm2.
    public let squareMillimetres: Estimate
    /// W at the modelled rate.
    public let watts: Estimate

    /// The figures of a design that was worked out.
    public init(_ cost: ChipCost) {
        imagesPerSecond = cost.throughput.rate
        bottleneck = cost.throughput.bottleneck
        microjoules = cost.energy
        squareMillimetres = cost.placedArea
        watts = cost.power
    }
}

/// The chip that a fleet's artefact would be, with its head as designed and hardened.
///
/// A fleet is measured, a chip is modelled: the two meet only in ``worth(ofMeasured:)``.
public struct ChipTwin: Hashable, Sendable {
    /// Legal rates of a fleet, images/s.
    public static let rateRange: ClosedRange<Double> = 0...1e12

    /// The design as given.
    public let chip: ModelledChip
    /// The same with the head hardened as well; `nil` where the design has it hardened already.
    public let frozen: ModelledChip?

    /// Works both out.
    ///
    /// - Parameter census: one lane of each layer, in the order of `network.layers`.
    /// - Throws: ``ClockRefusal`` or ``DesignError``, as ``ChipCost``.
    public init(
        _ network: NetworkDescription,
        census: [LayerCensus],
        design: ChipDesign,
        head: HeadFacts
    ) throws {
        chip = ModelledChip(try ChipCost(network, census: census, design: design, head: head))
        guard !design.isHeadFrozen else {
            frozen = nil
            return
        }
        var hardened = design
        hardened.isHeadFrozen = true
        frozen = ModelledChip(try ChipCost(network, census: census, design: hardened, head: head))
    }

    /// How many of the modelled chips a fleet of `rate` images/s, measured, is worth.
    ///
    /// - Range: `rate` in ``rateRange``.
    public func worth(ofMeasured rate: Double) -> Double { rate / chip.imagesPerSecond }
}

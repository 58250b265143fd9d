/// Cycles and rates of a whole chip: simulated.
public struct SimulatedTotals: Sendable, Encodable {
    /// Images/s of the design.
    public let imagesPerSecond: Double
    /// Images/s with the head hardened as well.
    public let hardenedImagesPerSecond: Double
    /// What keeps the design from more.
    public let bottleneck: ChipThroughput.Bottleneck
    /// Cycles from first pixel to last feature row, and of the NPU for an image.
    public let latencyCycles, npuCycles: Int
    /// Images under way in a datapath, and how many the full rate needs.
    public let credits, fullRateCredits: Int
    /// Share of the time in which backbone and NPUs work.
    public let backboneBusy, npuBusy: Double

    init(_ cost: ChipCost) {
        let rates = cost.throughput
        (imagesPerSecond, hardenedImagesPerSecond) = (rates.rate, rates.hardenedRate)
        bottleneck = rates.bottleneck
        (latencyCycles, npuCycles) = (rates.latency, rates.service)
        (credits, fullRateCredits) = (rates.credits, rates.fullRateCredits)
        (backboneBusy, npuBusy) = (rates.backboneBusy, rates.npuBusy)
    }
}

/// Cells of a whole chip: counted.
public struct CountedTotals: Sendable, Encodable {
    /// Non-zero weights in silicon, and the full and half adders of their trees.
    public let adders, fullAdders, halfAdders: Int
    /// Flip-flops by place.
    public let flipFlops: RegisterCount
    /// Bytes of line buffers and row registers, and of residual rows.
    public let bufferBytes, residualBytes: Int
    /// Shifted adds of a hardened head; 0 where it is programmable.
    public let headAdders: Int

    init(_ cost: ChipCost) {
        (adders, fullAdders, halfAdders) = (cost.adders, cost.fullAdders, cost.halfAdders)
        flipFlops = cost.registers
        bufferBytes = cost.layers.reduce(0) { $0 + $1.bufferBytes } * cost.design.datapaths
        residualBytes = cost.layers.reduce(0) { $0 + $1.residualBytes } * cost.design.datapaths
        headAdders = cost.head.adders
    }
}

/// Cells and clocks of a whole chip: laws of synthesised cells, ASAP7 (predictive).
public struct SynthesisedTotals: Sendable, Encodable {
    /// Adders and flip-flops, mm2 of cells.
    public let adderMm2, flipFlopMm2: Estimate
    /// The layer that closes the slowest clock.
    public let slowestLayer: String
    /// That clock, MHz.
    public let slowestClockMhz: Double
    /// Layers cut twice.
    public let layersCutTwice: Int

    init(_ cost: ChipCost) {
        (adderMm2, flipFlopMm2) = (cost.adderArea, cost.registerArea)
        slowestLayer = cost.clocks.slowest?.name ?? ""
        slowestClockMhz = (cost.clocks.slowest?.clock ?? 0).rounded()
        layersCutTwice = cost.clocks.layers.count(where: \.hasEarlyCut)
    }
}

/// What rests on at least one estimate: modelled.
public struct ModelledTotals: Sendable, Encodable {
    /// Multiplexers and buffers; all logic cells of the datapaths, mm2 of cells.
    public let selectionMm2, logicMm2: Estimate
    /// Datapaths, NPUs, their SRAM, a hardened head, and all of it, mm2 as placed.
    public let datapathPlacedMm2, npuPlacedMm2, sramPlacedMm2, hardenedHeadPlacedMm2, placedMm2: Estimate
    /// uJ an image: hardened layers, head, both.
    public let backboneMicrojoules, headMicrojoules, microjoules: Estimate
    /// W at the design's rate.
    public let watts: Estimate
    /// W a placed mm2.
    public let wattsPerMm2: Double
    /// Whether that is more than ``ChipCost/powerDensityMax``.
    public let isHot: Bool

    init(_ cost: ChipCost) {
        (selectionMm2, logicMm2) = (cost.selectionArea, cost.logicArea)
        datapathPlacedMm2 = LayerCost.placed(cost.logicArea)
        npuPlacedMm2 = LayerCost.placed(cost.head.npuArea)
        sramPlacedMm2 = cost.head.sramArea
        hardenedHeadPlacedMm2 = LayerCost.placed(cost.head.hardenedArea)
        placedMm2 = cost.placedArea
        (backboneMicrojoules, headMicrojoules) = (cost.backboneEnergy, cost.head.energy)
        (microjoules, watts, wattsPerMm2) = (cost.energy, cost.power, cost.powerDensity)
        isHot = cost.powerDensity > ChipCost.powerDensityMax
    }
}

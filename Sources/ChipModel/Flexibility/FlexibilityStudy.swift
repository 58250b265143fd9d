public import HardenedBackbone

/// Every cut between a chip of which nothing can change and one of which every layer can.
///
/// The formalism of Kao et al. (below) asks how many ways of mapping a layer a machine supports, along tiling, order,
/// parallelism and shape. A hardened layer supports one along each: class 0000 of its sixteen. What is left to ask of
/// such a chip is how much of the network is bound so, and what each step away from that costs; this study counts it.
/// Its shares are of weights, not of mappings, and must not be read as that paper's flexion.
/// - Source: S.-C. Kao, H. Kwon, M. Pellauer, A. Parashar, T. Krishna, "A Formalism of DNN Accelerator
///   Flexibility", Proc. ACM Meas. Anal. Comput. Syst. 6 (2), 2022, doi 10.1145/3530907, arXiv 2206.02987.
public struct FlexibilityStudy: Sendable {
    /// The design, with a programmable head.
    public let open: ChipCost
    /// The same with a hardened head.
    public let frozen: ChipCost
    /// The frozen chip, then the programmable head, then one more programmable layer each.
    public let cuts: [FlexibilityCut]

    /// Works out all cuts.
    ///
    /// - Parameters:
    ///   - census: one lane of each layer, in the order of `network.layers`.
    ///   - design: its `isHeadFrozen` does not matter.
    /// - Throws: ``ClockRefusal`` or ``DesignError``, as ``ChipCost``.
    public init(
        _ network: NetworkDescription,
        census: [LayerCensus],
        design: ChipDesign,
        head: HeadFacts
    ) throws {
        var design = design
        design.isHeadFrozen = false
        let open = try ChipCost(network, census: census, design: design, head: head)
        design.isHeadFrozen = true
        frozen = try ChipCost(network, census: census, design: design, head: head)
        self.open = open
        let all = ProgrammableTail(head: head, layers: open.layers)
        let rest = (0...network.layers.count).map { Self.cut(open, last: $0, of: all) }
        cuts = [Self.frozenCut(frozen)] + rest
    }

    private static func frozenCut(_ cost: ChipCost) -> FlexibilityCut {
        let rate = cost.throughput.rate
        return FlexibilityCut(
            isHeadProgrammable: false, layers: 0, firstLayer: nil,
            counted: .init(
                parameters: 0, parameterShare: 0, macs: 0, macShare: 0, classes: 0, classShare: 0),
            modelled: .init(
                imagesPerSecondSameNpus: rate, npuMacs: 0, imagesPerSecond: rate,
                squareMillimetres: cost.placedArea, areaShare: 0, microjoules: cost.energy, energyShare: 0))
    }

    private static func cut(_ open: ChipCost, last count: Int, of all: ProgrammableTail) -> FlexibilityCut {
        let design = open.design
        let hard = open.layers.dropLast(count)
        let tail = ProgrammableTail(head: open.headFacts, layers: open.layers.suffix(count))
        let rate = open.throughput.rate
        let service = Double(HeadService(weights: tail.macs, macs: design.npuMACs).cycles)
        let sameNPUs = min(rate, Double(design.npus) * design.clock * 1e6 / service)
        let macs = max(
            design.npuMACs * design.npus, tail.macsNeeded(rate: rate, clock: design.clock))

        let tailArea = tail.area(macs: macs, design: design)
        let area = tailArea + LayerCost.placed(cells(hard) * Double(design.datapaths))
        let tailEnergy = tail.energy(cyclesPerImage: design.cyclesPerImage)
        let adders = hard.reduce(0) { $0 + $1.adders } * design.datapaths
        let leakage = CellConstants.leakage.estimate * (Double(adders) * 1e-3 / rate)
        let energy = hard.reduce(tailEnergy + leakage) { $0 + $1.energy }
        return FlexibilityCut(
            isHeadProgrammable: true, layers: count, firstLayer: open.layers.suffix(count).first?.layer.name,
            counted: .init(
                parameters: tail.parameters,
                parameterShare: Double(tail.parameters) / Double(all.parameters), macs: tail.macs,
                macShare: Double(tail.macs) / Double(all.macs), classes: open.headFacts.classes,
                classShare: 1),
            modelled: .init(
                imagesPerSecondSameNpus: sameNPUs, npuMacs: macs, imagesPerSecond: rate,
                squareMillimetres: area, areaShare: tailArea.value / area.value, microjoules: energy,
                energyShare: tailEnergy.value / energy.value))
    }

    /// Cells of hardened layers, mm2; as in ``ChipCost`` the errors of layers cancel. They do not where few layers are
    /// left, but then these are a small part of the chip.
    private static func cells(_ layers: ArraySlice<LayerCost>) -> Estimate {
        let adders = layers.reduce(0) { $0 + $1.adderArea.value }
        let tolerance = AreaLaw.networkTolerance
        let area = Estimate(low: adders * (1 - tolerance), value: adders, high: adders * (1 + tolerance))
        return layers.reduce(area) { $0 + $1.registerArea + $1.selectionArea }
    }

    /// The cuts at the ends of blocks, for people: `cuts` has one for each layer.
    public var blockCuts: [FlexibilityCut] {
        cuts.filter { cut in
            guard let first = cut.firstLayer else { return true }
            // A block begins with its expansion; the first one has none.
            return cut.layers == open.layers.count || first.hasSuffix(".expand") || first == "last"
                || first == "b00.depthwise"
        }
    }
}

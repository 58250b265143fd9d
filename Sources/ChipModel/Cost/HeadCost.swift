/// What the final layer costs, programmable on NPUs or hardened.
public struct HeadCost: Sendable {
    /// MACs of all NPUs, mm2 of cells; nothing where the head is hardened.
    public let npuArea: Estimate
    /// Two weight banks for each NPU, so that a new head can be written while the old one works, mm2 as placed.
    public let sramArea: Estimate
    /// Shifted adds in silicon of a hardened head; 0 where it is programmable.
    public let adders: Int
    /// Adders and feature registers of a hardened head, mm2 of cells.
    public let hardenedArea: Estimate
    /// uJ an image.
    public let energy: Estimate

    /// Nothing between an SRAM macro and its neighbours is counted: ``sramArea`` is placed already.
    public var placedArea: Estimate { LayerCost.placed(npuArea + hardenedArea) + sramArea }

    /// NPUs that read every weight for every image.
    static func programmable(_ head: HeadFacts, macs: Int, npus: Int) -> HeadCost {
        let bits = Double(head.weights) * 16 * Double(npus)
        return HeadCost(
            npuArea: CellConstants.mac.estimate * (Double(macs) * Double(npus) * 1e-6),
            sramArea: CellConstants.sram.estimate * (bits * 1e-6), adders: 0, hardenedArea: .zero,
            energy: (CellConstants.macEnergy.estimate + CellConstants.weightRead.estimate)
                * (Double(head.weights) * 1e-9))
    }

    /// One copy for each datapath; it may take all of `T`, so that no register cuts its trees.
    static func hardened(_ head: HeadFacts, datapaths: Int) -> HeadCost {
        let area = AreaLaw.area(weights: head.signedDigits, neurons: head.classes)
        let tolerance = AreaLaw.layerTolerance
        let adders = Estimate(low: area * (1 - tolerance), value: area, high: area * (1 + tolerance))
        let registers = CellConstants.flipFlop.estimate * Double(8 * head.features + 32 * head.classes)
        return HeadCost(
            npuArea: .zero, sramArea: .zero, adders: head.signedDigits * datapaths,
            hardenedArea: (adders + registers) * (Double(datapaths) * 1e-6),
            energy: CellConstants.weightEnergy.estimate * (Double(head.signedDigits) * 1e-9))
    }
}

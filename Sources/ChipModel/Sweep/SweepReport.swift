public import HardenedBackbone

/// Many designs for one network, worked out and compared.
public struct SweepReport: Sendable, Encodable {
    /// What the chips are made from.
    public let subject: ChipReport.Subject
    /// The points, in the order of the lists: weights, heads and clocks change slowest.
    public let points: [SweepPoint]

    /// Works out all points of `axes`.
    ///
    /// - Parameters:
    ///   - base: what the axes do not say: cuts, wire, stages.
    ///   - census: one lane of each layer for each of the axes' weights.
    ///   - adjust: what is done to every design once its depth is known, such as a stage for shared pairs.
    ///   - command: the beginning of every point's command, up to the options of the point.
    /// - Throws: ``SweepSizeError`` for more than ``SweepAxes/pointsMax`` points.
    public init(
        _ network: NetworkDescription,
        axes: SweepAxes,
        base: ChipDesign,
        census: [SweepWeights: [LayerCensus]],
        head: HeadFacts,
        subject: ChipReport.Subject,
        command: String,
        adjust: (ChipDesign) -> ChipDesign = { $0 }
    ) throws(SweepSizeError) {
        if let refusal = axes.refusal { throw refusal }
        self.subject = subject
        var points: [SweepPoint] = []
        for (weights, choice) in Self.designs(axes, base, network) {
            let design = adjust(choice.design)
            let cost = Result<ChipCost, any Error> {
                try ChipCost(network, census: census[weights] ?? [], design: design, head: head)
            }
            points.append(
                SweepPoint(
                    number: points.count + 1, design: design, weights: weights,
                    command: ([command] + choice.options + weights.options).joined(separator: " "),
                    cost: cost))
        }
        for (index, mark) in ParetoFront.marks(points).enumerated() { points[index].isPareto = mark }
        self.points = points
    }

    private static func designs(
        _ axes: SweepAxes, _ base: ChipDesign, _ network: NetworkDescription
    ) -> [(SweepWeights, (design: ChipDesign, options: [String]))] {
        var designs: [(SweepWeights, (design: ChipDesign, options: [String]))] = []
        for weights in axes.weights {
            for isFrozen in axes.frozen {
                for clock in axes.clocks {
                    for cycles in axes.cycles {
                        for depth in axes.depths {
                            for datapaths in axes.datapaths {
                                var design = base
                                (design.clock, design.cyclesPerImage) = (clock, cycles)
                                (design.datapaths, design.isHeadFrozen) = (datapaths, isFrozen)
                                if let depth { design.depth = .uniform(depth, of: network) }
                                designs += heads(axes, design, depth).map { (weights, $0) }
                            }
                        }
                    }
                }
            }
        }
        return designs
    }

    /// The design with each NPU of the axes, or once with none.
    private static func heads(
        _ axes: SweepAxes, _ design: ChipDesign, _ depth: Int?
    ) -> [(design: ChipDesign, options: [String])] {
        let clock = Int(exactly: design.clock).map(String.init) ?? "\(design.clock)"
        let options =
            ["--clock", clock, "--cycles", "\(design.cyclesPerImage)", "--datapaths", "\(design.datapaths)"]
            + (depth.map { ["--depth", "\($0)"] } ?? [])
        guard !design.isHeadFrozen else { return [(design, options + ["--freeze-head"])] }
        return axes.npuMACs.flatMap { macs in
            axes.npus.map { npus in
                var own = design
                (own.npuMACs, own.npus) = (macs, npus)
                return (own, options + ["--npu-macs", "\(macs)", "--npus", "\(npus)"])
            }
        }
    }
}

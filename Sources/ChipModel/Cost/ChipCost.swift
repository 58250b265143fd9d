public import HardenedBackbone

/// A whole design: what it is made of, how fast it is and what that costs.
public struct ChipCost: Sendable {
    /// What was chosen.
    public let design: ChipDesign
    /// The network.
    public let network: NetworkDescription
    /// The head.
    public let headFacts: HeadFacts
    /// One datapath, layer by layer.
    public let layers: [LayerCost]
    /// The final layer.
    public let head: HeadCost
    /// Rates and the bottleneck.
    public let throughput: ChipThroughput
    /// What every layer closes.
    public let clocks: ClockCheck

    /// Works out a design.
    ///
    /// - Parameters:
    ///   - census: one lane of each layer, in the order of `network.layers`.
    ///   - credits: images under way in each datapath; `nil` for as many as the full rate needs.
    ///   - inputBandwidth: bytes/s of pixels; `nil` for no limit.
    /// - Throws: ``ClockRefusal`` where a layer does not close the clock; ``DesignError`` for cycles that the network
    ///   can not be built for.
    public init(
        _ network: NetworkDescription,
        census: [LayerCensus],
        design: ChipDesign,
        head: HeadFacts,
        credits: Int? = nil,
        inputBandwidth: Double? = nil
    ) throws {
        precondition(census.count == network.layers.count, "one census a layer")
        guard let plan = LanePlan(network: network, cyclesPerImage: design.cyclesPerImage) else {
            throw DesignError.cycles(design.cyclesPerImage, LanePlan.cyclesRange(of: network))
        }
        clocks = ClockCheck(network, design)
        if let refusal = clocks.refusal { throw refusal }
        let schedule = RowSchedule(plan: plan, depth: design.depth)
        (self.design, self.network, headFacts) = (design, network, head)
        layers = network.layers.indices.map { [clocks] index in
            LayerCost(
                network.layers[index], census[index], lanes: plan.layers[index],
                clock: clocks.layers[index], times: schedule.layers[index],
                cyclesPerImage: design.cyclesPerImage)
        }
        self.head =
            design.isHeadFrozen
            ? .hardened(head, datapaths: design.datapaths)
            : .programmable(head, macs: design.npuMACs, npus: design.npus)
        throughput = ChipThroughput(
            design, schedule: schedule, head: head, credits: credits, inputBandwidth: inputBandwidth)
    }

    private func sum(_ part: (LayerCost) -> Estimate) -> Estimate {
        layers.reduce(.zero) { $0 + part($1) } * Double(design.datapaths)
    }

    private func count(_ part: (LayerCost) -> Int) -> Int {
        layers.reduce(0) { $0 + part($1) } * design.datapaths
    }

    /// Non-zero weights in silicon, all datapaths; the head is not among them.
    public var adders: Int { count(\.adders) }
    /// Full adders of all datapaths.
    public var fullAdders: Int { count { $0.census.fullAdders * $0.lanes.lanes } }
    /// Half adders of all datapaths.
    public var halfAdders: Int { count { $0.census.halfAdders * $0.lanes.lanes } }
    /// Flip-flops of all datapaths.
    public var registers: RegisterCount {
        let one = layers.reduce(RegisterCount(cut: 0, output: 0, input: 0, buffers: 0)) { $0 + $1.registers }
        let copies = design.datapaths
        return RegisterCount(
            cut: one.cut * copies, output: one.output * copies, input: one.input * copies,
            buffers: one.buffers * copies)
    }
    /// Adders, mm2 of cells; errors of layers cancel, so the range is the law's for a network.
    public var adderArea: Estimate { Self.network(sum(\.adderArea).value) }
    /// Flip-flops, mm2 of cells.
    public var registerArea: Estimate { sum(\.registerArea) }
    /// Multiplexers and buffers, mm2 of cells.
    public var selectionArea: Estimate { sum(\.selectionArea) }
    /// All logic cells of the datapaths, mm2.
    public var logicArea: Estimate { adderArea + registerArea + selectionArea }
    /// The whole chip as placed, mm2.
    public var placedArea: Estimate { LayerCost.placed(logicArea) + head.placedArea }
    /// The same chip's placed area with other counts of non-zero weights, by layer: adders by the law, everything
    /// else as it is.
    public func placedArea(nonZeroWeights: [Int]) -> Estimate {
        precondition(nonZeroWeights.count == layers.count, "one count a layer")
        let area = zip(layers, nonZeroWeights).reduce(0) { sum, pair in
            let lane = AreaLaw.area(weights: pair.1, neurons: pair.0.census.neurons)
            return sum + lane * Double(pair.0.lanes.lanes)
        }
        let logic = Self.network(area * Double(design.datapaths) * 1e-6) + registerArea + selectionArea
        return LayerCost.placed(logic) + head.placedArea
    }

    /// An area of all layers with the law's range for a network.
    private static func network(_ area: Double) -> Estimate {
        let tolerance = AreaLaw.networkTolerance
        return Estimate(low: area * (1 - tolerance), value: area, high: area * (1 + tolerance))
    }

    /// Leakage of all adders over the time of one image at ``ChipThroughput/rate``, uJ.
    public var leakageEnergy: Estimate {
        CellConstants.leakage.estimate * (Double(adders + head.adders) * 1e-3 / throughput.rate)
    }
    /// The hardened layers, uJ an image.
    public var backboneEnergy: Estimate { sum(\.energy) * (1 / Double(design.datapaths)) + leakageEnergy }
    /// Everything, uJ an image.
    public var energy: Estimate { backboneEnergy + head.energy }
    /// W at ``ChipThroughput/rate``.
    public var power: Estimate { energy * (throughput.rate * 1e-6) }
    /// W a placed mm2, from the defaults only: low area and high power do not come together.
    public var powerDensity: Double { power.value / placedArea.value }
    /// W a mm2 above which cooling decides, see ``powerDensity``.
    public static let powerDensityMax = 1.0
}

/// A design that the network can not be built for.
public enum DesignError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Cycles per image out of range.
    case cycles(Int, ClosedRange<Int>)

    /// What is wrong and what is possible.
    public var description: String {
        switch self {
        case .cycles(let cycles, let range):
            "\(cycles) cycles an image: this network takes \(range.lowerBound) to \(range.upperBound)"
        }
    }
}

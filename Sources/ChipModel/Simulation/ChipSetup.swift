public import HardenedBackbone

/// What is simulated: datapaths of one plan, the NPUs that they share, credits and the way in.
public struct ChipSetup: Hashable, Sendable {
    /// Legal credits of one datapath: images that it may have under way.
    public static let creditRange: ClosedRange<Int> = 1...1_024
    /// Legal bandwidths of the input, in bytes a second.
    public static let bandwidthRange: ClosedRange<Double> = 1_000_000...1_000_000_000_000_000
    /// Legal lengths of the queue in front of the chip, in images.
    public static let queueRange: ClosedRange<Int> = 1...10_000_000

    /// Lanes and cycles between images of one datapath.
    public let plan: LanePlan
    /// Register stages.
    public let depth: DepthPlan
    /// Clock in MHz.
    public let clock: Double
    /// Service of one NPU; no cycles where the head is hardened.
    public let head: HeadService
    /// Copies of the backbone.
    public let datapaths: Int
    /// NPUs; one that is never used where the head is hardened.
    public let npus: Int
    /// Images that one datapath may have under way, from entry to logits; in ``creditRange``.
    public var credits: Int
    /// Bytes a second into the chip, shared by all datapaths, in ``bandwidthRange``; `nil` without a limit.
    public var bandwidth: Double?
    /// Most images that wait in front of the chip, in ``queueRange``; later ones are dropped. `nil`: no limit.
    public var queueLimit: Int?
    /// Cycles from an image's entry to its features, alone on the chip: `L`.
    public let latency: Int

    /// The setup of a design with a head of `classes` classes, with as many credits as full rate needs.
    ///
    /// - Returns: `nil` where the network can not be built for the design's cycles per image, see
    ///   ``LanePlan/cyclesRange(of:)``.
    public init?(_ design: ChipDesign, network: NetworkDescription, classes: Int) {
        guard let plan = LanePlan(network: network, cyclesPerImage: design.cyclesPerImage) else { return nil }
        self.plan = plan
        depth = design.depth
        clock = design.clock
        head =
            design.isHeadFrozen
            ? .hardened : HeadService(weights: network.featureCount * classes, macs: design.npuMACs)
        datapaths = design.datapaths
        npus = design.npus
        latency = RowSchedule(plan: plan, depth: design.depth, images: 1).latency
        credits = 1
        credits = min(fullRateCredits, Self.creditRange.upperBound)
    }

    /// Cycles between two images of one datapath at full rate: the backbone's, or its share of the NPUs'.
    ///
    /// - Rounding: down to the cycle, so that what is built for it keeps up.
    public var interval: Int { max(plan.cyclesPerImage, head.cycles * datapaths / npus) }

    /// Credits with which no datapath waits for one: an image may be under way for the backbone's latency, its
    /// service, and the services of the other datapaths before it.
    public var fullRateCredits: Int {
        let ahead = ((datapaths - 1) / npus) * head.cycles
        return (latency + head.cycles + ahead - 1) / interval + 1
    }

    /// Most images a second by the closed formula: the least of backbone, NPUs, credits and bandwidth.
    ///
    /// Exact for one datapath; with more, waiting for a shared NPU can make credits the tighter limit.
    /// - Kind: modelled.
    public var modelledRate: Double {
        let cycles = clock * 1e6
        var rate = Double(datapaths) * cycles / Double(plan.cyclesPerImage)
        if head.cycles > 0 { rate = min(rate, Double(npus) * cycles / Double(head.cycles)) }
        rate = min(rate, Double(datapaths * credits) * cycles / Double(latency + head.cycles))
        if let bandwidth { rate = min(rate, bandwidth / Double(plan.network.imageBytes)) }
        return rate
    }

    /// Cycles that one image takes on the input link; 0 without a limit.
    var linkCycles: Double {
        bandwidth.map { Double(plan.network.imageBytes) * clock * 1e6 / $0 } ?? 0
    }
}

import HardenedBackbone

/// Images a second of a design, and what keeps them from being more.
public struct ChipThroughput: Hashable, Sendable {
    /// What can be the limit.
    public enum Bottleneck: String, Sendable, CaseIterable, Encodable {
        /// The hardened layers: `T` cycles an image.
        case backbone
        /// The shared NPUs: `S` cycles an image each.
        case npu
        /// Too few images under way to cover latency and service.
        case credits
        /// Bytes of images that can be brought in.
        case inputBandwidth = "input_bandwidth"

        /// What a sentence calls it.
        public var phrase: String {
            switch self {
            case .backbone: "the hardened backbone"
            case .npu: "the NPU"
            case .credits: "the credits"
            case .inputBandwidth: "the input bandwidth"
            }
        }
    }

    /// The paper's rates, images/s: programmable head and fully hardened.
    public static let published = (programmable: 1.21e6, hardened: 4.0e6)

    /// Cycles from the first pixel to the last feature row.
    public let latency: Int
    /// Cycles of one NPU for one image; 0 for a hardened head.
    public let service: Int
    /// Images under way in each datapath.
    public let credits: Int
    /// The fewest credits at which no datapath waits for them.
    public let fullRateCredits: Int
    /// Images/s of the design.
    public let rate: Double
    /// Images/s of the same datapaths with the head hardened as well, and credits enough for that.
    public let hardenedRate: Double
    /// The limit of ``rate``; of equal limits the first of ``Bottleneck``.
    public let bottleneck: Bottleneck
    /// Share of the time in which the backbone's tallest layers, and the NPUs, work.
    public let backboneBusy, npuBusy: Double

    /// - Parameters:
    ///   - credits: images under way in each datapath; by default as many as the full rate needs.
    ///   - inputBandwidth: bytes/s of pixels that come in; no limit by default.
    package init(
        _ design: ChipDesign,
        schedule: RowSchedule,
        head: HeadFacts,
        credits: Int? = nil,
        inputBandwidth: Double? = nil
    ) {
        let (interval, clock) = (design.cyclesPerImage, design.clock * 1e6)
        let server =
            design.isHeadFrozen
            ? HeadService.hardened : HeadService(weights: head.weights, macs: design.npuMACs)
        latency = schedule.latency
        service = server.cycles
        // Several NPUs serve a datapath the sooner, several datapaths the later.
        let served = server.cycles * design.datapaths / design.npus
        fullRateCredits = (latency + service - 1) / max(interval, served) + 1
        self.credits = credits ?? fullRateCredits
        let datapaths = Double(design.datapaths)
        let imageBytes = Double(schedule.plan.network.imageBytes)
        let backbone = datapaths * clock / Double(interval)
        // Images that wait for a shared NPU hold their credits meanwhile, which is what then limits, not they.
        let underWay = datapaths * clock / Double((latency + service - 1) / self.credits + 1)
        let npu = service == 0 ? nil : Double(design.npus) * clock / Double(service)
        let input = inputBandwidth.map { $0 / imageBytes }
        let limits: [(Bottleneck, Double?)] = [
            (.backbone, backbone), (.npu, npu), (.credits, underWay), (.inputBandwidth, input),
        ]
        let known = limits.compactMap { limit in limit.1.map { (limit.0, $0) } }
        let least = known.min { $0.1 < $1.1 } ?? (.backbone, backbone)
        (bottleneck, rate) = least
        hardenedRate = min(backbone, input ?? .infinity)
        backboneBusy = rate / backbone
        npuBusy = npu.map { least.1 / $0 } ?? 0
    }
}

/// What came out of a simulation; all times in cycles, kind: simulated.
public struct ChipRun: Sendable {
    /// One image's way through the chip.
    public struct Image: Hashable, Sendable {
        /// When it came; its entry where an image always waits.
        public internal(set) var arrival: Int
        /// When its first pixel entered a datapath.
        public internal(set) var entry: Int?
        /// When its logits were there; `nil` for a dropped image.
        public internal(set) var logits: Int?
    }

    /// The images in the order of their arrival.
    public internal(set) var images: [Image] = []
    /// When logits came, in order.
    public internal(set) var departures: [Int] = []
    /// What each datapath's entry did.
    public internal(set) var datapaths: [DatapathCycles]
    /// What each NPU did; empty where the head is hardened.
    public internal(set) var npus: [NPUCycles]
    /// Cycles in which so many feature vectors waited for an NPU, by their number, all datapaths together.
    public internal(set) var waitingFeatures: [Int] = [0]
    /// Most images that waited in front of the chip.
    public internal(set) var queuePeak = 0
    /// Images that waited in front of the chip when the last one came.
    public internal(set) var queueAtLastArrival = 0
    /// Images that found the queue full.
    public internal(set) var dropped = 0
    /// All cycles, from 0 to the last logits.
    public internal(set) var cycles = 0
    /// Most input rows held by one datapath, by layer; `nil` where rows were not simulated one by one.
    public internal(set) var inputRows: [Int]?
    /// Most residual rows held by one datapath, by layer; `nil` like ``inputRows``.
    public internal(set) var residualRows: [Int]?
    /// Images of one round of all credits, after which a saturated chip repeats itself.
    let round: Int

    init(datapaths: Int, npus: Int, round: Int) {
        self.datapaths = Array(repeating: DatapathCycles(), count: datapaths)
        self.npus = Array(repeating: NPUCycles(), count: npus)
        self.round = round
    }

    /// Images and cycles between two departures of the second half of the run: whole rounds of credits where the
    /// run is long enough, so that a saturated chip's rate is exact; `nil` for fewer than two departures.
    public var sustained: (images: Int, cycles: Int)? {
        let last = departures.count - 1
        guard last >= 1 else { return nil }
        let half = max(1, last / 2)
        let images = half >= round ? half / round * round : half
        let cycles = departures[last] - departures[last - images]
        return cycles > 0 ? (images, cycles) : nil
    }

    /// Cycles from arrival to logits of the images that were not dropped, rising.
    public func latencies() -> [Int] {
        images.compactMap { image in image.logits.map { $0 - image.arrival } }.sorted()
    }

    /// Share of all cycles in which the datapaths took images in, 0 to 1.
    public var backboneOccupancy: Double { share(datapaths.map(\.working)) }

    /// Share of all cycles in which the NPUs served, 0 to 1.
    public var npuOccupancy: Double { share(npus.map(\.working)) }

    /// What each layer did, all datapaths together: `datapaths` times ``cycles`` cycles.
    ///
    /// Every image passes a transparent pipeline as if alone, so the times of one give those of all; not for
    /// shared copies.
    public func stageCycles(_ setup: ChipSetup) -> [StageCycles] {
        let alone = RowSchedule(plan: setup.plan, depth: setup.depth, images: 1)
        return setup.plan.layers.enumerated().map { index, lanes in
            var stage = StageCycles()
            stage.working = departures.count * lanes.busyCycles
            stage.waitingForRow = departures.count * (alone.span(of: index) - lanes.busyCycles)
            stage.waitingForImage = cycles * datapaths.count - stage.working - stage.waitingForRow
            return stage
        }
    }

    private func share(_ working: [Int]) -> Double {
        working.isEmpty || cycles == 0
            ? 0 : Double(working.reduce(0, +)) / (Double(cycles) * Double(working.count))
    }
}

/// A sample of a sorted list by nearest rank: the least value that at least `share` of all do not exceed.
///
/// - Range: `sorted` not empty; `share` above 0 and at most 1.
public func nearestRank(_ share: Double, of sorted: [Int]) -> Int {
    let rank = (Double(sorted.count) * share).rounded(.up)
    return sorted[min(sorted.count, max(1, Int(rank))) - 1]
}

import ChipModel
import HardenedBackbone
import QuantizedTensors

/// A simulation as a record: what was given, what was simulated, and the closed formula beside it.
struct ChipSimulationReport: Encodable {
    /// The chip that was simulated.
    struct Design: Encodable {
        let widthPercent, inputSize: Int
        let clockMhz: Double
        let cyclesPerImage, datapaths, npus, npuCycles, credits: Int
        let isHeadFrozen: Bool
        let bandwidthBytesPerSecond: Double?
        let queueLimit: Int?
        let weightInstances: Int
    }

    /// When images came.
    struct Arrivals: Encodable {
        let kind: String
        let rate: Double?
        let seed: UInt64?
    }

    /// Cycles from arrival to logits, nearest ranks.
    struct Latency: Encodable {
        let least, median, p90, p99, p999, most: Int
        let mean: Double
    }

    /// One layer's cycles, all datapaths together.
    struct Layer: Encodable {
        let name: String
        let working, waitingForRow, waitingForImage: Int
    }

    /// One datapath's entry.
    struct Datapath: Encodable {
        let working, waitingForInput, waitingForLink, waitingForCredit, waitingForNpu: Int
    }

    /// One NPU.
    struct NPU: Encodable {
        let working, waitingForFeatures, waitingForInput: Int
    }

    /// Cycles, and what follows from them and the clock.
    struct Simulated: Encodable {
        let images, dropped, cycles: Int
        let imagesPerSecond, cyclesPerImage: Double?
        let backboneOccupancy, npuOccupancy: Double
        let latencyCycles: Latency?
        let waitingFeaturesCycles: [Int]
        let queuePeak, queueAtLastArrival: Int
        let datapaths: [Datapath]
        let npus: [NPU]
        let layers: [Layer]
    }

    /// The closed formulas.
    struct Modelled: Encodable {
        let imagesPerSecond: Double
        let backboneLatencyCycles, fullRateCredits: Int
        /// Whether more images come than the formula lets pass.
        let isOverloaded: Bool
    }

    let design: Design
    let arrivals: Arrivals
    let simulated: Simulated
    let modelled: Modelled
    let sharing: SharingReport
    private let network: NetworkDescription

    init(
        _ setup: ChipSetup, _ process: ArrivalProcess, _ run: ChipRun, name: String, sharing: SharingReport
    ) {
        network = setup.plan.network
        design = Design(
            widthPercent: network.widthPercent, inputSize: network.inputSize, clockMhz: setup.clock,
            cyclesPerImage: setup.plan.cyclesPerImage, datapaths: setup.datapaths, npus: run.npus.count,
            npuCycles: setup.head.cycles, credits: setup.credits, isHeadFrozen: setup.head.cycles == 0,
            bandwidthBytesPerSecond: setup.bandwidth, queueLimit: setup.queueLimit,
            weightInstances: setup.plan.weightInstances * setup.datapaths)
        var seed: UInt64?
        if case .poisson(_, let given) = process { seed = given }
        var kind = name
        if case .recorded = process { kind = "recorded" }
        arrivals = Arrivals(kind: kind, rate: process.rate, seed: seed)
        simulated = Self.simulated(setup, run)
        modelled = Modelled(
            imagesPerSecond: setup.modelledRate, backboneLatencyCycles: setup.latency,
            fullRateCredits: setup.fullRateCredits,
            isOverloaded: process.rate.map { $0 > setup.modelledRate } ?? false)
        self.sharing = sharing
    }

    private static func simulated(_ setup: ChipSetup, _ run: ChipRun) -> Simulated {
        let perImage = run.sustained.map { Double($0.cycles) / Double($0.images) }
        let sorted = run.latencies()
        let latency = sorted.isEmpty ? nil : Self.latency(sorted)
        return Simulated(
            images: run.departures.count, dropped: run.dropped, cycles: run.cycles,
            imagesPerSecond: perImage.map { setup.clock * 1e6 / $0 }, cyclesPerImage: perImage,
            backboneOccupancy: run.backboneOccupancy, npuOccupancy: run.npuOccupancy,
            latencyCycles: latency, waitingFeaturesCycles: run.waitingFeatures, queuePeak: run.queuePeak,
            queueAtLastArrival: run.queueAtLastArrival,
            datapaths: run.datapaths.map {
                Datapath(
                    working: $0.working, waitingForInput: $0.waitingForInput,
                    waitingForLink: $0.waitingForLink, waitingForCredit: $0.waitingForCredit,
                    waitingForNpu: $0.waitingForNPU)
            },
            npus: run.npus.map {
                NPU(
                    working: $0.working, waitingForFeatures: $0.waitingForFeatures,
                    waitingForInput: $0.waitingForInput)
            },
            layers: zip(setup.plan.network.layers, run.stageCycles(setup)).map {
                Layer(
                    name: $0.name, working: $1.working, waitingForRow: $1.waitingForRow,
                    waitingForImage: $1.waitingForImage)
            })
    }

    private static func latency(_ sorted: [Int]) -> Latency {
        Latency(
            least: nearestRank(1e-9, of: sorted), median: nearestRank(0.5, of: sorted),
            p90: nearestRank(0.9, of: sorted), p99: nearestRank(0.99, of: sorted),
            p999: nearestRank(0.999, of: sorted), most: nearestRank(1, of: sorted),
            mean: sorted.reduce(0.0) { $0 + Double($1) } / Double(sorted.count))
    }

    /// The layers' output rows and weights, for the table.
    var layerFacts: [(rows: Int, weights: Int)] {
        network.layers.map { ($0.output.height, $0.weightCount) }
    }

    private enum CodingKeys: CodingKey { case design, arrivals, simulated, modelled, sharing }
}

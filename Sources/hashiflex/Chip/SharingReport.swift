import ChipModel
import HardenedBackbone

/// Which layers datapaths can share, what that saves, and both chips simulated.
struct SharingReport: Encodable {
    /// Layers of one name whose copies are fewer than the datapaths.
    struct Layer: Encodable {
        let name: String
        let busyCycles, datapathsPerCopy, copies, savedWeights, multiplexerBits: Int
    }

    /// Counts of the proposal; areas from the caller's areas of a weight and a multiplexer.
    struct Modelled: Encodable {
        let intervalCycles, weights, savedWeights, multiplexerBits: Int
        let savedUm2: Double?
        let layers: [Layer]
    }

    /// One chip, row by row.
    struct Side: Encodable {
        let cyclesPerImage, latencyCycles: Double
        let worstLatencyCycles, credits, bufferBytesPerDatapath: Int
    }

    /// Both chips, saturated.
    struct Simulated: Encodable {
        let apart, shared: Side
        let keepsRate: Bool
    }

    /// The slowest datapaths that keep the rate, where NPUs are the limit: fewer lanes, without sharing.
    struct Slower: Encodable {
        let cyclesPerImage, weights, backboneLatencyCycles: Int
    }

    let modelled: Modelled
    /// `nil` where nothing is shared.
    let simulated: Simulated?
    /// `nil` where the backbone is the limit.
    let slower: Slower?

    /// Images of a trial, at most about: rows are simulated one by one.
    private static let trialImages = 400

    init(_ setup: ChipSetup, weights: [Int], areas: LaneSharing.Areas?) {
        let sharing = LaneSharing(
            setup.plan, datapaths: setup.datapaths, interval: setup.interval, weights: weights, areas: areas)
        modelled = Modelled(
            intervalCycles: setup.interval, weights: sharing.instances, savedWeights: sharing.savedWeights,
            multiplexerBits: sharing.multiplexers, savedUm2: areas.map(sharing.savedArea),
            layers: zip(setup.plan.network.layers, sharing.layers).filter { $1.copies < setup.datapaths }
                .map {
                    Layer(
                        name: $0.name, busyCycles: $1.busyCycles, datapathsPerCopy: $1.sharers,
                        copies: $1.copies, savedWeights: $1.savedWeights, multiplexerBits: $1.multiplexers)
                })
        simulated = sharing.savedWeights == 0 ? nil : Self.trial(setup, sharing)
        slower = Self.slower(setup, weights)
    }

    private static func trial(_ given: ChipSetup, _ sharing: LaneSharing) -> Simulated? {
        // The layers' rate, at the credits of full rate and without the input's limit: the hardest case.
        var setup = given
        setup.credits = min(setup.fullRateCredits, ChipSetup.creditRange.upperBound)
        setup.bandwidth = nil
        let rounds = min(16, max(4, trialImages / (setup.datapaths * setup.credits)))
        return SharingTrial(setup, sharing, rounds: rounds).map {
            Simulated(apart: Side($0.apart), shared: Side($0.shared), keepsRate: $0.keepsRate)
        }
    }

    private static func slower(_ setup: ChipSetup, _ weights: [Int]) -> Slower? {
        guard setup.interval > setup.plan.cyclesPerImage,
            let plan = LanePlan(network: setup.plan.network, cyclesPerImage: setup.interval)
        else { return nil }
        let built = zip(weights, plan.layers).reduce(0) { $0 + $1.0 * $1.1.lanes } * setup.datapaths
        let latency = RowSchedule(plan: plan, depth: setup.depth, images: 1).latency
        return Slower(cyclesPerImage: setup.interval, weights: built, backboneLatencyCycles: latency)
    }
}

extension SharingReport.Side {
    init(_ side: SharingTrial.Side) {
        cyclesPerImage = Double(side.cycles) / Double(side.images)
        latencyCycles = side.latency
        (worstLatencyCycles, credits) = (side.worstLatency, side.credits)
        bufferBytesPerDatapath = side.bufferBytes
    }
}

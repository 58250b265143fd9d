import HardenedBackbone
import QuantizedTensors

/// A proposal to share layers, simulated row by row beside the chip without sharing, both saturated.
///
/// - Kind: simulated.
public struct SharingTrial: Hashable, Sendable {
    /// One of the two chips.
    public struct Side: Hashable, Sendable {
        /// Images between two departures of the second half of the run.
        public let images: Int
        /// Cycles between those departures: with the images, the rate.
        public let cycles: Int
        /// Credits of one datapath.
        public let credits: Int
        /// Mean cycles from entry to logits.
        public let latency: Double
        /// Longest way from entry to logits, in cycles.
        public let worstLatency: Int
        /// Bytes of rows that one datapath holds at most: line buffers, row registers and residual FIFOs.
        public let bufferBytes: Int
    }

    /// The chip without sharing.
    public let apart: Side
    /// The chip with sharing, with as many credits more as its latency needs.
    public let shared: Side

    /// Whether sharing costs no rate: as many cycles for as many images.
    public var keepsRate: Bool {
        // Both counts are below 2^31, so the products fit.
        shared.cycles * apart.images <= apart.cycles * shared.images
    }

    /// Credits beyond those of the chip without sharing that are tried.
    public static let creditsTried = 8

    /// Runs both chips for `rounds` times all their credits, at least; `nil` where a run gives no rate.
    ///
    /// - Range: `rounds` in `4 ... 1,000`.
    /// - Complexity: rows of all layers times images, for up to ``creditsTried`` credits more.
    public init?(_ setup: ChipSetup, _ sharing: LaneSharing, rounds: Int = 16) {
        precondition((4...1_000).contains(rounds), "4 to 1,000 rounds")
        let own = setup.plan.layers.map { _ in 1 }
        guard let apart = Self.side(setup, own, rounds) else { return nil }
        self.apart = apart
        var best: Side?
        for extra in 0...Self.creditsTried {
            var changed = setup
            changed.credits = min(setup.credits + extra, ChipSetup.creditRange.upperBound)
            guard let side = Self.side(changed, sharing.layers.map(\.sharers), rounds) else { return nil }
            if let known = best, side.cycles * known.images >= known.cycles * side.images { continue }
            best = side
            if side.cycles * apart.images <= apart.cycles * side.images { break }
        }
        guard let best else { return nil }
        shared = best
    }

    private static func side(_ setup: ChipSetup, _ sharers: [Int], _ rounds: Int) -> Side? {
        let images = setup.datapaths * setup.credits * rounds
        let run = ChipSimulation(setup, sharers: sharers).run(.saturated, images: images)
        let latencies = run.latencies()
        guard let rate = run.sustained, let worst = latencies.last, let inputs = run.inputRows,
            let residuals = run.residualRows
        else { return nil }
        var bytes = 0
        for (index, layer) in setup.plan.network.layers.enumerated() {
            bytes += inputs[index] * layer.input.width * layer.input.channels
            bytes += residuals[index] * layer.output.width * layer.output.channels
        }
        return Side(
            images: rate.images, cycles: rate.cycles, credits: setup.credits,
            latency: latencies.reduce(0.0) { $0 + Double($1) } / Double(latencies.count),
            worstLatency: worst, bufferBytes: bytes)
    }
}

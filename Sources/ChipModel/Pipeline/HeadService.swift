/// The shared final-layer NPU as a server, and the credits that admit images to the backbone.
public struct HeadService: Hashable, Sendable {
    /// Multiply-accumulates of one NPU in one cycle.
    public static let macsRange: ClosedRange<Int> = 1...1_048_576

    /// Cycles of the backbone's clock for one image, `S`; 0 where the head is hardened too.
    public let cycles: Int

    /// The head of `weights` weights on `macs` MACs: `S = ceil(weights / macs)` at the backbone's clock.
    ///
    /// - Range: `weights` in `1 ... 2^40`, `macs` in ``macsRange``.
    public init(weights: Int, macs: Int) { cycles = (weights - 1) / macs + 1 }

    /// A hardened head keeps up with its backbone.
    public static let hardened = HeadService(cycles: 0)

    private init(cycles: Int) { self.cycles = cycles }

    /// Cycles per image of one datapath with `credits` images under way, on average and exact: the greatest of
    /// `T`, `S` and `(L + S) / C`.
    ///
    /// Entry, backbone, NPU and credits form a max-plus system with these three circuits; circuits that join
    /// them have a mean between theirs. The simulation gives the same fraction (`SimulationCreditTests`).
    /// - Units: `cycles` for every `images` images.
    public func averageCycles(interval: Int, latency: Int, credits: Int) -> (cycles: Int, images: Int) {
        let bottleneck = max(interval, cycles)
        let round = latency + cycles
        return bottleneck * credits >= round ? (bottleneck, 1) : (round, credits)
    }

    /// ``averageCycles(interval:latency:credits:)`` in whole cycles.
    ///
    /// - Rounding: up, so less than one cycle too many where the credits do not divide `L + S`.
    public func cyclesPerImage(interval: Int, latency: Int, credits: Int) -> Int {
        let average = averageCycles(interval: interval, latency: latency, credits: credits)
        return (average.cycles - 1) / average.images + 1
    }

    /// The fewest credits at which neither the backbone nor the NPU waits for them.
    public func fullRateCredits(interval: Int, latency: Int) -> Int {
        let bottleneck = max(interval, cycles)
        return (latency + cycles - 1) / bottleneck + 1
    }
}

/// The chip at work: arrivals, credits, datapaths, feature FIFOs and the NPUs that they share.
///
/// Images wait in one queue and go to the datapaths in turn. One enters where a credit is free, `T` cycles after
/// the one before and when the input's bandwidth allows; its features wait in the datapath's FIFO; a free NPU
/// takes from the FIFOs in turn; the logits give the credit back.
///
/// A row pipeline is transparent (``RowSchedule/isTransparent``): an image passes in `L` cycles whatever entered
/// before it. So the chip is simulated image by image, exact to the cycle. Where datapaths share copies of layers
/// it is simulated row by row.
/// - Kind: simulated.
public struct ChipSimulation: Sendable {
    /// Images that a run may have.
    public static let imageRange: ClosedRange<Int> = 1...10_000_000

    /// What is simulated.
    public let setup: ChipSetup
    /// How many datapaths use one copy, by layer; `nil` without sharing.
    private let sharers: [Int]?

    /// A chip whose datapaths have all layers of their own.
    public init(_ setup: ChipSetup) {
        let schedule = RowSchedule(plan: setup.plan, depth: setup.depth, images: 1)
        self.setup = setup
        sharers = schedule.isTransparent ? nil : setup.plan.layers.map { _ in 1 }
    }

    /// A chip simulated row by row, of which `sharers[l]` neighbouring datapaths use one copy of layer `l`.
    public init(_ setup: ChipSetup, sharers: [Int]) {
        precondition(
            sharers.count == setup.plan.layers.count && sharers.allSatisfy { $0 >= 1 }, "sharers by layer")
        self.setup = setup
        self.sharers = sharers
    }

    /// Runs `images` images, or as many as the arrivals have, until the last logits.
    ///
    /// - Range: `images` in ``imageRange``.
    /// - Complexity: images times units; rows as well where they are simulated one by one.
    public func run(_ arrivals: ArrivalProcess, images: Int) -> ChipRun {
        precondition(Self.imageRange.contains(images), "1 to 10,000,000 images")
        let times = arrivals.cycles(images, clock: setup.clock)
        let rows = sharers.map {
            RowPipelines(plan: setup.plan, depth: setup.depth, datapaths: setup.datapaths, sharers: $0)
        }
        var engine = ChipEngine(setup, rows: rows, arrivals: times, saturated: arrivals == .saturated)
        return engine.run(images: arrivals == .saturated ? images : times.count)
    }
}

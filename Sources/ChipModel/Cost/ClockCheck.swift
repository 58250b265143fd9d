public import HardenedBackbone
import Figures

/// What each layer of a design closes, and the layer that keeps the clock.
public struct ClockCheck: Sendable {
    /// One layer.
    public struct Layer: Hashable, Sendable {
        /// Its name.
        public let name: String
        /// Weights of a neuron.
        public let fanIn: Int
        /// Rows at the cut in front of the carry-propagate adder.
        public let cutRows: Int
        /// Register stages.
        public let depth: Int
        /// The fewest stages that the layer can have.
        public let depthMin: Int
        /// Whether a second cut is made of the fourth stage, since one does not close the clock.
        public let hasEarlyCut: Bool
        /// MHz that the layer closes; `nil` where nothing like it was timed.
        public let clock: Double?
    }

    /// Every layer of the network.
    public let layers: [Layer]
    private let design: ChipDesign

    /// Looks up all layers of `network`.
    public init(_ network: NetworkDescription, _ design: ChipDesign) {
        self.design = design
        layers = zip(network.layers, design.depth.layers).map { layer, depth in
            let fanIn = layer.weightsPerChannel
            let rows = design.cut.rows(fanIn: fanIn)
            let single = TimingTable.clock(fanIn: fanIn, rows: rows, wire: design.wire)
            let least = Self.depthMin(layer, design)
            let needsTwo = depth > least && (single ?? 0) < design.clock
            let clock = needsTwo ? Self.twoCutClock(fanIn, rows, design.wire) : single
            return Layer(
                name: layer.name, fanIn: fanIn, cutRows: rows, depth: depth, depthMin: least,
                hasEarlyCut: needsTwo, clock: depth < least ? nil : clock)
        }
    }

    /// The stages that a layer has at least: one more where pairs are added first.
    private static func depthMin(_ layer: NetworkLayer, _ design: ChipDesign) -> Int {
        TimingTable.depthMin + (design.sharesPairs && layer.kind != .depthwise ? 1 : 0)
    }

    private static func twoCutClock(_ fanIn: Int, _ rows: Int, _ wire: WireLength) -> Double? {
        TimingTable.clock(fanIn: fanIn, rows: rows, isCutTwice: true, wire: wire)
    }

    /// The layer that closes the slowest clock.
    public var slowest: Layer? { layers.min { ($0.clock ?? 0) < ($1.clock ?? 0) } }

    /// Why the design's clock is refused; `nil` where every layer closes it.
    public var refusal: ClockRefusal? {
        let open = layers.filter { ($0.clock ?? 0) < design.clock }
        guard let worst = open.min(by: { ($0.clock ?? 0) < ($1.clock ?? 0) }) else { return nil }
        return ClockRefusal(text: text(worst, others: open.count - 1))
    }

    private func text(_ layer: Layer, others: Int) -> String {
        let clock = Self.megahertz(design.clock)
        let more = others == 0 ? "" : " (and \(others) other \(others == 1 ? "layer" : "layers"))"
        let what = "\(layer.name)\(more), fan-in \(layer.fanIn), cut at \(layer.cutRows) rows, "
        guard layer.depth >= layer.depthMin else {
            return what + "depth \(layer.depth): it needs and was timed with \(layer.depthMin) or more; "
                + "give --depth \(layer.depthMin)"
        }
        guard let reached = layer.clock else {
            let rows = layer.hasEarlyCut ? Self.rowsCutTwice : TimingTable.rows
            return what + "was not timed\(layer.hasEarlyCut ? " with a second cut" : ""); cuts that were: "
                + rows.map(String.init).joined(separator: ", ") + "; give --cut"
        }
        return what + "depth \(layer.depth) closes \(Self.megahertz(reached)) MHz \(design.wire.phrase), not "
            + "\(clock): \(advice(layer))"
    }

    private func advice(_ layer: Layer) -> String {
        let cuts = TimingTable.rows.compactMap { rows in
            TimingTable.clock(fanIn: layer.fanIn, rows: rows, wire: design.wire).map {
                (rows: rows, clock: $0)
            }
        }
        // Fewer rows take fewer flip-flops.
        if !layer.hasEarlyCut, let cut = cuts.first(where: { $0.clock >= design.clock }) {
            return "--cut \(cut.rows) would (\(Self.megahertz(cut.clock)) MHz), or lower --clock"
        }
        let twice = Self.rowsCutTwice.compactMap { rows in
            Self.twoCutClock(layer.fanIn, rows, design.wire).map { (rows: rows, clock: $0) }
        }
        if let cut = twice.first(where: { $0.clock >= design.clock }) {
            let deeper = max(layer.depth, layer.depthMin + 1)
            return "depth \(deeper), a second cut, would (\(Self.megahertz(cut.clock)) MHz): "
                + "--depth \(deeper) --cut \(cut.rows)"
        }
        let best = (cuts + twice).map(\.clock).max() ?? 0
        return "no cut or depth of the timing table does, the most is \(Self.megahertz(best)) MHz; lower "
            + "--clock or shorten --wire"
    }

    /// The cuts that were timed behind an early one.
    private static let rowsCutTwice = Set(TimingTable.cutTwice.map(\.rows)).sorted()

    static func megahertz(_ clock: Double) -> String { Number.count(Int(clock.rounded())) }
}

/// A clock that the timing table does not close.
public struct ClockRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    let text: String

    /// The layer, what it closes, and what would close the clock.
    public var description: String { text }
}

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
            let clock = needsTwo ? max(single ?? 0, TimingTable.twoCutClock(wire: design.wire)) : single
            return Layer(
                name: layer.name, fanIn: fanIn, cutRows: rows, depth: depth, depthMin: least,
                hasEarlyCut: needsTwo, clock: depth < least ? nil : clock)
        }
    }

    /// The stages that a layer has at least: one more where pairs are added first.
    private static func depthMin(_ layer: NetworkLayer, _ design: ChipDesign) -> Int {
        TimingTable.depthMin + (design.sharesPairs && layer.kind != .depthwise ? 1 : 0)
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
            return what + "was not timed; cuts that were: "
                + TimingTable.rows.map(String.init).joined(separator: ", ")
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
        // Fewer rows take fewer flip-flops; a cut that was timed comes before one that is extrapolated.
        let closing = cuts.filter { $0.clock >= design.clock }
        let timed = closing.first { TimingTable.covers(fanIn: layer.fanIn, rows: $0.rows) }
        if let cut = timed ?? closing.first {
            return "cut at \(cut.rows) rows (\(Self.megahertz(cut.clock)) MHz), or lower --clock"
        }
        let twice = TimingTable.twoCutClock(wire: design.wire)
        if layer.depth <= layer.depthMin, twice >= design.clock {
            let deeper = layer.depthMin + 1
            return "depth \(deeper), a second cut, would (\(Self.megahertz(twice)) MHz, an estimate): "
                + "--depth \(deeper)"
        }
        let best = max(twice, cuts.map(\.clock).max() ?? 0)
        return "no cut or depth of the timing table does, the most is \(Self.megahertz(best)) MHz; lower "
            + "--clock or shorten --wire"
    }

    static func megahertz(_ clock: Double) -> String { Number.count(Int(clock.rounded())) }
}

/// A clock that the timing table does not close.
public struct ClockRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    let text: String

    /// The layer, what it closes, and what would close the clock.
    public var description: String { text }
}

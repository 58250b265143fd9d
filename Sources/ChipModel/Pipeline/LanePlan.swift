public import HardenedBackbone
import QuantizedTensors

/// How wide each layer is built so that one image enters the hardened pipeline every `cyclesPerImage` cycles.
///
/// A lane is one copy of all constants of a layer; it gives one output pixel, all channels, per cycle.
/// A layer of `H` rows and `W` columns needs `P = ceil(W / floor(T / H))` lanes and `c = ceil(W / P)` cycles a
/// row, so that it is busy `c * H <= T` of `T` cycles.
public struct LanePlan: Hashable, Sendable {
    /// One layer's share.
    public struct Layer: Hashable, Sendable {
        /// Copies of the layer's constants.
        ///
        /// - Range: 1 to the output columns.
        public let lanes: Int
        /// Cycles for one output row.
        public let cyclesPerRow: Int
        /// Output rows of one image.
        public let rows: Int
        /// Cycles of one image in which the layer works.
        public var busyCycles: Int { cyclesPerRow * rows }
    }

    /// What the plan is for.
    public let network: NetworkDescription
    /// Cycles between two images, `T`.
    public let cyclesPerImage: Int
    /// Lanes by layer, in the order of `network.layers`.
    public let layers: [Layer]
    /// Lanes of the image input: how many pixels enter a cycle while a row enters.
    public let input: Layer

    /// Cycles per image that a network can be built for: one output row of its tallest layer at a time, up to
    /// one input pixel per cycle and two orders of magnitude beyond.
    public static func cyclesRange(of network: NetworkDescription) -> ClosedRange<Int> {
        let tallest = network.layers.map(\.output.height).max() ?? 1
        return tallest...(network.inputSize * network.inputSize * 100)
    }

    /// Lanes for `cyclesPerImage`; `nil` outside of ``cyclesRange(of:)``.
    public init?(network: NetworkDescription, cyclesPerImage: Int) {
        guard Self.cyclesRange(of: network).contains(cyclesPerImage) else { return nil }
        self.network = network
        self.cyclesPerImage = cyclesPerImage
        func layer(rows: Int, columns: Int) -> Layer {
            // An input of more rows than cycles enters several rows a cycle.
            let lanes = (columns - 1) / max(1, cyclesPerImage / rows) + 1
            return Layer(lanes: lanes, cyclesPerRow: (columns - 1) / lanes + 1, rows: rows)
        }
        layers = network.layers.map { layer(rows: $0.output.height, columns: $0.output.width) }
        input = layer(rows: network.inputSize, columns: network.inputSize)
    }

    /// Weights in silicon, zeros included: each layer's weights times its lanes.
    public var weightInstances: Int {
        zip(network.layers, layers).reduce(0) { $0 + $1.0.weightCount * $1.1.lanes }
    }

    /// Accumulators in silicon: each layer's output channels times its lanes.
    public var neurons: Int {
        zip(network.layers, layers).reduce(0) { $0 + $1.0.output.channels * $1.1.lanes }
    }
}

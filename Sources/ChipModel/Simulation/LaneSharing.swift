import HardenedBackbone
import QuantizedTensors

/// Where neighbouring datapaths can use one copy of a layer without losing rate.
///
/// Constants differ from layer to layer, and every layer must have each of its constants once: within one
/// datapath there is nothing to share, and a layer of one lane can not get smaller, however long it idles. But the
/// same layer of several datapaths has the same constants: where it is busy for `b` of the `I` cycles between two
/// images of a datapath, `floor(I / b)` datapaths can take turns on one copy, row by row.
///
/// Each datapath keeps its line buffers; a copy gets a multiplexer in front of every input bit.
/// - Kind: modelled; ``SharingTrial`` simulates it.
public struct LaneSharing: Hashable, Sendable {
    /// Cells of the choice, in um2: what sharing saves, and what it costs.
    public struct Areas: Hashable, Sendable {
        /// One weight with its share of the neuron.
        public let weight: Double
        /// One bit of a multiplexer from two to one.
        public let multiplexer: Double

        /// Areas of the given sizes.
        public init(weight: Double, multiplexer: Double) {
            (self.weight, self.multiplexer) = (weight, multiplexer)
        }
    }

    /// One layer of all datapaths.
    public struct Layer: Hashable, Sendable {
        /// Cycles per image in which the layer works.
        public let busyCycles: Int
        /// Datapaths that use one copy.
        public let sharers: Int
        /// Copies for all datapaths; a copy has all lanes of the layer.
        public let copies: Int
        /// Weights in silicon that are not built a second time.
        public let savedWeights: Int
        /// Bits of multiplexers from two to one that sharing adds.
        public let multiplexers: Int
    }

    /// Datapaths on the chip, `M`.
    public let datapaths: Int
    /// Cycles between two images of one datapath, `I`.
    public let interval: Int
    /// Layers in the order of the network.
    public let layers: [Layer]
    /// Weights in silicon without sharing, all lanes of all datapaths together.
    public let instances: Int

    /// The proposal for `datapaths` datapaths that take an image every `interval` cycles.
    ///
    /// - Range: `interval` of at least the plan's cycles per image.
    /// - Parameters:
    ///   - weights: Weights of each layer that are built, those that are not zero; `nil` builds all.
    ///   - areas: Where given, a layer is shared only if it saves more than its multiplexers take.
    public init(
        _ plan: LanePlan, datapaths: Int, interval: Int, weights: [Int]? = nil, areas: Areas? = nil
    ) {
        precondition(datapaths >= 1 && interval >= plan.cyclesPerImage, "no faster than the plan")
        let weights = weights ?? plan.network.layers.map(\.weightCount)
        self.datapaths = datapaths
        self.interval = interval
        instances = zip(weights, plan.layers).reduce(0) { $0 + $1.0 * $1.1.lanes } * datapaths
        layers = plan.layers.indices.map { index in
            let (description, lanes) = (plan.network.layers[index], plan.layers[index])
            func layer(copies: Int) -> Layer {
                Self.layer(description, lanes, datapaths, weights: weights[index], copies: copies)
            }
            let most = min(datapaths, interval / lanes.busyCycles)
            // As many copies as the most sharers need, and the sharers spread over them.
            let shared = layer(copies: (datapaths - 1) / most + 1)
            if let areas {
                let saved = Double(shared.savedWeights) * areas.weight
                let cost = Double(shared.multiplexers) * areas.multiplexer
                if saved <= cost { return layer(copies: datapaths) }
            }
            return shared
        }
    }

    private static func layer(
        _ description: NetworkLayer, _ lanes: LanePlan.Layer, _ datapaths: Int, weights: Int, copies: Int
    ) -> Layer {
        let sharers = (datapaths - 1) / copies + 1
        let built = (datapaths - 1) / sharers + 1
        // A lane reads its window and, where the block adds its input, one residual byte a channel.
        let window = description.input.channels * description.kernelSize * description.kernelSize
        let residual = description.residualSource == nil ? 0 : description.output.channels
        return Layer(
            busyCycles: lanes.busyCycles, sharers: sharers, copies: built,
            savedWeights: weights * lanes.lanes * (datapaths - built),
            multiplexers: (window + residual) * 8 * lanes.lanes * (datapaths - built))
    }

    /// Weights in silicon that sharing saves.
    public var savedWeights: Int { layers.reduce(0) { $0 + $1.savedWeights } }

    /// Bits of multiplexers that it adds.
    public var multiplexers: Int { layers.reduce(0) { $0 + $1.multiplexers } }

    /// What it saves in um2 of cells, multiplexers paid.
    public func savedArea(_ areas: Areas) -> Double {
        Double(savedWeights) * areas.weight - Double(multiplexers) * areas.multiplexer
    }
}

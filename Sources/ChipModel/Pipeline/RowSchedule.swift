import HardenedBackbone
import QuantizedTensors

/// When each row of consecutive images passes each layer: the closed recurrence of the row pipeline.
///
/// A layer starts output row `i` as soon as the input row that it needs is there and its previous row is done:
/// `begin(i) = max(available(need(i)), begin(i - 1) + c)`; the row is there for the next layer at
/// `begin(i) + c - 1 + D`. Input row `r` of an image that enters at `e` is complete at `e + ceil((r + 1) * T / rows)`.
/// Source: the pipeline model of `hardware-and-po2.md`, 1.3; all times in cycles from the first pixel.
public struct RowSchedule: Sendable {
    /// The times of one layer.
    public struct Layer: Hashable, Sendable {
        /// Cycle in which output row `i` of image `n` starts, at `n * rows + i`.
        public let begin: [Int]
        /// Cycle from which that row can be read by the next layer.
        public let available: [Int]
        /// Most input rows resident at once, from their arrival until their last reader is done.
        public let inputRows: Int
        /// Most rows of the block's input waiting for the residual addition at once; 0 without one.
        public let residualRows: Int
    }

    /// The lanes that the times follow from.
    public let plan: LanePlan
    /// The register stages of each layer.
    public let depth: DepthPlan
    /// How many consecutive images the times cover.
    public let images: Int
    /// Times by layer.
    public let layers: [Layer]

    /// Schedules `images` images back to back.
    ///
    /// - Range: `images` of at least 1; steady state is reached within three images.
    /// - Complexity: rows of all layers times images.
    public init(plan: LanePlan, depth: DepthPlan, images: Int = 4) {
        self.init(plan: plan, depth: depth, entries: (0..<images).map { $0 * plan.cyclesPerImage })
    }

    /// Schedules one image from each of `entries`, the cycles of their first pixels.
    ///
    /// - Range: at least one entry, from 0, `T` or more apart.
    /// - Complexity: rows of all layers times images.
    public init(plan: LanePlan, depth: DepthPlan, entries: [Int]) {
        precondition(!entries.isEmpty && depth.layers.count == plan.layers.count, "one depth per layer")
        precondition(
            zip(entries, entries.dropFirst()).allSatisfy { $1 - $0 >= plan.cyclesPerImage },
            "images enter one after the other")
        let images = entries.count
        self.plan = plan
        self.depth = depth
        self.images = images
        let network = plan.network
        var layers: [Layer] = []
        var arrivals = Self.inputArrivals(plan, entries: entries)
        for (index, layer) in network.layers.enumerated() {
            let lanes = plan.layers[index]
            let begin = Self.begin(layer, lanes, arrivals, images: images)
            let available = begin.map { $0 + lanes.cyclesPerRow - 1 + depth.layers[index] }
            let done = begin.map { $0 + lanes.cyclesPerRow }
            let leaves = (0..<arrivals.count).map { row in
                let image = row / layer.input.height
                let reader = layer.lastReader(of: row % layer.input.height)
                return done[image * layer.output.height + reader]
            }
            let residual = layer.residualSource.map { Self.peak(layers[$0].available, done) }
            // The image's own rows arrive between cycles: counted exactly, in cycles times rows.
            let inputRows =
                index == 0
                ? Self.peak(
                    Self.inputTimes(plan, entries: entries), leaves.map { $0 * network.inputSize })
                : Self.peak(arrivals, leaves)
            layers.append(
                Layer(
                    begin: begin, available: available, inputRows: inputRows, residualRows: residual ?? 0))
            arrivals = available
        }
        self.layers = layers
    }

    /// Cycles from the first pixel of an image to its last feature row, in an empty pipeline.
    public var latency: Int {
        layers[layers.count - 1].available[plan.layers[plan.layers.count - 1].rows - 1]
    }

    /// Cycles between the last rows of the last two images; of the only image's start and end for one.
    public var initiationInterval: Int {
        guard let ends = layers.last?.available, images > 1 else { return latency }
        return ends[ends.count - 1] - ends[ends.count - 1 - plan.layers[plan.layers.count - 1].rows]
    }

    /// When each input row is complete, in cycles times rows.
    private static func inputTimes(_ plan: LanePlan, entries: [Int]) -> [Int] {
        let rows = plan.network.inputSize
        return entries.flatMap { entry in (1...rows).map { entry * rows + $0 * plan.cyclesPerImage } }
    }

    /// The cycle from which each input row can be read.
    static func inputArrivals(_ plan: LanePlan, entries: [Int]) -> [Int] {
        inputTimes(plan, entries: entries).map { ($0 - 1) / plan.network.inputSize + 1 }
    }

    private static func begin(
        _ layer: NetworkLayer,
        _ lanes: LanePlan.Layer,
        _ arrivals: [Int],
        images: Int
    ) -> [Int] {
        var begin: [Int] = []
        begin.reserveCapacity(images * lanes.rows)
        var free = 0
        for image in 0..<images {
            for row in 0..<lanes.rows {
                let needed = arrivals[image * layer.input.height + layer.lastInputRow(of: row)]
                let start = max(needed, free)
                begin.append(start)
                free = start + lanes.cyclesPerRow
            }
        }
        return begin
    }

    /// Most intervals `[from, to)` that overlap; both arrays rise.
    package static func peak(_ from: [Int], _ to: [Int]) -> Int {
        var resident = 0
        var most = 0
        var gone = 0
        for time in from {
            while gone < to.count, to[gone] <= time {
                gone += 1
                resident -= 1
            }
            resident += 1
            most = max(most, resident)
        }
        return most
    }
}

extension NetworkLayer {
    /// The last input row that output row `row` reads.
    package func lastInputRow(of row: Int) -> Int {
        kernelSize == 1 ? row : min(input.height - 1, row * stride + 1)
    }

    /// The last output row that reads input row `row`.
    package func lastReader(of row: Int) -> Int {
        kernelSize == 1 ? row : min(output.height - 1, (row + 1) / stride)
    }
}

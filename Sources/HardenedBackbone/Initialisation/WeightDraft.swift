import QuantizedTensors

/// Draws the weights of an untrained layer so that information survives many of them.
///
/// Purely random deep networks forget their input. Here every third channel of a block carries copies of
/// the block's input: expand layers copy it with both signs, so that ReLU loses nothing; depthwise layers
/// pass the copies through, or blur them where they also halve the resolution; projections take the
/// difference of the two signs, which is the input again. All other channels are random features.
struct WeightDraft {
    private var generator: SeededGenerator

    /// Every channel whose index is a multiple of this carries a copy.
    private static let copyInterval = 3

    /// Standard deviations of random weights, in weight units.
    private enum Spread {
        static let dense: Int64 = 24
        static let spatial: Int64 = 16
        static let besideCopies: Int64 = 10
    }

    /// Added to the centre tap of random depthwise filters.
    private static let centre: Int64 = 8

    /// The binomial low-pass filter, for copies that lose resolution.
    private static let blur: [Int8] = [8, 16, 8, 16, 32, 16, 8, 16, 8]
    private static let pass: [Int8] = [0, 0, 0, 0, 64, 0, 0, 0, 0]

    /// Starts the weights of `seed`.
    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// Draws the weights of the next layer; layers are drawn in execution order.
    ///
    /// - Shape: as ``LayerParameters/weights``.
    mutating func weights(of layer: NetworkLayer) -> [Int8] {
        var weights: [Int8] = []
        weights.reserveCapacity(layer.weightCount)
        for channel in 0..<layer.output.channels {
            let row =
                switch layer.kind {
                case .stem, .last: random(layer.weightsPerChannel, spread: Spread.dense)
                case .expand: expand(channel, inputs: layer.input.channels)
                case .depthwise: depthwise(channel, stride: layer.stride)
                case .project: project(channel, of: layer)
                }
            weights += row
        }
        return weights
    }

    private mutating func expand(_ channel: Int, inputs: Int) -> [Int8] {
        guard channel.isMultiple(of: Self.copyInterval) else { return random(inputs, spread: Spread.dense) }
        let copy = channel / Self.copyInterval
        var weights = [Int8](repeating: 0, count: inputs)
        weights[copy / 2 % inputs] = copy.isMultiple(of: 2) ? 64 : -64
        return weights
    }

    private mutating func depthwise(_ channel: Int, stride: Int) -> [Int8] {
        if channel.isMultiple(of: Self.copyInterval) { return stride == 2 ? Self.blur : Self.pass }
        return (0..<9).map { tap in
            let centre = tap == 4 ? Self.centre * SeededGenerator.gaussianUnit : 0
            return weight(generator.gaussian() * Spread.spatial + centre)
        }
    }

    /// Blocks with a residual have their input already; the others rebuild it from its copies.
    private mutating func project(_ channel: Int, of layer: NetworkLayer) -> [Int8] {
        let inputs = layer.input.channels
        guard layer.residualSource == nil else { return random(inputs, spread: Spread.dense) }
        var weights = random(inputs, spread: Spread.besideCopies)
        let positive = 2 * channel * Self.copyInterval
        let negative = positive + Self.copyInterval
        if negative < inputs {
            weights[positive] = 64
            weights[negative] = -64
        }
        return weights
    }

    private mutating func random(_ count: Int, spread: Int64) -> [Int8] {
        (0..<count).map { _ in weight(generator.gaussian() * spread) }
    }

    private func weight(_ value: Int64) -> Int8 {
        Po2Weight.nearest(to: value, over: SeededGenerator.gaussianUnit).value
    }
}

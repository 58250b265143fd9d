public import Artifacts

/// What hardening did, layer by layer.
///
/// What only a float network could tell is `nil` for integers that came out of training.
///
/// - Units: signal-to-noise ratios in decibels, at most 99; shares are `0...1`.
public struct HardeningReport: Hashable, Sendable {
    /// The error of a layer's sums once a step and all before it are taken, other layers left as they are.
    public struct Stage: Hashable, Sendable {
        /// `nearest` for rounding alone, else the raw name of a ``HardeningStep``.
        public let name: String
        /// Power of the float network's sums over that of the difference, on hardened inputs.
        public let outputSqnrDb: Double
    }

    /// One layer.
    public struct Layer: Hashable, Sendable {
        /// Name of the layer.
        public let name: String
        /// What it does.
        public let kind: String
        /// Its weights.
        public let weightCount: Int
        /// Power of the float weights over that of their errors.
        public let weightSqnrDb: Double?
        /// Power of the float network's sums over what the rounding of the weights alone adds, by the inputs'
        /// covariance.
        public let roundingSqnrDb: Double?
        /// What every step gained, in order.
        public let stages: [Stage]
        /// Power of the float network's output over that of the difference, all layers hardened so far.
        public let outputSqnrDb: Double?
        /// Share of weights that are zero.
        public let zeroShare: Double
        /// Powers of two that the weights are sums of, zeros having none.
        public let terms: Int
        /// How many of them are ±1, ±2, ... ±64.
        public let exponentCounts: [Int]
        /// Share of output bytes at the ends of their format, zero after ReLU6 not counted.
        public let saturatedShare: Double?
        /// Scale exponent of the output.
        public let activationExponent: Int
        /// The smallest and the largest shift.
        public let shifts: ClosedRange<Int>
        /// Bits of a signed accumulator that holds every possible sum.
        public let accumulatorBits: Int
    }

    /// Digest of the backbone.
    public let digest: ContentDigest
    /// Calibration images.
    public let imageCount: Int
    /// What was asked for, as in the artefact's description.
    public let summary: String
    /// Right shift of the average pool.
    public let poolShift: Int
    /// All layers in execution order.
    public let layers: [Layer]
    /// Power of the float features over that of the hardened ones' differences.
    public let featureSqnrDb: Double?
    /// Share of calibration images on which float network and hardened network name the same class.
    public let agreement: Double?

    /// What images that took no part in hardening say; `nil` where none were held out.
    public internal(set) var heldOut: HeldOutReport?

    /// Share of all weights that are zero.
    public var zeroShare: Double {
        let zeros = layers.reduce(0.0) { $0 + $1.zeroShare * Double($1.weightCount) }
        return zeros / Double(layers.reduce(0) { $0 + $1.weightCount })
    }
}

/// A correction on top of rounding every weight to the nearest power of two.
///
/// The cases stand in the order in which they are applied.
public enum HardeningStep: String, Hashable, Sendable, CaseIterable {
    /// Scales the channels of every linear bottleneck by powers of two, so that they share one range.
    case equalise
    /// Gives every channel the mean that it has in the float network, on the calibration images.
    case bias
    /// Lets every weight make up for the rounding of the weights before it.
    case feedback
    /// Moves single weights to better levels until no move helps.
    case descent
    /// Aims at the float network's own output, so that a layer makes up for the layers before it.
    case upstream

    /// The steps that hardening takes where none are named.
    public static let standard: Set<HardeningStep> = [.bias, .feedback, .descent, .upstream]
}

/// What the weights of a point are: the artefact's own, or made coarser first.
public struct SweepWeights: Hashable, Sendable, Encodable {
    /// Most magnitudes of a channel; 7 leaves all.
    public let exponents: Int
    /// Share of zeros, percent, that the smallest weights are pruned to; 0 prunes nothing.
    public let pruned: Int

    /// Weights with at most `exponents` magnitudes a channel, then pruned to `pruned` percent zeros.
    public init(exponents: Int = 7, pruned: Int = 0) {
        (self.exponents, self.pruned) = (exponents, pruned)
    }

    /// What was done, for people.
    public var treatment: String {
        var parts: [String] = []
        if exponents < 7 { parts.append("\(exponents) \(exponents == 1 ? "exponent" : "exponents")") }
        if pruned > 0 { parts.append("pruned to \(pruned) % zeros") }
        return parts.isEmpty ? "weights as they are" : parts.joined(separator: ", ")
    }

    /// The options of `chip report` that do the same.
    public var options: [String] {
        (exponents < 7 ? ["--exponents", "\(exponents)"] : []) + (pruned > 0 ? ["--prune", "\(pruned)"] : [])
    }
}

/// The values that a sweep goes through, each with each.
public struct SweepAxes: Sendable {
    /// Most points of one sweep.
    public static let pointsMax = 4_096

    /// MHz.
    public var clocks: [Double]
    /// Cycles between two images.
    public var cycles: [Int]
    /// MACs of an NPU.
    public var npuMACs: [Int]
    /// Copies of the backbone, and NPUs.
    public var datapaths, npus: [Int]
    /// Register stages of every layer; `nil` for those of the base design.
    public var depths: [Int?]
    /// The weights.
    public var weights: [SweepWeights]
    /// Whether the head is hardened.
    public var frozen: [Bool]

    /// A sweep of one point: the base design.
    public init(_ design: ChipDesign) {
        (clocks, cycles, npuMACs) = ([design.clock], [design.cyclesPerImage], [design.npuMACs])
        (datapaths, npus, depths) = ([design.datapaths], [design.npus], [nil])
        (weights, frozen) = ([SweepWeights()], [design.isHeadFrozen])
    }

    /// Points, hardened heads once for all NPU widths and counts; saturates far above ``pointsMax``.
    public var count: Int {
        let heads = frozen.reduce(0) { $0 + ($1 ? 1 : npuMACs.count * npus.count) }
        return [clocks.count, cycles.count, datapaths.count, depths.count, weights.count, heads].reduce(1) {
            $0 > 1 << 31 ? $0 : $0 * $1
        }
    }

    /// Why the sweep is refused; `nil` up to ``pointsMax`` points.
    public var refusal: SweepSizeError? { count > Self.pointsMax ? SweepSizeError(points: count) : nil }
}

/// A sweep of too many points.
public struct SweepSizeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Points that were asked for.
    public let points: Int

    /// How many, and how many are possible.
    public var description: String {
        "the lists give \(points) points, more than \(SweepAxes.pointsMax); give shorter lists"
    }
}

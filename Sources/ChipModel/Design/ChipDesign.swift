public import HardenedBackbone

/// The choices that make a chip out of a hardened backbone; the artefact gives the rest.
///
/// The paper (arXiv 2512.12847) publishes two rates only: clock, cycles per image and NPU width of the presets
/// are fits to them, see ``ChipPreset``.
public struct ChipDesign: Hashable, Sendable {
    /// Legal clocks, in MHz.
    public static let clockRange: ClosedRange<Double> = 1...10_000
    /// Legal counts of datapaths and of NPUs on one chip.
    public static let unitRange: ClosedRange<Int> = 1...64

    /// Clock of backbone and NPU, in MHz, within ``clockRange``.
    public var clock: Double
    /// Cycles between two images of one datapath, `T`.
    public var cyclesPerImage: Int
    /// Multiply-accumulates of one NPU in one cycle, within ``HeadService/macsRange``.
    public var npuMACs: Int
    /// Copies of the hardened backbone, within ``unitRange``.
    public var datapaths: Int
    /// NPUs that the datapaths share, within ``unitRange``.
    public var npus: Int
    /// Whether the head is hardened as well: then there is no NPU.
    public var isHeadFrozen: Bool
    /// Register stages of each layer.
    public var depth: DepthPlan
    /// Where registers cut the adder trees.
    public var cut: CutPlan
    /// Wire that the clock is closed with.
    public var wire: WireLength
    /// Whether pairs of inputs are added once for all neurons of a layer, in a register stage of their own.
    public var sharesPairs: Bool

    /// A design of the given parts.
    public init(
        clock: Double,
        cyclesPerImage: Int,
        npuMACs: Int,
        datapaths: Int = 1,
        npus: Int = 1,
        isHeadFrozen: Bool = false,
        depth: DepthPlan,
        cut: CutPlan = .byFanIn,
        wire: WireLength = .short,
        sharesPairs: Bool = false
    ) {
        self.clock = clock
        self.cyclesPerImage = cyclesPerImage
        self.npuMACs = npuMACs
        self.datapaths = datapaths
        self.npus = npus
        self.isHeadFrozen = isHeadFrozen
        self.depth = depth
        self.cut = cut
        self.wire = wire
        self.sharesPairs = sharesPairs
    }
}

/// Two designs that meet both published rates at 224x224 with 1,000 classes.
///
/// 4.0 M images/s fix clock / cycles; 1.21 M fix the NPU's MACs a second; the factors are fits.
public enum ChipPreset: String, CaseIterable, Sendable {
    /// One input row a cycle: 896 MHz, 224 cycles, 1,729 effective MACs.
    case rows
    /// One class a cycle: 1,210 MHz, 303 cycles, as many MACs as features. 1x1 layers of more than 96 inputs have
    /// a fourth stage for a second cut, without which they do not close that clock with 3 um of wire. Up to width
    /// 1.4: wider layers do not close it.
    case classes

    /// The preset for a network; cycles scale with its rows.
    ///
    /// - Rounding: cycles up.
    public func design(for network: NetworkDescription) -> ChipDesign {
        switch self {
        case .rows:
            ChipDesign(
                clock: 896, cyclesPerImage: network.inputSize, npuMACs: 1_729,
                depth: .uniform(3, of: network))
        case .classes:
            ChipDesign(
                clock: 1_210, cyclesPerImage: (network.inputSize * 303 - 1) / 224 + 1,
                npuMACs: network.featureCount,
                depth: .pointwise(from: 97, deep: 4, of: network), cut: .uniform(2))
        }
    }
}

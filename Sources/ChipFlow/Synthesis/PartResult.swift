/// One synthesised part. Kind: synthesised; areas in um2 of the library's cells, without placement or wires.
public struct PartResult: Codable, Hashable, Sendable {
    /// Name of the module.
    public let module: String
    /// Layer that it belongs to.
    public let layer: String
    /// Output channels, or shared pairs.
    public let count: Int
    /// Weights that are not zero.
    public let nonZeroWeights: Int
    /// Cells by name.
    public let cells: [String: Int]
    /// Full adders among them.
    public let fullAdders: Int
    /// Area without flip-flops.
    public let combinationalArea: Double
    /// Flip-flops: at the cut and behind the saturation.
    public let flipFlops: Int
    /// Their area.
    public let flipFlopArea: Double
    /// Output bytes of the netlist that were compared with the reference, all of them equal.
    public let comparedBytes: Int
    /// Seconds of the synthesis, measured.
    public let seconds: Double
    /// Identity of text, library and program: a result of another identity is not taken up.
    public let identity: String
}

/// One layer's parts together.
public struct LayerResult: Codable, Hashable, Sendable {
    /// Name in the artefact.
    public let layer: String
    /// Weights of one channel.
    public let fanIn: Int
    /// Sums over the parts, shared pairs included.
    public let channels, nonZeroWeights, fullAdders, cells, flipFlops, pairs, comparedBytes: Int
    /// um2.
    public let combinationalArea, flipFlopArea: Double

    /// Adds up `parts`.
    public init(layer: String, fanIn: Int, channels: Int, pairs: Int, parts: [PartResult]) {
        self.layer = layer
        self.fanIn = fanIn
        self.channels = channels
        self.pairs = pairs
        func sum(_ value: (PartResult) -> Int) -> Int { parts.reduce(0) { $0 + value($1) } }
        nonZeroWeights = sum(\.nonZeroWeights)
        fullAdders = sum(\.fullAdders)
        cells = sum { $0.cells.values.reduce(0, +) }
        flipFlops = sum(\.flipFlops)
        comparedBytes = sum(\.comparedBytes)
        combinationalArea = parts.reduce(0) { $0 + $1.combinationalArea }
        flipFlopArea = parts.reduce(0) { $0 + $1.flipFlopArea }
    }

    /// The sum of several layers.
    public init(sum layers: [LayerResult]) {
        layer = "all"
        fanIn = 0
        func sum(_ value: (LayerResult) -> Int) -> Int { layers.reduce(0) { $0 + value($1) } }
        channels = sum(\.channels)
        nonZeroWeights = sum(\.nonZeroWeights)
        fullAdders = sum(\.fullAdders)
        cells = sum(\.cells)
        flipFlops = sum(\.flipFlops)
        pairs = sum(\.pairs)
        comparedBytes = sum(\.comparedBytes)
        combinationalArea = layers.reduce(0) { $0 + $1.combinationalArea }
        flipFlopArea = layers.reduce(0) { $0 + $1.flipFlopArea }
    }
}

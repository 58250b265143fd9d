public import HardenedBackbone
import QuantizedTensors

/// What one lane of a layer is made of, counted in the trees of the artefact's real weights.
public struct LayerCensus: Hashable, Sendable {
    /// Output channels.
    public let neurons: Int
    /// Powers of two that the weights are sums of: shifted additions. Where weights are single powers, those that
    /// are not zero.
    public let nonZeroWeights: Int
    /// Cells by kind, compressor tree and carry-propagate adder together.
    public let fullAdders, halfAdders, majorities, nands, inverters: Int
    /// Flip-flops at the cut of the trees.
    public let cutFlipFlops: Int
    /// Flip-flops that a second, earlier cut would take.
    public let earlyCutFlipFlops: Int
    /// Bits of all accumulators.
    public let accumulatorBits: Int
    /// Most adder levels in front of the cut of any neuron.
    public let levels: Int

    /// Pairs that are added once for the whole layer; 0 without sharing.
    public let pairs: Int
    /// Flip-flops that hold the pairs' sums.
    public let pairFlipFlops: Int

    /// Counts a layer, with or without pairs of inputs that its neurons share.
    ///
    /// - Complexity: about eight cells for each non-zero weight; see ``PairSharing`` for shared pairs.
    public init(
        _ layer: NetworkLayer,
        _ parameters: LayerParameters,
        cut: CutPlan = .byFanIn,
        sharesPairs: Bool = false
    ) {
        let window = LayerWindow(layer)
        let ownBits = window.bits + (layer.residualSource == nil ? 0 : 8)
        let nonZeroWeights = parameters.termCount
        let rows = cut.rows(fanIn: layer.weightsPerChannel)
        if sharesPairs, let sharing = PairSharing(layer, parameters) {
            self.init(
                neurons: sharing.neurons, operandBits: ownBits + sharing.bits, cutRows: rows,
                nonZeroWeights: nonZeroWeights, pairs: sharing.pairs, isSigned: layer.inputType == .s8)
        } else {
            self.init(
                neurons: (0..<layer.output.channels).map { NeuronSum(layer, parameters, channel: $0) },
                operandBits: ownBits, cutRows: rows, nonZeroWeights: nonZeroWeights)
        }
    }

    private init(
        neurons: [NeuronSum],
        operandBits: Int,
        cutRows: Int,
        nonZeroWeights: Int,
        pairs: [PairPattern] = [],
        isSigned: Bool = false
    ) {
        var counts: [HeapCell.Kind: Int] = [:]
        var (flipFlops, early, bits, levels) = (0, 0, 0, 0)
        for neuron in neurons {
            let tree = CompressorTree(neuron, operandBits: operandBits, cutRows: cutRows)
            for kind in HeapCell.Kind.allCases { counts[kind, default: 0] += tree.count(kind) }
            flipFlops += tree.cutBits
            early += tree.earlyCutBits
            bits += neuron.width
            levels = max(levels, tree.levels)
        }
        for pair in pairs {
            let tree = CompressorTree(
                pair.adder(isSigned: isSigned), operandBits: operandBits, cutRows: 2, isRegistered: false)
            for kind in HeapCell.Kind.allCases { counts[kind, default: 0] += tree.count(kind) }
        }
        self.pairs = pairs.count
        pairFlipFlops = pairs.reduce(0) { $0 + $1.registeredBits }
        self.neurons = neurons.count
        self.nonZeroWeights = nonZeroWeights
        fullAdders = counts[.fullAdder] ?? 0
        halfAdders = counts[.halfAdder] ?? 0
        majorities = counts[.majority] ?? 0
        nands = counts[.nand] ?? 0
        inverters = counts[.inverter] ?? 0
        cutFlipFlops = flipFlops
        earlyCutFlipFlops = early
        accumulatorBits = bits
        self.levels = levels
    }
}

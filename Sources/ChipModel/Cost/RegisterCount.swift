import HardenedBackbone
import QuantizedTensors

/// Flip-flops of a layer, all lanes together.
public struct RegisterCount: Hashable, Sendable, Encodable {
    /// At the cut of the adder trees, both cuts where there are two.
    public let cut: Int
    /// Output pixels, 8 bits a channel.
    public let output: Int
    /// Stages that distribute the input over the neurons, and sums of shared pairs.
    public let input: Int
    /// Rows in front of the layer: line buffer or row register, and rows of its residual FIFO.
    public let buffers: Int

    /// All of them.
    public var total: Int { cut + output + input + buffers }

    init(
        _ layer: NetworkLayer,
        _ census: LayerCensus,
        lanes: Int,
        clock: ClockCheck.Layer,
        bufferBytes: Int
    ) {
        cut = (census.cutFlipFlops + (clock.hasEarlyCut ? census.earlyCutFlipFlops : 0)) * lanes
        output = 8 * layer.output.channels * lanes
        let pairStage = census.pairs > 0 ? 1 : 0
        let spare = max(0, clock.depth - clock.depthMin - (clock.hasEarlyCut ? 1 : 0))
        let window = LayerWindow(layer).bits + (layer.residualSource == nil ? 0 : 8 * layer.output.channels)
        // The stage of the pairs also holds the bytes that neurons read singly.
        input = (spare * window + pairStage * (window + census.pairFlipFlops)) * lanes
        buffers = 8 * bufferBytes
    }

    init(cut: Int, output: Int, input: Int, buffers: Int) {
        (self.cut, self.output, self.input, self.buffers) = (cut, output, input, buffers)
    }

    static func + (left: RegisterCount, right: RegisterCount) -> RegisterCount {
        RegisterCount(
            cut: left.cut + right.cut, output: left.output + right.output, input: left.input + right.input,
            buffers: left.buffers + right.buffers)
    }
}

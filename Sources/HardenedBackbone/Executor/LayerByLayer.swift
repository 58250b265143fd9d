import CShiftKernels
import QuantizedTensors

/// The same kernels run one whole layer after the other, so that every layer's output can be seen and altered.
///
/// Slower than the fused blocks and with memory for whole tensors; for checking and for experiments.
final class LayerByLayer {
    private let layers: [NetworkLayer]
    private let kernels: [LayerKernel]
    /// Output of every layer, signed ones as `x + 128`.
    private let outputs: [AlignedStorage]
    private let zeros: AlignedStorage
    private let exchange: AlignedStorage

    init(_ plan: BackbonePlan) {
        layers = plan.network.layers
        kernels = zip(plan.network.layers, plan.storage.layers).map {
            LayerKernel($0, $1, plan.storage.kernels)
        }
        outputs = plan.network.layers.map { AlignedStorage(byteCount: $0.output.elementCount) }
        zeros = AlignedStorage(byteCount: kernels.map(\.inputRowBytes).max() ?? 0)
        exchange = AlignedStorage(byteCount: outputs.map(\.byteCount).max() ?? 0)
    }

    /// Runs all layers over a padded image and returns where the last one's output lies.
    ///
    /// - Parameter transform: called after each layer with its index and its output in the reference's layout,
    ///   signed outputs as two's complement; the next layers read what it leaves there.
    func run(
        image: UnsafeMutablePointer<UInt8>,
        transform: (_ layer: Int, _ output: UnsafeMutableBufferPointer<UInt8>) -> Void
    ) -> UnsafeMutablePointer<UInt8> {
        for (index, kernel) in kernels.enumerated() {
            let output = outputs[index].bytes
            let height = kernel.outputShape.height
            switch layers[index].kind {
            case .stem: kernel.runStem(image: image, first: 0, rows: height, output: output)
            case .depthwise:
                kernel.runDepthwise(
                    first: 0, rows: height, input: outputs[index - 1].bytes, slots: kernel.inputShape.height,
                    zeros: zeros.bytes, output: output)
            case .expand, .project, .last:
                let residual = layers[index].residualSource.map { outputs[$0].bytes }
                kernel.runPointwise(
                    input: outputs[index - 1].bytes, residual: residual, rows: height, output: output)
            }
            let flip: UInt8 = layers[index].outputType == .s8 ? 0x80 : 0
            let shown = UnsafeMutableBufferPointer(
                start: exchange.bytes, count: kernel.outputShape.elementCount)
            for element in shown.indices { shown[element] = output[element] ^ flip }
            transform(index, shown)
            for element in shown.indices { output[element] = shown[element] ^ flip }
        }
        return outputs[outputs.count - 1].bytes
    }
}

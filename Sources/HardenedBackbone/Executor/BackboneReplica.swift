import CShiftKernels
import QuantizedTensors

/// One thread's executor of a ``BackbonePlan``.
///
/// All memory is allocated at initialisation, so extracting features allocates nothing. A replica belongs
/// to one thread at a time; replicas of the same plan are independent.
public final class BackboneReplica {
    /// The plan that is executed.
    public let plan: BackbonePlan

    /// Indices of the layers that begin a block; three layers each.
    private let blockStarts: [Int]
    private let blocks: [FusedBlock]
    private let last: LayerKernel
    private let scratch: BackboneScratch
    private var layerByLayer: LayerByLayer?

    /// Allocates the scratch memory of one thread.
    public init(_ plan: BackbonePlan) {
        self.plan = plan
        let layers = plan.network.layers
        blockStarts = layers.indices.filter { layers[$0].kind == .stem || layers[$0].kind == .expand }
        blocks = blockStarts.map { FusedBlock(plan, first: $0) }
        let final = layers.count - 1
        last = LayerKernel(layers[final], plan.storage.layers[final], plan.storage.kernels)
        scratch = BackboneScratch(plan, blocks: blocks)
    }

    /// Extracts the features of one image.
    ///
    /// - Shape: `image` is `[inputSize, inputSize, 3]` RGB bytes, or `[inputSize, inputSize]` for a gray image,
    ///   which stands for three equal channels; `features` is `[featureCount]`.
    /// - Cost: no allocation, no lock; blocks for the whole image, so it belongs on a compute thread.
    public func extractFeatures(
        image: UnsafeBufferPointer<UInt8>,
        into features: UnsafeMutableBufferPointer<UInt8>
    ) {
        runStages(image: image, into: features) { _, _ in }
    }

    /// Extracts the features of one image and shows the output of every stage as soon as it is there.
    ///
    /// - Parameter afterStage: gets the index in ``stages`` and the stage's output bytes, signed ones as
    ///   `x + 128`, valid during the call only.
    /// - Cost: as without; for timing and for checking the fused path itself.
    package func runStages(
        image: UnsafeBufferPointer<UInt8>,
        into features: UnsafeMutableBufferPointer<UInt8>,
        afterStage: (_ stage: Int, _ output: UnsafeBufferPointer<UInt8>) -> Void
    ) {
        scratch.pad(image)
        var input = scratch.image
        for (index, block) in blocks.enumerated() {
            let output = index.isMultiple(of: 2) ? scratch.linear.0 : scratch.linear.1
            block.run(input: input, output: output, scratch: scratch)
            afterStage(index, UnsafeBufferPointer(start: output, count: block.outputBytes))
            input = output
        }
        last.runPointwise(input: input, residual: nil, rows: last.outputShape.height, output: scratch.last)
        afterStage(
            blocks.count, UnsafeBufferPointer(start: scratch.last, count: last.outputShape.elementCount))
        pool(scratch.last, into: features)
        afterStage(blocks.count + 1, UnsafeBufferPointer(features))
    }

    /// Extracts the features of one image layer by layer and lets the caller alter every layer's output before
    /// the next layer reads it.
    ///
    /// - Shape: `transform` gets the layer index and `[height, width, channels]` bytes in the layout of the
    ///   reference, signed outputs as two's complement, valid during the call only.
    /// - Cost: memory for all tensors at the first call, two copies per layer; for experiments, not for serving.
    ///
    /// A trailing closure without a label means `observe`.
    @_disfavoredOverload
    public func extractFeatures(
        image: UnsafeBufferPointer<UInt8>,
        into features: UnsafeMutableBufferPointer<UInt8>,
        transform: (_ layer: Int, _ output: UnsafeMutableBufferPointer<UInt8>) -> Void
    ) {
        let executor = layerByLayer ?? LayerByLayer(plan)
        layerByLayer = executor
        scratch.pad(image)
        pool(executor.run(image: scratch.image, transform: transform), into: features)
    }

    /// Extracts the features of one image layer by layer and shows every layer's output in the layout of the
    /// reference.
    ///
    /// - Shape: `observe` gets the layer index and `[height, width, channels]` bytes, signed outputs as two's
    ///   complement, valid during the call only.
    /// - Cost: as with `transform`; for checking, not for serving.
    public func extractFeatures(
        image: UnsafeBufferPointer<UInt8>,
        into features: UnsafeMutableBufferPointer<UInt8>,
        observe: (_ layer: Int, _ output: UnsafeBufferPointer<UInt8>) -> Void
    ) {
        extractFeatures(image: image, into: features, transform: { observe($0, UnsafeBufferPointer($1)) })
    }

    /// Extracts the features of one image held in an array.
    ///
    /// - Shape: `image` is `[inputSize, inputSize, 3]` RGB bytes; the result is `[featureCount]`.
    /// - Cost: allocates the result.
    public func features(of image: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: plan.network.featureCount) { features, count in
            image.withUnsafeBufferPointer { image in
                features.initialize(repeating: 0)
                extractFeatures(
                    image: image,
                    into: UnsafeMutableBufferPointer(rebasing: features.prefix(plan.network.featureCount))
                )
            }
            count = plan.network.featureCount
        }
    }

    private func pool(
        _ input: UnsafeMutablePointer<UInt8>, into features: UnsafeMutableBufferPointer<UInt8>
    ) {
        precondition(features.count == plan.network.featureCount, "the result has featureCount bytes")
        let arguments = hsf_pool_args(
            input: input,
            output: features.baseAddress,
            pixels: plan.network.pooledShape.pixelCount,
            channels: plan.network.featureCount,
            shift: UInt32(plan.storage.poolShift)
        )
        withUnsafePointer(to: arguments) { plan.storage.kernels.pool($0) }
    }
}

extension BackboneReplica {
    /// A part of the network that is executed as one.
    package struct Stage: Hashable, Sendable {
        /// Name in reports: `stem+b00`, `b01`, ..., `last`, `pool`.
        package let name: String
        /// Indices of the layers in it; empty for the pool.
        package let layers: Range<Int>
        /// Multiply-accumulate operations.
        package let macCount: Int
    }

    /// The stages of this replica in execution order.
    package var stages: [Stage] {
        let layers = plan.network.layers
        let final = layers.count - 1
        let fused = blockStarts.map { first in
            // A layer's name is its block's, a point, and its own.
            let block = layers[first + 2].name.prefix { $0 != "." }
            return Stage(
                name: layers[first].kind == .stem ? "stem+\(block)" : String(block),
                layers: first..<first + 3,
                macCount: layers[first..<first + 3].reduce(0) { $0 + $1.macCount })
        }
        return fused + [
            Stage(name: "last", layers: final..<final + 1, macCount: layers[final].macCount),
            Stage(name: "pool", layers: final + 1..<final + 1, macCount: 0),
        ]
    }

    /// Bytes of activation memory that every image uses.
    package var scratchBytes: Int { scratch.byteCount }
}

import CShiftKernels
import QuantizedTensors

/// One thread's executor of a ``BackbonePlan``.
///
/// All memory is allocated at initialisation, so extracting features allocates nothing. A replica belongs
/// to one thread at a time; replicas of the same plan are independent.
public final class BackboneReplica {
    /// The plan that is executed.
    public let plan: BackbonePlan

    private let scratch: BackboneScratch
    private let steps: [BackboneStep]
    private let pool: hsf_pool_args
    private let poolKernel: @convention(c) (UnsafePointer<hsf_pool_args>?) -> Void

    /// Allocates the scratch memory of one thread.
    public init(_ plan: BackbonePlan) {
        self.plan = plan
        scratch = BackboneScratch(plan)
        steps = BackboneStep.steps(of: plan, scratch: scratch)
        poolKernel = plan.storage.kernels.pool
        pool = hsf_pool_args(
            input: UnsafePointer(steps[steps.count - 1].output),
            output: scratch.features.bytes,
            pixels: plan.network.pooledShape.pixelCount,
            channels: plan.network.featureCount,
            shift: UInt32(plan.storage.poolShift)
        )
    }

    /// Extracts the features of one image.
    ///
    /// - Shape: `image` is `[inputSize, inputSize, 3]` RGB bytes; `features` is `[featureCount]`.
    /// - Cost: no allocation, no lock; blocks for the whole image, so it belongs on a compute thread.
    public func extractFeatures(
        image: UnsafeBufferPointer<UInt8>,
        into features: UnsafeMutableBufferPointer<UInt8>
    ) {
        scratch.pad(image)
        for step in steps { step.run() }
        finish(into: features)
    }

    /// Extracts the features of one image and shows every layer's output in the layout of the reference.
    ///
    /// - Shape: `observe` gets the layer index and `[height, width, channels]` bytes, signed outputs as two's
    ///   complement, valid during the call only.
    /// - Cost: one copy per layer; for checking, not for serving.
    public func extractFeatures(
        image: UnsafeBufferPointer<UInt8>,
        into features: UnsafeMutableBufferPointer<UInt8>,
        observe: (_ layer: Int, _ output: UnsafeBufferPointer<UInt8>) -> Void
    ) {
        scratch.pad(image)
        for (index, step) in steps.enumerated() {
            step.run()
            let layer = plan.network.layers[index]
            let flip: UInt8 = layer.outputType == .s8 ? 0x80 : 0
            let output = UnsafeBufferPointer(start: step.output, count: layer.output.elementCount)
            output.map { $0 ^ flip }.withUnsafeBufferPointer { observe(index, $0) }
        }
        finish(into: features)
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

    private func finish(into features: UnsafeMutableBufferPointer<UInt8>) {
        precondition(features.count == plan.network.featureCount, "the result has featureCount bytes")
        withUnsafePointer(to: pool) { poolKernel($0) }
        _ = features.update(
            fromContentsOf: UnsafeBufferPointer(
                start: scratch.features.bytes,
                count: plan.network.featureCount
            )
        )
    }
}

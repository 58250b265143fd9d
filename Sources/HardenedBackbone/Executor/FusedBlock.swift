import CShiftKernels
import QuantizedTensors

/// A widening layer (stem or expand), the depthwise layer behind it and the projection, executed together by
/// bands of rows, so that the wide tensors between them never leave the near caches.
struct FusedBlock: BitwiseCopyable {
    private let wide: LayerKernel
    private let depthwise: LayerKernel
    private let project: LayerKernel
    /// Output rows of a full band.
    private let bandRows: Int
    /// Rows in the ring between the widening and the depthwise layer.
    private let slots: Int

    /// Describes the block whose widening layer is `plan.network.layers[first]`.
    init(_ plan: BackbonePlan, first: Int) {
        func kernel(_ index: Int) -> LayerKernel {
            LayerKernel(plan.network.layers[index], plan.storage.layers[index], plan.storage.kernels)
        }
        wide = kernel(first)
        depthwise = kernel(first + 1)
        project = kernel(first + 2)
        (bandRows, slots) = Self.bands(wide: wide, depthwise: depthwise)
    }

    /// Bytes that the ring and the band of filtered rows take.
    var ringBytes: Int { slots * wide.outputRowBytes }
    /// Bytes of the band of filtered rows.
    var bandBytes: Int { bandRows * depthwise.outputRowBytes }
    /// Bytes of a row of zeros.
    var zeroBytes: Int { wide.outputRowBytes }
    /// Bytes of the block's output.
    var outputBytes: Int { project.outputShape.elementCount }
    /// Target size of what a band touches.
    ///
    /// Chosen by measurement; see the performance notes.
    private static let bandBudget = 256 * 1024

    private static func bands(wide: LayerKernel, depthwise: LayerKernel) -> (rows: Int, slots: Int) {
        let height = depthwise.outputShape.height
        let stride = depthwise.stride
        func slots(_ rows: Int) -> Int { min(wide.outputShape.height, rows * stride + 3 - stride) }
        func bytes(_ rows: Int) -> Int {
            slots(rows) * wide.outputRowBytes + rows * depthwise.outputRowBytes
        }
        var rows = min(2, height)
        while rows < height, bytes(rows + 2) <= bandBudget { rows += 2 }
        // Bands of nearly equal height, in whole pairs of rows.
        let bands = (height + rows - 1) / rows
        rows = min(height, ((height + bands - 1) / bands + 1) / 2 * 2)
        return (rows, slots(rows))
    }

    /// Executes the block.
    ///
    /// - Parameters:
    ///   - input: the padded image for the stem's block, else the output of the block before.
    ///   - output: the block's output; overlaps no input.
    ///   - scratch: ring, band and zeros, of at least the sizes above.
    func run(
        input: UnsafeMutablePointer<UInt8>, output: UnsafeMutablePointer<UInt8>, scratch: BackboneScratch
    ) {
        let ring = scratch.ring
        let band = scratch.band
        let zeros = scratch.zeros
        let height = depthwise.outputShape.height
        let stride = depthwise.stride
        var widened = 0
        var first = 0
        while first < height {
            let rows = min(bandRows, height - first)
            // The last input row that these output rows read.
            let needed = min(wide.outputShape.height, (first + rows - 1) * stride + 2)
            while widened < needed {
                let slot = widened % slots
                let count = min(needed - widened, slots - slot)
                widen(input, first: widened, rows: count, output: ring + slot * wide.outputRowBytes)
                widened += count
            }
            depthwise.runDepthwise(
                first: first, rows: rows, input: ring, slots: slots, zeros: zeros, output: band)
            let offset = first * project.outputRowBytes
            project.runPointwise(
                input: band, residual: input + offset, rows: rows, output: output + offset)
            first += rows
        }
    }

    private func widen(
        _ input: UnsafeMutablePointer<UInt8>, first: Int, rows: Int, output: UnsafeMutablePointer<UInt8>
    ) {
        if wide.isStem {
            wide.runStem(image: input, first: first, rows: rows, output: output)
        } else {
            wide.runPointwise(
                input: input + first * wide.inputRowBytes, residual: nil, rows: rows, output: output)
        }
    }
}

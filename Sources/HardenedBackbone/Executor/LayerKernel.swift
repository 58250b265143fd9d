import CShiftKernels
import QuantizedTensors

/// One layer bound to its kernel and its packed numbers; where it reads and writes is said at each call.
///
/// Only numbers and pointers, so that copies cost nothing: counting references in the loop over rows took 2 % of a
/// core. The pointers are valid as long as the plan's storage.
struct LayerKernel: BitwiseCopyable {
    typealias Bytes = UnsafeMutablePointer<UInt8>
    typealias PointwiseFunction = @convention(c) (UnsafePointer<hsf_conv1x1_args>?) -> Void
    typealias DepthwiseFunction = @convention(c) (UnsafePointer<hsf_depthwise_args>?) -> Void
    typealias StemFunction = @convention(c) (UnsafePointer<hsf_stem_args>?) -> Void

    /// Whether the layer is the stem.
    let isStem: Bool
    /// Step between the filter's places.
    let stride: Int
    /// Shape of the input tensor.
    let inputShape: TensorShape
    /// Shape of the output tensor.
    let outputShape: TensorShape

    private let weights: UnsafePointer<Int8>
    private let bias: UnsafePointer<Int32>
    private let shift: UnsafePointer<Int32>
    private let residualShift: UnsafePointer<Int32>?
    private let pointwise: PointwiseFunction
    private let depthwise: DepthwiseFunction
    private let stem: StemFunction

    init(_ layer: NetworkLayer, _ packed: PackedLayer, _ kernels: hsf_kernels) {
        isStem = layer.kind == .stem
        stride = layer.stride
        inputShape = layer.input
        outputShape = layer.output
        weights = UnsafePointer(packed.weights.pointer(to: Int8.self))
        bias = UnsafePointer(packed.bias.pointer(to: Int32.self))
        shift = UnsafePointer(packed.shift.pointer(to: Int32.self))
        residualShift = packed.residualShift.map { UnsafePointer($0.pointer(to: Int32.self)) }
        pointwise = kernels.conv1x1
        depthwise = layer.stride == 1 ? kernels.depthwise_s1 : kernels.depthwise_s2
        stem = kernels.stem
    }

    /// Bytes of one row of the layer's input.
    var inputRowBytes: Int { inputShape.width * inputShape.channels }
    /// Bytes of one row of the layer's output.
    var outputRowBytes: Int { outputShape.width * outputShape.channels }

    /// Computes `rows` whole output rows of a stem from row `first` on.
    ///
    /// - Parameters:
    ///   - image: the image with its border of one pixel.
    ///   - output: where output row `first` goes.
    func runStem(image: Bytes, first: Int, rows: Int, output: Bytes) {
        let arguments = hsf_stem_args(
            input: image + first * 2 * (inputShape.width + 2) * 3,
            weights: weights,
            bias: bias,
            shift: shift,
            output: output,
            height: rows * 2,
            width: inputShape.width,
            output_channels: outputShape.channels
        )
        withUnsafePointer(to: arguments) { stem($0) }
    }

    /// Computes `rows` whole rows of a 1x1 layer.
    ///
    /// - Parameters:
    ///   - residual: the bytes to add, at the same place as `output`; ignored by layers without a residual.
    func runPointwise(input: Bytes, residual: Bytes?, rows: Int, output: Bytes) {
        let arguments = hsf_conv1x1_args(
            input: input,
            weights: weights,
            bias: bias,
            shift: shift,
            residual: residualShift == nil ? nil : residual,
            residual_shift: residualShift,
            output: output,
            pixels: rows * outputShape.width,
            input_channels: inputShape.channels,
            output_channels: outputShape.channels
        )
        withUnsafePointer(to: arguments) { pointwise($0) }
    }

    /// Computes output rows of a depthwise layer, in pairs at stride 1.
    ///
    /// - Parameters:
    ///   - first: the first output row.
    ///   - rows: how many.
    ///   - input: a ring of `slots` input rows, row `r` in slot `r % slots`, holding all rows that are read.
    ///   - zeros: a row of zeros.
    ///   - output: where output row `first` goes.
    func runDepthwise(first: Int, rows: Int, input: Bytes, slots: Int, zeros: Bytes, output: Bytes) {
        var arguments = hsf_depthwise_args()
        arguments.weights = weights
        arguments.bias = bias
        arguments.shift = shift
        arguments.width = inputShape.width
        arguments.channels = inputShape.channels
        func source(_ row: Int) -> UnsafePointer<UInt8> {
            let isInside = row >= 0 && row < inputShape.height
            return UnsafePointer(isInside ? input + row % slots * inputRowBytes : zeros)
        }
        var done = 0
        while done < rows {
            let pair = stride == 1 && done + 1 < rows
            let top = (first + done) * stride - 1
            let target = output + done * outputRowBytes
            arguments.rows = (
                source(top), source(top + 1), source(top + 2), pair ? source(top + 3) : nil
            )
            arguments.outputs = (target, pair ? target + outputRowBytes : nil)
            withUnsafePointer(to: arguments) { depthwise($0) }
            done += pair ? 2 : 1
        }
    }
}

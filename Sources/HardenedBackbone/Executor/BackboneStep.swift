import CShiftKernels
import QuantizedTensors

/// One layer bound to its kernel, its packed numbers and its buffers.
struct BackboneStep {
    private enum Call {
        case stem(@convention(c) (UnsafePointer<hsf_stem_args>?) -> Void, hsf_stem_args)
        case depthwise(@convention(c) (UnsafePointer<hsf_depthwise_args>?) -> Void, hsf_depthwise_args)
        case conv1x1(@convention(c) (UnsafePointer<hsf_conv1x1_args>?) -> Void, hsf_conv1x1_args)
    }

    private let call: Call
    /// Where the layer's output lies; signed outputs as `x + 128`.
    let output: UnsafeMutablePointer<UInt8>

    /// Executes the layer.
    func run() {
        switch call {
        case .stem(let kernel, let arguments): withUnsafePointer(to: arguments) { kernel($0) }
        case .depthwise(let kernel, let arguments): withUnsafePointer(to: arguments) { kernel($0) }
        case .conv1x1(let kernel, let arguments): withUnsafePointer(to: arguments) { kernel($0) }
        }
    }

    /// Binds all layers of `plan` to the buffers of `scratch`, both of which must outlive the steps.
    static func steps(of plan: BackbonePlan, scratch: BackboneScratch) -> [BackboneStep] {
        var outputs: [UnsafeMutablePointer<UInt8>] = []
        var projections = 0
        return plan.network.layers.enumerated().map { index, layer in
            let output: UnsafeMutablePointer<UInt8>
            switch layer.kind {
            case .stem, .expand, .last: output = scratch.wide.bytes
            case .depthwise: output = scratch.filtered.bytes
            case .project:
                output = scratch.linear[projections % 2].bytes
                projections += 1
            }
            let input = index == 0 ? scratch.image.bytes : outputs[index - 1]
            let residual = layer.residualSource.map { outputs[$0] }
            precondition(input != output && residual != output, "no layer overwrites what it reads")
            outputs.append(output)
            let call = call(
                layer,
                plan.storage.layers[index],
                plan.storage.kernels,
                input: input,
                residual: residual,
                output: output,
                zeros: scratch.zeros.bytes
            )
            return BackboneStep(call: call, output: output)
        }
    }

    private static func call(
        _ layer: NetworkLayer,
        _ packed: PackedLayer,
        _ kernels: hsf_kernels,
        input: UnsafeMutablePointer<UInt8>,
        residual: UnsafeMutablePointer<UInt8>?,
        output: UnsafeMutablePointer<UInt8>,
        zeros: UnsafeMutablePointer<UInt8>
    ) -> Call {
        let weights = UnsafePointer(packed.weights.pointer(to: Int8.self))
        let bias = UnsafePointer(packed.bias.pointer(to: Int32.self))
        let shift = UnsafePointer(packed.shift.pointer(to: Int32.self))
        switch layer.kind {
        case .stem:
            return .stem(
                kernels.stem,
                hsf_stem_args(
                    input: input,
                    weights: weights,
                    bias: bias,
                    shift: shift,
                    output: output,
                    height: layer.input.height,
                    width: layer.input.width,
                    output_channels: layer.output.channels
                )
            )
        case .depthwise:
            return .depthwise(
                layer.stride == 1 ? kernels.depthwise_s1 : kernels.depthwise_s2,
                hsf_depthwise_args(
                    input: input,
                    weights: weights,
                    bias: bias,
                    shift: shift,
                    zeros: zeros,
                    output: output,
                    height: layer.input.height,
                    width: layer.input.width,
                    channels: layer.input.channels
                )
            )
        case .expand, .project, .last:
            return .conv1x1(
                kernels.conv1x1,
                hsf_conv1x1_args(
                    input: input,
                    weights: weights,
                    bias: bias,
                    shift: shift,
                    residual: residual,
                    residual_shift: packed.residualShift.map { UnsafePointer($0.pointer(to: Int32.self)) },
                    output: output,
                    pixels: layer.output.pixelCount,
                    input_channels: layer.input.channels,
                    output_channels: layer.output.channels
                )
            )
        }
    }
}

internal import HardenedBackbone
internal import QuantizedTensors

/// The two kernels that read neighbouring pixels. A pixel outside the image is zero.
enum FilterKernels {
    /// 3x3, one filter per channel, ReLU6.
    ///
    /// - Shape: `weights` `[tap, channel]`; `input` and `output` in the layer's shapes.
    static func depthwise(
        _ layer: NetworkLayer,
        input: UnsafePointer<Float>,
        weights: UnsafePointer<Float>,
        bias: UnsafePointer<Float>,
        output: UnsafeMutablePointer<Float>
    ) {
        let channels = layer.output.channels
        for row in 0..<layer.output.height {
            for column in 0..<layer.output.width {
                let target = output + (row &* layer.output.width &+ column) &* channels
                let top = row &* layer.stride &- 1
                let left = column &* layer.stride &- 1
                let rows = max(0, -top)..<min(3, layer.input.height &- top)
                let columns = max(0, -left)..<min(3, layer.input.width &- left)
                let isInside = rows.count == 3 && columns.count == 3
                let corner = (top &* layer.input.width &+ left) &* channels
                var channel = 0
                while channel < channels {
                    var sum = load(bias + channel)
                    let (taps, pixels) = (weights + channel, input + (corner &+ channel))
                    if isInside {
                        for y in 0..<3 {
                            for x in 0..<3 {
                                let pixel = load(pixels + (y &* layer.input.width &+ x) &* channels)
                                sum += pixel * load(taps + (y &* 3 &+ x) &* channels)
                            }
                        }
                    } else {
                        for y in rows {
                            for x in columns {
                                let pixel = load(pixels + (y &* layer.input.width &+ x) &* channels)
                                sum += pixel * load(taps + (y &* 3 &+ x) &* channels)
                            }
                        }
                    }
                    UnsafeMutableRawPointer(target + channel).storeBytes(
                        of: MatrixKernel.clipped(sum), as: SIMD8<Float>.self)
                    channel &+= PackedFloatLayer.lanes
                }
            }
        }
    }

    /// The 27 values under the stem's window, for every pixel of one output row.
    ///
    /// - Shape: `patches` `[output columns, 3 colours, 9 taps]`, the order of the stem's weights.
    static func patches(
        _ layer: NetworkLayer,
        row: Int,
        input: UnsafePointer<Float>,
        patches: UnsafeMutablePointer<Float>
    ) {
        for column in 0..<layer.output.width {
            let patch = patches + column &* 27
            for tap in 0..<9 {
                let y = row &* layer.stride &+ tap / 3 &- 1
                let x = column &* layer.stride &+ tap % 3 &- 1
                let isInside = y >= 0 && y < layer.input.height && x >= 0 && x < layer.input.width
                let source = (y &* layer.input.width &+ x) &* 3
                for colour in 0..<3 { patch[colour &* 9 &+ tap] = isInside ? input[source &+ colour] : 0 }
            }
        }
    }

    @inline(__always)
    private static func load(_ pointer: UnsafePointer<Float>) -> SIMD8<Float> {
        UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<Float>.self)
    }
}

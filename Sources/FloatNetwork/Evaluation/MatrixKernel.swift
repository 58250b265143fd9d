/// `output[p, c] = activation(bias[c] + sum over k of input[p, k] * weight[c, k]) + residual[p, c]`.
///
/// Every sum starts at the bias and runs over `k` in order, without fused multiply-adds, so that results are
/// the same bits on every machine, for any number of threads.
enum MatrixKernel {
    /// Pixels that one step computes.
    private static let rows = 4
    /// Inputs of one tile, in floats: half of a small first-level cache.
    private static let tileFloats = 4096

    /// The matrix of one product.
    struct Operands {
        /// Pixels.
        let pixels: Int
        /// Output channels, a multiple of eight.
        let channels: Int
        /// Input channels.
        let depth: Int
        /// Whether results are clipped to `0...6`.
        let clips: Bool
    }

    /// Runs one layer.
    ///
    /// - Shape: `input` `[pixels, depth]`; `weights` packed by ``PackedFloatLayer``; `output` and `residual`
    ///   `[pixels, channels]`.
    static func run(
        _ shape: Operands,
        input: UnsafePointer<Float>,
        weights: UnsafePointer<Float>,
        bias: UnsafePointer<Float>,
        residual: UnsafePointer<Float>?,
        output: UnsafeMutablePointer<Float>
    ) {
        let tile = max(rows, tileFloats / shape.depth / rows * rows)
        var start = 0
        while start < shape.pixels {
            let end = min(start &+ tile, shape.pixels)
            var channel = 0
            while channel < shape.channels {
                let panel = weights + channel &* shape.depth
                var pixel = start
                while pixel &+ rows <= end {
                    let source = input + pixel &* shape.depth
                    let sums = fourPixels(source, panel, bias + channel, depth: shape.depth)
                    let offset = pixel &* shape.channels &+ channel
                    store(sums.0, shape, offset, residual, output)
                    store(sums.1, shape, offset &+ shape.channels, residual, output)
                    store(sums.2, shape, offset &+ 2 &* shape.channels, residual, output)
                    store(sums.3, shape, offset &+ 3 &* shape.channels, residual, output)
                    pixel &+= rows
                }
                while pixel < end {
                    let sum = onePixel(
                        input + pixel &* shape.depth, panel, bias + channel, depth: shape.depth)
                    store(sum, shape, pixel &* shape.channels &+ channel, residual, output)
                    pixel &+= 1
                }
                channel &+= PackedFloatLayer.lanes
            }
            start = end
        }
    }

    @inline(__always)
    private static func load(_ pointer: UnsafePointer<Float>) -> SIMD8<Float> {
        UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<Float>.self)
    }

    @inline(__always)
    private static func fourPixels(
        _ input: UnsafePointer<Float>,
        _ panel: UnsafePointer<Float>,
        _ bias: UnsafePointer<Float>,
        depth: Int
    ) -> (SIMD8<Float>, SIMD8<Float>, SIMD8<Float>, SIMD8<Float>) {
        var a = load(bias)
        var (b, c, d) = (a, a, a)
        for k in 0..<depth {
            let weight = load(panel + k &* PackedFloatLayer.lanes)
            a += weight * input[k]
            b += weight * input[k &+ depth]
            c += weight * input[k &+ 2 &* depth]
            d += weight * input[k &+ 3 &* depth]
        }
        return (a, b, c, d)
    }

    @inline(__always)
    private static func onePixel(
        _ input: UnsafePointer<Float>,
        _ panel: UnsafePointer<Float>,
        _ bias: UnsafePointer<Float>,
        depth: Int
    ) -> SIMD8<Float> {
        var sum = load(bias)
        for k in 0..<depth { sum += load(panel + k &* PackedFloatLayer.lanes) * input[k] }
        return sum
    }

    @inline(__always)
    private static func store(
        _ sum: SIMD8<Float>,
        _ shape: Operands,
        _ offset: Int,
        _ residual: UnsafePointer<Float>?,
        _ output: UnsafeMutablePointer<Float>
    ) {
        var value = shape.clips ? clipped(sum) : sum
        if let residual { value += load(residual + offset) }
        UnsafeMutableRawPointer(output + offset).storeBytes(of: value, as: SIMD8<Float>.self)
    }

    /// ReLU6.
    @inline(__always)
    static func clipped(_ value: SIMD8<Float>) -> SIMD8<Float> {
        let zero = SIMD8<Float>(repeating: 0)
        let six = SIMD8<Float>(repeating: 6)
        let low = value.replacing(with: zero, where: value .< zero)
        return low.replacing(with: six, where: low .> six)
    }
}

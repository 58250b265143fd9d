package import HardenedBackbone
internal import QuantizedTensors

/// Runs one hardened layer alone: what the layers behind it are calibrated on.
///
/// A third formulation beside reference and executor, laid out for 16-bit dot products; all three must agree.
package struct ByteLayer: Sendable {
    private let layer: NetworkLayer
    private let parameters: LayerParameters
    private let padding: [UInt8]
    /// `[channels, patch]`, or `[9, channels]` for depthwise layers.
    private let weights: [Int16]

    /// Prepares a layer; `padding` is the mean colour that surrounds the stem's image.
    package init(_ layer: NetworkLayer, _ parameters: LayerParameters, padding: [UInt8]) {
        self.layer = layer
        self.parameters = parameters
        self.padding = padding
        if layer.kind == .depthwise {
            let channels = layer.output.channels
            weights = (0..<9).flatMap { tap in
                (0..<channels).map { Int16(parameters.weights[$0 * 9 + tap]) }
            }
        } else {
            weights = parameters.weights.map(Int16.init)
        }
    }

    /// The layer's output bytes; signed ones as two's complement.
    package func run(_ input: [UInt8], residual: [UInt8]?) -> [UInt8] {
        switch layer.inputType {
        case .u8: run(PatchReader<UInt8>(layer, padding: padding.map(Int16.init)), input, residual)
        case .s8: run(PatchReader<Int8>(layer), input.map { Int8(bitPattern: $0) }, residual)
        }
    }

    private func run<Element: PatchElement>(
        _ reader: PatchReader<Element>, _ input: [Element], _ residual: [UInt8]?
    ) -> [UInt8] where Element.Gathered == Int16 {
        let channels = layer.output.channels
        var patch = [Int16](repeating: 0, count: reader.count)
        var sums = [Int32](repeating: 0, count: channels)
        var output = [UInt8](repeating: 0, count: layer.output.elementCount)
        input.withUnsafeBufferPointer { input in
            patch.withUnsafeMutableBufferPointer { patch in
                sums.withUnsafeMutableBufferPointer { sums in
                    output.withUnsafeMutableBufferPointer { output in
                        guard let input = input.baseAddress, let patch = patch.baseAddress else { return }
                        for pixel in 0..<layer.output.pixelCount {
                            reader.read(pixel, from: input, into: patch)
                            multiply(patch, count: reader.count, into: sums)
                            finish(sums, residual, pixel &* channels, into: output)
                        }
                    }
                }
            }
        }
        return output
    }

    private func multiply(
        _ patch: UnsafePointer<Int16>, count: Int, into sums: UnsafeMutableBufferPointer<Int32>
    ) {
        weights.withUnsafeBufferPointer { weights in
            guard let weights = weights.baseAddress else { return }
            let channels = sums.count
            if layer.kind == .depthwise {
                for channel in 0..<channels { sums[channel] = 0 }
                for tap in 0..<9 {
                    for channel in 0..<channels {
                        let index = tap &* channels &+ channel
                        sums[channel] &+= Int32(weights[index]) &* Int32(patch[index])
                    }
                }
            } else {
                for channel in 0..<channels {
                    let row = weights + channel &* count
                    var sum: Int32 = 0
                    for index in 0..<count { sum &+= Int32(row[index]) &* Int32(patch[index]) }
                    sums[channel] = sum
                }
            }
        }
    }

    private func finish(
        _ sums: UnsafeMutableBufferPointer<Int32>, _ residual: [UInt8]?, _ start: Int,
        into output: UnsafeMutableBufferPointer<UInt8>
    ) {
        for channel in 0..<sums.count {
            let added = residual.map { Int32(Int8(bitPattern: $0[start &+ channel])) } ?? 0
            let value = Requantization.requantize(
                accumulator: sums[channel] &+ parameters.bias[channel], residual: added,
                shift: parameters.shift[channel], residualShift: parameters.residualShift,
                to: layer.outputType)
            output[start &+ channel] = layer.outputType.byte(of: value)
        }
    }
}

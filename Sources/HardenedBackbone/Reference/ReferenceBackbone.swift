import QuantizedTensors

/// The datapath in plain Swift: the definition that every fast executor must equal to the bit.
public enum ReferenceBackbone {
    /// Runs one image through all layers and the pool.
    ///
    /// - Parameters:
    ///   - artifact: the frozen numbers.
    ///   - image: `[inputSize, inputSize, 3]` RGB bytes.
    ///   - observe: called after each layer with its index and output bytes (`[height, width, channels]`,
    ///     signed outputs as two's complement).
    /// - Returns: `[featureCount]` feature bytes.
    public static func run(
        _ artifact: BackboneArtifact,
        image: [UInt8],
        observe: (Int, [UInt8]) -> Void = { _, _ in }
    ) -> [UInt8] {
        let network = artifact.network
        precondition(image.count == network.imageBytes, "the image has inputSize * inputSize * 3 bytes")
        var outputs: [[UInt8]] = []
        for (index, layer) in network.layers.enumerated() {
            let input = index == 0 ? image : outputs[index - 1]
            let residual = layer.residualSource.map { outputs[$0] }
            let sums = convolve(layer, artifact.layers[index].weights, input, padding: artifact.inputMean)
            let output = requantize(layer, artifact.layers[index], sums, residual: residual)
            observe(index, output)
            outputs.append(output)
        }
        return pool(outputs[outputs.count - 1], shape: network.pooledShape, shift: artifact.poolShift)
    }

    /// Sums of `weight * input` for every output element, without the bias.
    ///
    /// - Shape: `[height, width, channels]` of the layer's output.
    /// - Range: within ±15.7 million for the widest layer.
    package static func convolve(
        _ layer: NetworkLayer,
        _ weights: [Int8],
        _ input: [UInt8],
        padding: [UInt8]
    ) -> [Int32] {
        var sums = [Int32](repeating: 0, count: layer.output.elementCount)
        sums.withUnsafeMutableBufferPointer { sums in
            weights.withUnsafeBufferPointer { weights in
                input.withUnsafeBufferPointer { input in
                    switch layer.kind {
                    case .stem: stem(layer, weights, input, padding, sums)
                    case .depthwise: depthwise(layer, weights, input, sums)
                    case .expand, .project, .last: pointwise(layer, weights, input, sums)
                    }
                }
            }
        }
        return sums
    }

    /// Adds bias and residual, shifts, rounds and saturates.
    ///
    /// - Shape: `[height, width, channels]` of the layer's output.
    package static func requantize(
        _ layer: NetworkLayer,
        _ parameters: LayerParameters,
        _ sums: [Int32],
        residual: [UInt8]?
    ) -> [UInt8] {
        let channels = layer.output.channels
        var output = [UInt8](repeating: 0, count: sums.count)
        for pixel in 0..<layer.output.pixelCount {
            for channel in 0..<channels {
                let element = pixel &* channels &+ channel
                let value = Requantization.requantize(
                    accumulator: sums[element] &+ parameters.bias[channel],
                    residual: residual.map { ActivationType.s8.value(of: $0[element]) } ?? 0,
                    shift: parameters.shift[channel],
                    residualShift: parameters.residualShift,
                    to: layer.outputType
                )
                output[element] = layer.outputType.byte(of: value)
            }
        }
        return output
    }

    /// Average pool over all pixels.
    package static func pool(_ input: [UInt8], shape: TensorShape, shift: UInt8) -> [UInt8] {
        (0..<shape.channels).map { channel in
            var sum: Int32 = 0
            for pixel in 0..<shape.pixelCount { sum += Int32(input[pixel * shape.channels + channel]) }
            return Pooling.feature(sum: sum, shift: shift)
        }
    }
}

extension ReferenceBackbone {
    private typealias Weights = UnsafeBufferPointer<Int8>
    private typealias Bytes = UnsafeBufferPointer<UInt8>
    private typealias Sums = UnsafeMutableBufferPointer<Int32>

    /// 3x3, stride 2, over RGB. A pixel outside the image has the mean colour, so that it contributes exactly
    /// what the bias takes away.
    private static func stem(
        _ layer: NetworkLayer,
        _ weights: Weights,
        _ input: Bytes,
        _ padding: [UInt8],
        _ sums: Sums
    ) {
        for row in 0..<layer.output.height {
            for column in 0..<layer.output.width {
                for channel in 0..<layer.output.channels {
                    var sum: Int32 = 0
                    for colour in 0..<3 {
                        for tap in 0..<9 {
                            let y = row &* layer.stride &+ tap / 3 &- 1
                            let x = column &* layer.stride &+ tap % 3 &- 1
                            let isInside =
                                y >= 0 && y < layer.input.height && x >= 0 && x < layer.input.width
                            let value =
                                isInside
                                ? input[layer.input.offset(row: y, column: x, channel: colour)]
                                : padding[colour]
                            let weight = weights[(channel &* 3 &+ colour) &* 9 &+ tap]
                            sum &+= Int32(weight) &* Int32(value)
                        }
                    }
                    sums[layer.output.offset(row: row, column: column, channel: channel)] = sum
                }
            }
        }
    }

    /// 3x3, one filter per channel, over unsigned bytes. A pixel outside the image is zero.
    private static func depthwise(
        _ layer: NetworkLayer,
        _ weights: Weights,
        _ input: Bytes,
        _ sums: Sums
    ) {
        for row in 0..<layer.output.height {
            for column in 0..<layer.output.width {
                for tap in 0..<9 {
                    let y = row &* layer.stride &+ tap / 3 &- 1
                    let x = column &* layer.stride &+ tap % 3 &- 1
                    guard y >= 0, y < layer.input.height, x >= 0, x < layer.input.width else { continue }
                    let source = layer.input.offset(row: y, column: x, channel: 0)
                    let target = layer.output.offset(row: row, column: column, channel: 0)
                    for channel in 0..<layer.output.channels {
                        sums[target &+ channel] &+=
                            Int32(weights[channel &* 9 &+ tap]) &* Int32(input[source &+ channel])
                    }
                }
            }
        }
    }

    /// 1x1 over unsigned or signed bytes: one dot product per output element.
    private static func pointwise(
        _ layer: NetworkLayer,
        _ weights: Weights,
        _ input: Bytes,
        _ sums: Sums
    ) {
        let depth = layer.input.channels
        let channels = layer.output.channels
        let isSigned = layer.inputType == .s8
        for pixel in 0..<layer.output.pixelCount {
            for channel in 0..<channels {
                var sum: Int32 = 0
                if isSigned {
                    for index in 0..<depth {
                        let value = Int32(Int8(bitPattern: input[pixel &* depth &+ index]))
                        sum &+= Int32(weights[channel &* depth &+ index]) &* value
                    }
                } else {
                    for index in 0..<depth {
                        let value = Int32(input[pixel &* depth &+ index])
                        sum &+= Int32(weights[channel &* depth &+ index]) &* value
                    }
                }
                sums[pixel &* channels &+ channel] = sum
            }
        }
    }
}

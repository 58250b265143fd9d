import CShiftKernels
import QuantizedTensors

/// One layer's numbers in the order that the kernels read, with all offsets folded into the bias.
///
/// Signed tensors live in the executor as `x + 128`, so that kernels see unsigned bytes only. The header of
/// CShiftKernels states the orders and the folding.
struct PackedLayer {
    let weights: AlignedStorage
    let bias: AlignedStorage
    let shift: AlignedStorage
    /// Left shift of the residual bytes, or `nil` where nothing is added.
    let residualShift: AlignedStorage?

    /// Packs one layer for the kernels that will read it.
    init(_ layer: NetworkLayer, _ parameters: LayerParameters, for kernels: hsf_kernels) {
        let bias = Self.foldedBias(layer, parameters, inputOffset: kernels.input_offset)
        let shift = parameters.shift.map { Int32($0) }
        switch layer.kind {
        case .depthwise:
            let order = DepthwiseOrder(channels: layer.output.channels, largestBlock: kernels.depthwise_block)
            weights = AlignedStorage(order.packed(weights: parameters.weights))
            self.bias = AlignedStorage(order.packed(bias))
            self.shift = AlignedStorage(order.packed(shift))
            residualShift = nil
        case .stem, .expand, .project, .last:
            let rows = layer.kind == .stem ? Self.stemRows(parameters.weights) : parameters.weights
            let depth = rows.count / layer.output.channels
            weights = AlignedStorage(Self.dotProductOrder(rows, depth: depth))
            self.bias = AlignedStorage(Self.padded(bias, toMultipleOf: 16))
            self.shift = AlignedStorage(Self.padded(shift, toMultipleOf: 16))
            let alignment = shift.map { $0 + Int32(parameters.residualShift) }
            residualShift =
                layer.residualSource == nil
                ? nil : AlignedStorage(Self.padded(alignment, toMultipleOf: 16))
        }
    }

    /// Bias plus rounding constant plus the offsets of signed inputs, residuals and outputs.
    ///
    /// - Parameter inputOffset: 128 for kernels that read unsigned bytes as `x - 128`, else 0.
    /// - Range: within `±2^29`: the parts are at most 2^24, 2^19, 2^23, 2^27, 2^27 and 2^23.
    private static func foldedBias(
        _ layer: NetworkLayer, _ parameters: LayerParameters, inputOffset: Int32
    ) -> [Int32] {
        let count = layer.weightsPerChannel
        return parameters.bias.indices.map { channel in
            let shift = Int32(parameters.shift[channel])
            var bias = parameters.bias[channel]
            if shift > 0 { bias += 1 << (shift - 1) }
            let channelWeights = parameters.weights[channel * count..<(channel + 1) * count]
            let sum = channelWeights.reduce(Int32(0)) { $0 + Int32($1) }
            if layer.inputType == .s8 { bias -= 128 * sum }
            bias += inputOffset * sum
            if layer.residualSource != nil { bias -= 128 << (shift + Int32(parameters.residualShift)) }
            if layer.outputType == .s8 { bias += 128 << shift }
            return bias
        }
    }

    /// `[channels][colour, row, column]` to `[channels][row][column, colour, 3 zeros]`.
    private static func stemRows(_ weights: [Int8]) -> [Int8] {
        let channels = weights.count / 27
        var rows = [Int8](repeating: 0, count: channels * 36)
        for channel in 0..<channels {
            for colour in 0..<3 {
                for tap in 0..<9 {
                    rows[channel * 36 + tap / 3 * 12 + tap % 3 * 3 + colour] =
                        weights[(channel * 3 + colour) * 9 + tap]
                }
            }
        }
        return rows
    }

    /// `[channels][depth]` to blocks of 16 channels and groups of 4 depths.
    private static func dotProductOrder(_ weights: [Int8], depth: Int) -> [Int8] {
        let channels = weights.count / depth
        precondition(depth.isMultiple(of: 4), "channel counts are multiples of 8")
        var packed = [Int8](repeating: 0, count: (channels + 15) / 16 * 16 * depth)
        for channel in 0..<channels {
            for index in 0..<depth {
                let group = channel / 16 * (depth / 4) + index / 4
                packed[(group * 16 + channel % 16) * 4 + index % 4] = weights[channel * depth + index]
            }
        }
        return packed
    }

    private static func padded(_ values: [Int32], toMultipleOf multiple: Int) -> [Int32] {
        values + [Int32](repeating: 0, count: (multiple - values.count % multiple) % multiple)
    }
}

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

    init(_ layer: NetworkLayer, _ parameters: LayerParameters) {
        let bias = Self.foldedBias(layer, parameters)
        let shift = parameters.shift.map { Int32($0) }
        switch layer.kind {
        case .depthwise:
            weights = AlignedStorage(Self.depthwiseOrder(parameters.weights, channels: layer.output.channels))
            self.bias = AlignedStorage(Self.depthwiseOrder(bias))
            self.shift = AlignedStorage(Self.depthwiseOrder(shift))
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
    /// - Range: within `±2^29`: the parts are at most 2^24, 2^19, 2^23, 2^27 and 2^27.
    private static func foldedBias(_ layer: NetworkLayer, _ parameters: LayerParameters) -> [Int32] {
        let count = layer.weightsPerChannel
        return parameters.bias.indices.map { channel in
            let shift = Int32(parameters.shift[channel])
            var bias = parameters.bias[channel]
            if shift > 0 { bias += 1 << (shift - 1) }
            if layer.inputType == .s8 {
                let channelWeights = parameters.weights[channel * count..<(channel + 1) * count]
                bias -= 128 * channelWeights.reduce(Int32(0)) { $0 + Int32($1) }
            }
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

    /// `[channels][row][column]` to blocks of 32 channels, kernel columns, channels, rows.
    private static func depthwiseOrder(_ weights: [Int8], channels: Int) -> [Int8] {
        var packed = [Int8](repeating: 0, count: (channels + 31) / 32 * 384)
        for channel in 0..<channels {
            for tap in 0..<9 {
                let column = (channel / 32 * 3 + tap % 3) * 32 + depthwisePosition(channel)
                packed[column * 4 + tap / 3] = weights[channel * 9 + tap]
            }
        }
        return packed
    }

    private static func depthwiseOrder(_ values: [Int32]) -> [Int32] {
        var packed = [Int32](repeating: 0, count: (values.count + 31) / 32 * 32)
        for (channel, value) in values.enumerated() {
            packed[channel / 32 * 32 + depthwisePosition(channel)] = value
        }
        return packed
    }

    private static func depthwisePosition(_ channel: Int) -> Int {
        channel % 16 / 4 * 8 + channel % 32 / 16 * 4 + channel % 4
    }

    private static func padded(_ values: [Int32], toMultipleOf multiple: Int) -> [Int32] {
        values + [Int32](repeating: 0, count: (multiple - values.count % multiple) % multiple)
    }
}

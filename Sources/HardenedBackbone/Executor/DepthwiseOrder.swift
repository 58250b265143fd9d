import CShiftKernels

/// The order in which depthwise kernels read channels: blocks, and four channels of each vector lane in turn
/// within a block. The header of CShiftKernels states it.
struct DepthwiseOrder {
    private let positions: [(block: Int, size: Int, position: Int)]
    private let paddedCount: Int

    /// The order of `channels` channels for kernels whose largest block has `largestBlock`.
    init(channels: Int, largestBlock: Int) {
        var positions: [(block: Int, size: Int, position: Int)] = []
        while positions.count < channels {
            let start = positions.count
            let size = hsf_depthwise_block(largestBlock, channels - start)
            for channel in 0..<min(size, channels - start) {
                let position = channel % 16 / 4 * (size / 4) + channel / 16 * 4 + channel % 4
                positions.append((start, size, position))
            }
        }
        self.positions = positions
        paddedCount = (channels + 63) / 64 * 64
    }

    /// Values of channels in this order, with zeros behind the last.
    func packed(_ values: [Int32]) -> [Int32] {
        var packed = [Int32](repeating: 0, count: paddedCount)
        for (value, place) in zip(values, positions) { packed[place.block + place.position] = value }
        return packed
    }

    /// Weights `[channels][row][column]` in this order, for the upper and the lower of two output rows.
    func packed(weights: [Int8]) -> [Int8] {
        var packed = [Int8](repeating: 0, count: paddedCount * 24)
        for (channel, place) in positions.enumerated() {
            for row in 0..<2 {
                for tap in 0..<9 {
                    let column = (row * 3 + tap % 3) * place.size + place.position
                    packed[place.block * 24 + column * 4 + tap / 3 + row] = weights[channel * 9 + tap]
                }
            }
        }
        return packed
    }
}

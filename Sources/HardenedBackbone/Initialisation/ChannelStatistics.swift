import QuantizedTensors

/// Mean and spread of every output channel's accumulator over the calibration images, in integers.
struct ChannelStatistics {
    private var pivots: [Int32] = []
    private var sums: [Int64] = []
    private var squares: [UInt64] = []
    private var count: Int64 = 0

    /// Adds one image's accumulators.
    ///
    /// - Shape: `[pixels, channels]`.
    /// - Overflow: one image's squares are below 2^64; the total saturates, understating the spread.
    mutating func add(_ accumulators: [Int32], channels: Int) {
        if pivots.isEmpty {
            // Distances from any sample keep the squares small, and the variance exact enough.
            pivots = Array(accumulators.prefix(channels))
            sums = [Int64](repeating: 0, count: channels)
            squares = [UInt64](repeating: 0, count: channels)
        }
        var image = [UInt64](repeating: 0, count: channels)
        for start in stride(from: 0, to: accumulators.count, by: channels) {
            for channel in 0..<channels {
                let distance = Int64(accumulators[start &+ channel]) &- Int64(pivots[channel])
                sums[channel] &+= distance
                image[channel] &+= UInt64(bitPattern: distance &* distance)
            }
        }
        for channel in 0..<channels {
            let (total, overflow) = squares[channel].addingReportingOverflow(image[channel])
            squares[channel] = overflow ? .max : total
        }
        count += Int64(accumulators.count / channels)
    }

    /// Mean of one channel.
    ///
    /// - Rounding: toward zero, relative to the first sample.
    func mean(_ channel: Int) -> Int64 { Int64(pivots[channel]) + sums[channel] / count }

    /// Standard deviation of one channel.
    ///
    /// - Rounding: toward zero.
    func deviation(_ channel: Int) -> Int64 {
        let distance = sums[channel] / count
        let meanSquare = squares[channel] / UInt64(count)
        let variance = meanSquare - min(meanSquare, UInt64(distance * distance))
        return Int64(Self.squareRoot(variance))
    }

    /// The integer square root, rounded down.
    static func squareRoot(_ value: UInt64) -> UInt64 {
        var root: UInt64 = 0
        for bit in (0..<32).reversed() {
            let candidate = root | 1 << UInt64(bit)
            if candidate * candidate <= value { root = candidate }
        }
        return root
    }
}

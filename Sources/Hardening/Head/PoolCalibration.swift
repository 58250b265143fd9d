internal import HardenedBackbone
internal import QuantizedTensors

/// Chooses the right shift of the average pool.
enum PoolCalibration {
    /// The shift with the least squared difference between sums and shifted features; small ones first.
    static func shift(_ network: NetworkDescription, outputs: [[UInt8]]) -> UInt8 {
        let shape = network.pooledShape
        var errors = [Double](repeating: 0, count: Pooling.shifts.count)
        for output in outputs {
            for channel in 0..<shape.channels {
                var sum: Int32 = 0
                for pixel in 0..<shape.pixelCount { sum += Int32(output[pixel * shape.channels + channel]) }
                for (index, shift) in Pooling.shifts.enumerated() {
                    let feature = Int32(Pooling.feature(sum: sum, shift: shift)) << Int32(shift)
                    errors[index] += Double((feature - sum) * (feature - sum))
                }
            }
        }
        var best = 0
        for index in errors.indices where errors[index] < errors[best] { best = index }
        return Array(Pooling.shifts)[best]
    }
}

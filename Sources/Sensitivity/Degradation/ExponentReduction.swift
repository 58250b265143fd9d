import HardenedBackbone
import QuantizedTensors

/// Fewer different magnitudes in each output channel.
enum ExponentReduction {
    /// Projects every channel onto `count` neighbouring exponents, those that fit its weights best.
    ///
    /// The window of exponents is chosen per channel by the least squared change, of equals the higher one.
    /// Inside a window the nearest value on the linear scale is taken: above it the largest, below half of
    /// the smallest zero. A weight of exactly half of the smallest goes up, as ``Po2Weight`` rounds: it
    /// stands for real weights of which most are larger.
    static func reduce(_ parameters: LayerParameters, of layer: NetworkLayer, count: Int) -> LayerParameters {
        precondition((1...7).contains(count), "a channel has 1...7 exponents")
        guard count < 7 else { return parameters }
        var weights = parameters.weights
        let perChannel = layer.weightsPerChannel
        for channel in 0..<layer.output.channels {
            let range = channel * perChannel..<(channel + 1) * perChannel
            let top = bestTop(histogram(weights[range]), count: count)
            for index in range { weights[index] = projected(weights[index], top: top, count: count) }
        }
        return LayerParameters(
            weights: weights,
            bias: parameters.bias,
            shift: parameters.shift,
            residualShift: parameters.residualShift
        )
    }

    /// How many weights have each magnitude `2^k`.
    private static func histogram(_ weights: ArraySlice<Int8>) -> [Int] {
        var counts = [Int](repeating: 0, count: 7)
        for weight in weights where weight != 0 { counts[weight.magnitude.trailingZeroBitCount] += 1 }
        return counts
    }

    private static func bestTop(_ counts: [Int], count: Int) -> Int {
        var best = (top: 6, error: Int.max)
        for top in (count - 1...6).reversed() {
            let error = counts.indices.reduce(0) { sum, exponent in
                let weight = Int8(1 << exponent)
                let change = Int(weight) - Int(projected(weight, top: top, count: count))
                return sum + counts[exponent] * change * change
            }
            if error < best.error { best = (top, error) }
        }
        return best.top
    }

    private static func projected(_ weight: Int8, top: Int, count: Int) -> Int8 {
        guard weight != 0 else { return 0 }
        let exponent = weight.magnitude.trailingZeroBitCount
        let bottom = top - count + 1
        guard exponent >= bottom - 1 else { return 0 }
        let magnitude = Int8(1) << Int8(min(max(exponent, bottom), top))
        return weight < 0 ? -magnitude : magnitude
    }
}

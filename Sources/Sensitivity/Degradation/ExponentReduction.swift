import HardenedBackbone
import QuantizedTensors

/// Fewer different magnitudes in each output channel.
enum ExponentReduction {
    /// Projects every channel onto `count` neighbouring exponents, those that fit its weights best.
    ///
    /// The window of exponents is chosen per channel by the least squared change, of equals the higher one.
    /// Inside a window the nearest value on the linear scale is taken: above it the largest, below half of
    /// the smallest zero. A weight of exactly half of the smallest goes up, as ``Po2Weight`` rounds: it
    /// stands for real weights of which most are larger. Where weights are sums of two powers of two, both
    /// have to be of the window.
    static func reduce(_ parameters: LayerParameters, of layer: NetworkLayer, count: Int) -> LayerParameters {
        precondition((1...7).contains(count), "a channel has 1...7 exponents")
        guard count < 7 else { return parameters }
        var weights = parameters.weights
        let perChannel = layer.weightsPerChannel
        let windows = (count - 1...6).reversed().map {
            Window(top: $0, count: count, terms: parameters.terms)
        }
        for channel in 0..<layer.output.channels {
            let range = channel * perChannel..<(channel + 1) * perChannel
            let window = best(of: windows, for: histogram(weights[range]))
            for index in range { weights[index] = window.projected(weights[index]) }
        }
        return LayerParameters(
            weights: weights,
            bias: parameters.bias,
            shift: parameters.shift,
            residualShift: parameters.residualShift
        )
    }

    /// How many weights have each magnitude.
    private static func histogram(_ weights: ArraySlice<Int8>) -> [Int] {
        var counts = [Int](repeating: 0, count: 65)
        for weight in weights where weight != 0 { counts[Int(weight.magnitude)] += 1 }
        return counts
    }

    private static func best(of windows: [Window], for counts: [Int]) -> Window {
        var best = (window: windows[0], error: Int.max)
        for window in windows {
            let error = counts.indices.reduce(0) { sum, magnitude in
                let change = magnitude - Int(window.projected(Int8(magnitude)))
                return sum + counts[magnitude] * change * change
            }
            if error < best.error { best = (window, error) }
        }
        return best.window
    }

    /// The nearest value of some neighbouring exponents, for every magnitude.
    private struct Window {
        private let table: [Int8]

        init(top: Int, count: Int, terms: Int) {
            let exponents = top - count + 1...top
            let magnitudes = WeightTerms.magnitudes(terms: terms).filter { magnitude in
                (WeightTerms(value: Int8(magnitude))?.terms ?? []).allSatisfy {
                    exponents.contains(Int($0.code & 7))
                }
            }
            table = (0...64).map { magnitude in
                // Of equals the larger.
                Int8(
                    magnitudes.reduce(0) {
                        abs($1 - magnitude) <= abs($0 - magnitude) ? $1 : $0
                    })
            }
        }

        func projected(_ weight: Int8) -> Int8 {
            let magnitude = table[Int(weight.magnitude)]
            return weight < 0 ? -magnitude : magnitude
        }
    }
}

public import HardenedBackbone
import QuantizedTensors

/// Every weight of a backbone, counted by value.
///
/// Counts what is there, without trusting the checks that made the artefact.
public struct WeightCensus: Sendable, Hashable, Encodable {
    /// Weights in all.
    public let weights: Int
    /// Weights that are 0: no hardware at all.
    public let zeros: Int
    /// Weights of magnitude `2^k`, by `k`.
    ///
    /// - Shape: `[7]`, from 1 to 64.
    public let byExponent: [Int]
    /// Weights that are sums of two signed powers of two, up to 64.
    public let sums: Int
    /// Weights below zero.
    public let negative: Int
    /// Weights that are neither 0 nor a signed power of two up to 64 nor such a sum.
    public let illegal: Int
    /// The largest magnitude of a bias.
    public let biasMagnitudeMax: Int
    /// The smallest and the largest shift.
    public let shifts: [Int]

    /// Weights that are not 0.
    public var nonZero: Int { weights - zeros }

    /// Powers of two that the weights are sums of: each is one row of adders in hardware.
    public var terms: Int { nonZero + sums }

    /// The share of zeros.
    public var zeroShare: Double { weights == 0 ? 0 : Double(zeros) / Double(weights) }

    /// Counts the weights of `layers`.
    public init(_ layers: [LayerParameters]) {
        var histogram = [Int](repeating: 0, count: 256)
        for layer in layers {
            for weight in layer.weights { histogram[Int(UInt8(bitPattern: weight))] += 1 }
        }
        func count(_ value: Int) -> Int { histogram[Int(UInt8(bitPattern: Int8(value)))] }
        weights = histogram.reduce(0, +)
        zeros = histogram[0]
        byExponent = (0...6).map { count(1 << $0) + count(-(1 << $0)) }
        negative = histogram[128...].reduce(0, +)
        sums = WeightTerms.magnitudes(terms: 2).reduce(0) { sum, magnitude in
            WeightTerms(value: Int8(magnitude))?.count == 2 ? sum + count(magnitude) + count(-magnitude) : sum
        }
        illegal = weights - zeros - byExponent.reduce(0, +) - sums
        biasMagnitudeMax = layers.flatMap(\.bias).reduce(0) { max($0, Int($1.magnitude)) }
        let all = layers.flatMap(\.shift)
        shifts = [Int(all.min() ?? 0), Int(all.max() ?? 0)]
    }
}

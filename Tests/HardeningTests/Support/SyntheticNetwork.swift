import Testing
import FloatNetwork
import HardenedBackbone
import QuantizedTensors
import TestSupport

extension SeededRandom {
    /// Uniform in `0..<1`.
    mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Nearly normal, spread 1.
    mutating func normal() -> Float {
        var sum = -6.0
        for _ in 0..<12 { sum += uniform() }
        return Float(sum)
    }

    mutating func integer(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.count))
    }
}

/// Small float networks with lively activations.
enum SyntheticNetwork {
    /// The smallest network there is: width 10 %, 32x32.
    static func description() throws -> NetworkDescription {
        try #require(NetworkDescription(widthPercent: 10, inputSize: 32))
    }

    static func make(seed: UInt64, classes: Int? = nil) throws -> FloatNetwork {
        try make(try description(), seed: seed, classes: classes)
    }

    static func make(_ network: NetworkDescription, seed: UInt64, classes: Int?) throws -> FloatNetwork {
        var generator = SeededRandom(seed: seed)
        let layers = network.layers.map { layer -> FloatNetwork.Layer in
            // Sums of spread 1 after bottlenecks and before them, 2 where ReLU6 follows.
            let gain: Float = layer.kind == .project ? (layer.residualSource == nil ? 1 : 0.5) : 2
            let power: Float = layer.inputType == .s8 || layer.kind == .stem ? 1 : 0.5
            let spread =
                gain / (Float(layer.weightsPerChannel) * power).squareRoot()
                / (layer.kind == .project ? 2 : 1)
            return FloatNetwork.Layer(
                weights: (0..<layer.weightCount).map { _ in generator.normal() * spread },
                bias: (0..<layer.output.channels).map { _ in generator.normal() * 0.5 })
        }
        let classifier = classes.map { count in
            FloatNetwork.Classifier(
                weights: (0..<count * network.featureCount).map { _ in generator.normal() * 0.05 },
                bias: (0..<count).map { _ in generator.normal() * 0.1 })
        }
        return try FloatNetwork(network: network, layers: layers, classifier: classifier)
    }

    /// Smooth images: a few waves and some noise.
    static func images(_ count: Int, size: Int = 32, seed: UInt64) -> [[UInt8]] {
        var generator = SeededRandom(seed: seed)
        return (0..<count).map { _ in
            let slopes = (0..<6).map { _ in Double(generator.integer(-40...40)) / 10 }
            let centre = (0..<3).map { _ in Double(generator.integer(60...190)) }
            return (0..<size * size * 3).map { index in
                let (x, y, colour) = (index / 3 % size, index / 3 / size, index % 3)
                let wave = slopes[colour] * Double(x - size / 2) + slopes[colour + 3] * Double(y - size / 2)
                let bump = (x / 8 + y / 8) % 2 == 0 ? 25.0 : -25.0
                let value = centre[colour] + wave + bump + Double(generator.integer(-20...20))
                return UInt8(min(max(value, 0), 255))
            }
        }
    }
}

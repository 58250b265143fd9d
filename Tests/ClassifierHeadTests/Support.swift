import Artifacts
import ClassifierHead
import TestSupport

extension SeededRandom {
    /// Normal enough: the sum of twelve uniform numbers, less six.
    mutating func normal() -> Double {
        (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &self) }
    }
}

/// The backbone that test heads belong to.
let testBackbone = ContentDigest(of: "backbone".utf8)

/// A head of the given numbers, legal where they are.
func makeHead(
    name: String = "test",
    version: String? = "v1",
    classNames: [String]? = nil,
    featureCount: Int,
    weights: [Int8],
    bias: [Int32],
    scale: Double = 0.5,
    backboneDigest: ContentDigest = testBackbone,
    preprocessing: String? = nil,
    summary: String = "made by a test"
) throws(HeadError) -> ClassifierHead {
    try ClassifierHead(
        name: name,
        version: version,
        classNames: classNames ?? bias.indices.map { "class \($0)" },
        featureCount: featureCount,
        weights: weights,
        bias: bias,
        scale: scale,
        backboneDigest: backboneDigest,
        preprocessing: preprocessing,
        summary: summary
    )
}

/// A head of random numbers over the whole legal range.
func randomHead(
    classCount: Int,
    featureCount: Int,
    using generator: inout SeededRandom
) throws(HeadError) -> ClassifierHead {
    var weights: [Int8] = []
    for _ in 0..<(classCount * featureCount) {
        weights.append(Int8.random(in: -128...127, using: &generator))
    }
    var bias: [Int32] = []
    for _ in 0..<classCount { bias.append(Int32.random(in: -1_000_000...1_000_000, using: &generator)) }
    return try makeHead(featureCount: featureCount, weights: weights, bias: bias)
}

/// What `body` throws, if it throws.
func headError(_ body: () throws(HeadError) -> Void) -> HeadError? {
    do throws(HeadError) {
        try body()
        return nil
    } catch {
        return error
    }
}

/// The logits of `count` images as a bank computes them; the one of the usual tier where none is given.
func bankLogits(_ head: ClassifierHead, bank: NPUBank? = nil, features: [UInt8], count: Int) -> [Int32] {
    let bank = bank ?? NPUBank(head)
    var logits = [Int32](repeating: .min, count: count * head.classCount)
    features.withUnsafeBufferPointer { features in
        logits.withUnsafeMutableBufferPointer { logits in
            bank.logits(features: features, count: count, into: logits)
        }
    }
    return logits
}

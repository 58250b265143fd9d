import FloatNetwork
import HardenedBackbone
import QuantizedTensors
import Testing
import TestSupport

@Suite struct FloatEvaluatorTests {
    /// Width, size, classes: panels that are not full, one pooled pixel, odd numbers of pooled pixels.
    static let shapes: [(Int, Int, Int)] = [(10, 32, 3), (35, 96, 10), (50, 64, 17), (140, 32, 1)]

    @Test(arguments: shapes)
    func everyLayerAgreesWithTheDefinition(width: Int, size: Int, classes: Int) throws {
        let seed = UInt64(width * 1000 + size)
        var draws = SeededRandom(seed: seed)
        let network = try draws.network(widthPercent: width, inputSize: size, classes: classes)
        let image = draws.values(network.network.imageBytes, -2.2...2.6)
        let expected = NaiveNetwork(network: network).layers(image)
        var seen: [Int] = []
        _ = FloatEvaluator(network).features(of: image) { index, output in
            seen.append(index)
            let largest = expected[index].reduce(1e-3) { max($0, abs($1)) }
            let wrong = output.indices.first {
                abs(Double(output[$0]) - expected[index][$0]) > 2e-5 * largest
            }
            #expect(
                output.count == expected[index].count && wrong == nil,
                "seed \(seed), layer \(network.network.layers[index].name), element \(wrong ?? -1)")
        }
        #expect(seen == Array(network.network.layers.indices))
    }

    @Test(arguments: shapes)
    func logitsAgreeWithTheDefinition(width: Int, size: Int, classes: Int) throws {
        var draws = SeededRandom(seed: 7)
        let network = try draws.network(widthPercent: width, inputSize: size, classes: classes)
        let image = draws.values(network.network.imageBytes, -2...2)
        let expected = try #require(NaiveNetwork(network: network).logits(image))
        let logits = try #require(FloatEvaluator(network).logits(of: image))
        #expect(logits.count == classes)
        for (found, wanted) in zip(logits, expected) { #expect(abs(Double(found) - wanted) < 1e-4) }
    }

    @Test func bytesAreNormalisedColourByColour() throws {
        var draws = SeededRandom(seed: 3)
        let network = try draws.network(widthPercent: 10, inputSize: 32, classes: 5)
        let bytes = (0..<network.network.imageBytes).map { _ in UInt8.random(in: 0...255, using: &draws) }
        let mean: [Float] = [0.485, 0.456, 0.406]
        let spread: [Float] = [0.229, 0.224, 0.225]
        let real = bytes.enumerated().map { (Float($1) / 255 - mean[$0 % 3]) / spread[$0 % 3] }
        let evaluator = FloatEvaluator(network)
        #expect(evaluator.features(ofImage: bytes) == evaluator.features(of: real))
        #expect(evaluator.logits(ofImage: bytes) == evaluator.logits(of: real))
    }

    @Test func anEvaluatorRemembersNothingOfEarlierImages() throws {
        var draws = SeededRandom(seed: 4)
        let network = try draws.network(widthPercent: 35, inputSize: 64, classes: 4)
        let images = (0..<3).map { _ in draws.values(network.network.imageBytes, -2...2) }
        let plan = FloatPlan(network)
        let reused = FloatEvaluator(plan)
        for image in images + images.reversed() {
            #expect(reused.features(of: image) == FloatEvaluator(plan).features(of: image))
        }
    }

    @Test func aNetworkWithoutFinalLayerHasNoLogits() throws {
        var draws = SeededRandom(seed: 5)
        let network = try draws.network(widthPercent: 10, inputSize: 32, classes: nil)
        #expect(FloatPlan(network).classCount == 0)
        #expect(FloatEvaluator(network).logits(ofImage: [UInt8](repeating: 9, count: 3072)) == nil)
    }
}

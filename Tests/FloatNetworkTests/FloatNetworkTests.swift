import FloatNetwork
import HardenedBackbone
import Testing
import TestSupport

@Suite struct FloatNetworkTests {
    private func sound() throws -> FloatNetwork {
        var draws = SeededRandom(seed: 1)
        return try draws.network(widthPercent: 10, inputSize: 32, classes: 3)
    }

    private func remade(
        _ network: FloatNetwork, _ change: (inout [FloatNetwork.Layer], inout FloatNetwork.Classifier) -> Void
    ) throws -> FloatNetworkError? {
        var layers = network.layers
        var classifier = try #require(network.classifier)
        change(&layers, &classifier)
        do {
            _ = try FloatNetwork(network: network.network, layers: layers, classifier: classifier)
        } catch {
            return error
        }
        return nil
    }

    @Test func numbersThatAreNotFiniteAreRefusedByName() throws {
        let network = try sound()
        #expect(
            try remade(network) { layers, _ in layers[2].weights[5] = .nan }
                == .notFinite(what: "b00.project.weight", index: 5))
        #expect(
            try remade(network) { layers, _ in layers[0].bias[1] = -.infinity }
                == .notFinite(what: "stem.bias", index: 1))
        #expect(
            try remade(network) { _, classifier in classifier.weights[0] = .nan }
                == .notFinite(what: "classifier.weight", index: 0))
    }

    @Test func wrongCountsAreRefusedByName() throws {
        let network = try sound()
        #expect(
            try remade(network) { layers, _ in layers[1].weights.removeLast() }
                == .wrongCount(what: "b00.depthwise.weight", found: 71, expected: 72))
        #expect(
            try remade(network) { layers, _ in layers.removeLast() }
                == .wrongCount(what: "layers", found: 51, expected: 52))
        #expect(
            try remade(network) { _, classifier in classifier.weights.append(0) }
                == .wrongCount(what: "classifier.weight", found: 3841, expected: 3840))
        #expect(
            try remade(network) { _, classifier in classifier.bias = [] }
                == .wrongCount(what: "classifier.bias", found: 0, expected: 1))
    }

    @Test(arguments: [[0.2, 0, 0.2], [0.2, 0.2], [0.2, 0.2, -1]] as [[Float]])
    func spreadsArePositiveAndThree(spread: [Float]) throws {
        let network = try sound()
        #expect(throws: FloatNetworkError.self) {
            try FloatNetwork(
                network: network.network, layers: network.layers, classifier: nil,
                normalization: .init(mean: [0, 0, 0], standardDeviation: spread))
        }
    }
}

import ClassifierHead
import FloatNetwork
import HardenedBackbone
import Hardening
import QuantizedTensors
import Testing

/// What is refused, in words that help, and faults that verification must find.
@Suite struct BadInputTests {
    private static let images = SyntheticNetwork.images(8, seed: 2)

    private static func refusal(
        classes: Int? = nil, calibration: [[UInt8]] = images,
        _ change: (inout HardeningOptions) -> Void = { _ in }
    ) throws -> String {
        var options = HardeningOptions()
        change(&options)
        do {
            _ = try Hardener.harden(
                try SyntheticNetwork.make(seed: 1, classes: classes), calibration: calibration,
                options: options)
            return "not refused"
        } catch let error as HardeningError {
            return "\(error)"
        }
    }

    @Test func imagesMustBeThereAndFit() throws {
        #expect(try Self.refusal(calibration: []).hasPrefix("calibration has 0 images, expected 1...4096"))
        let many = [[UInt8]](repeating: [], count: 4_097)
        #expect(try Self.refusal(calibration: many).hasPrefix("calibration has 4097 images"))
        let text = try Self.refusal(calibration: [Self.images[0], [1, 2, 3]])
        #expect(
            text == "calibration image 1 has 3 bytes, expected 3072; resize images to the input size in RGB")
    }

    @Test func optionsOutOfRangeAreRefused() throws {
        for exponents in [0, 8, -1] {
            #expect(try Self.refusal { $0.exponents = exponents }.hasPrefix("hardening option exponents is"))
        }
        for prune in [-0.1, 0.96, Double.nan] {
            #expect(try Self.refusal { $0.prune = prune }.hasPrefix("hardening option prune is"))
        }
    }

    @Test func classNamesMustMatchTheClassifier() throws {
        let text = try Self.refusal(classes: 3) { $0.classNames = ["a", "b"] }
        #expect(text == "2 class names for a classifier of 3 classes; give one name for each class")
    }

    @Test func aClassifierOfOneClassIsNoHead() throws {
        #expect(try Self.refusal(classes: 1).hasPrefix("classifier can not become a head: "))
    }

    @Test func aClassifierWhoseBiasesDwarfItsWeightsIsRefused() throws {
        let network = try SyntheticNetwork.make(seed: 1, classes: 2)
        let count = network.network.featureCount
        let extreme = try FloatNetwork(
            network: network.network, layers: network.layers,
            classifier: .init(weights: [Float](repeating: 1e-12, count: 2 * count), bias: [1e6, -1e6]),
            normalization: network.normalization)
        #expect(throws: HardeningError.self) {
            try Hardener.harden(extreme, calibration: Self.images)
        }
    }

    @Test func extremeWeightsSaturateInsteadOfBreaking() throws {
        let network = try SyntheticNetwork.make(seed: 1)
        var layers = network.layers
        layers[4].weights[0] = 3e30
        layers[5].bias[1] = -3e30
        layers[7].bias[0] = 1e20
        let extreme = try FloatNetwork(
            network: network.network, layers: layers, classifier: nil, normalization: network.normalization)
        let hardened = try Hardener.harden(extreme, calibration: Self.images)
        #expect(hardened.artifact.layers[4].shift[0] == 0)
    }

    @Test func verificationFindsAWeightThatIsNoPowerOfTwo() throws {
        let network = try SyntheticNetwork.description()
        var weights = network.layers.map { [Int8](repeating: 0, count: $0.weightCount) }
        try HardeningVerification.scan(network, weights)
        for fault in [Int8(11), -128, 127, -13] {
            weights[2][1] = fault
            let error = #expect(throws: HardeningError.self) {
                try HardeningVerification.scan(network, weights)
            }
            guard case .illegalWeight(let layer, let index, let value)? = error else {
                Issue.record("\(fault) was not found but \(String(describing: error))")
                continue
            }
            #expect(layer == network.layers[2].name && index == 1 && value == Int(fault))
        }
    }

    @Test func verificationFindsAnExecutorThatDiffers() throws {
        let artifact = try Hardener.harden(
            try SyntheticNetwork.make(seed: 2), calibration: Self.images
        ).artifact
        #expect(
            HardeningVerification.firstDifference(artifact, try BackbonePlan(artifact), Self.images[0]) == nil
        )
        for planted in [0, 5, 51] {
            var layers = artifact.layers
            let layer = layers[planted]
            var bias = layer.bias
            // Half the range of the format, so that some byte must change.
            for channel in bias.indices { bias[channel] += 100 << Int32(layer.shift[channel]) }
            layers[planted] = LayerParameters(
                weights: layer.weights, bias: bias, shift: layer.shift, residualShift: layer.residualShift)
            let other = try BackboneArtifact(
                network: artifact.network, inputMean: artifact.inputMean, poolShift: artifact.poolShift,
                layers: layers, activationExponents: artifact.activationExponents, preprocessing: "none",
                description: "planted fault")
            let found = HardeningVerification.firstDifference(
                artifact, try BackbonePlan(other), Self.images[0])
            #expect(found == artifact.network.layers[planted].name)
        }
    }
}

import Artifacts
import ClassifierHead
import FloatNetwork
import Foundation
import HardenedBackbone
import Hardening
import QuantizedTensors
import Testing
import TestSupport

/// Trained integers are sealed as they are; heads and reports.
@Suite struct SealTests {
    private static let images = SyntheticNetwork.images(24, seed: 2)

    @Test(arguments: [0, 24]) func integersAreSealedWithoutLoss(imageCount: Int) throws {
        let artifact = try Hardener.harden(
            try SyntheticNetwork.make(seed: 1), calibration: Self.images
        ).artifact
        var generator = SeededRandom(seed: 5)
        let count = artifact.network.featureCount
        let classifier = FloatNetwork.Classifier(
            weights: (0..<5 * count).map { _ in generator.normal() * 0.01 },
            bias: (0..<5).map { _ in generator.normal() })
        let images = Array(Self.images.prefix(imageCount))
        let sealed = try Hardener.seal(artifact, classifier: classifier, calibration: images)
        #expect(sealed.artifact == artifact)
        #expect(sealed.report.layers.count == 52)
        #expect(sealed.report.layers[0].outputSqnrDb == nil)
        // Over feature bytes, as the classifier was trained.
        let head = try #require(sealed.head)
        let replica = BackboneReplica(try BackbonePlan(artifact))
        for image in Self.images.prefix(8) {
            let features = replica.features(of: image)
            let logits = HeadReference.logits(head, features: features)
            for row in 0..<5 {
                var real = classifier.bias[row]
                for index in 0..<count {
                    real += classifier.weights[row * count + index] * Float(features[index])
                }
                #expect((Float(logits[row]) * Float(head.scale) - real).magnitude < 0.3, "class \(row)")
            }
        }
    }

    @Test func theHeadTakesInTheFactorOfThePool() throws {
        let network = try SyntheticNetwork.make(seed: 1, classes: 6)
        let hardened = try Hardener.harden(network, calibration: Self.images)
        let head = try #require(hardened.head)
        let classifier = try #require(network.classifier)
        let artifact = hardened.artifact
        let pixels = Double(artifact.network.pooledShape.pixelCount)
        let exponent = Double(1 << Int(artifact.activationExponents[51]))
        let unit = 6.0 / 255 / exponent * Double(1 << Int(artifact.poolShift)) / pixels
        #expect((HeadHardener.featureUnit(of: artifact) - unit).magnitude < 1e-12)
        let largest = classifier.weights.map(\.magnitude).max() ?? 0
        // The largest weight is 127 unless clipped, so the scale follows from it within the clip.
        let scale = Double(largest) * unit / 127
        #expect(head.scale <= scale * 1.001 && head.scale >= scale * 0.09)
        #expect(head.classNames == (0..<6).map { "class \($0)" })
        #expect(head.backboneDigest == artifact.digest)
    }

    @Test func theHeadHasTheFloatNetworksMeanLogits() throws {
        let network = try SyntheticNetwork.make(seed: 1, classes: 6)
        let hardened = try Hardener.harden(network, calibration: Self.images)
        let head = try #require(hardened.head)
        let replica = BackboneReplica(try BackbonePlan(hardened.artifact))
        let evaluator = FloatEvaluator(network)
        var hard = [Double](repeating: 0, count: 6)
        var real = [Double](repeating: 0, count: 6)
        for image in Self.images {
            let logits = HeadReference.logits(head, features: replica.features(of: image))
            let float = try #require(evaluator.logits(ofImage: image))
            for row in 0..<6 {
                hard[row] += Double(logits[row]) * head.scale / 24
                real[row] += Double(float[row]) / 24
            }
        }
        for row in 0..<6 { #expect((hard[row] - real[row]).magnitude < head.scale) }
    }

    @Test func reportsAreWellFormed() throws {
        let report = try Hardener.harden(
            try SyntheticNetwork.make(seed: 1, classes: 6), calibration: Self.images
        ).report
        let object = try JSONSerialization.jsonObject(with: Data(report.json().utf8))
        let json = try #require(object as? [String: Any])
        #expect(json["digest"] as? String == report.digest.hex)
        let layers = try #require(json["layers"] as? [[String: Any]])
        #expect(layers.count == 52)
        let stages = try #require(layers[0]["layer_sqnr_db"] as? [String: Any])
        #expect(stages.count == 5)
        let lines = report.csv().split(separator: "\n")
        #expect(lines.count == 53)
        let columns = lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }
        #expect(Set(columns).count == 1)
        #expect(report.markdown().contains("| b16.project |"))
    }
}

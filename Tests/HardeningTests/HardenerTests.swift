import Artifacts
import ClassifierHead
import FloatNetwork
import HardenedBackbone
import Hardening
import QuantizedTensors
import Testing

/// Whole networks, from real numbers to sealed artefacts.
@Suite struct HardenerTests {
    private static let images = SyntheticNetwork.images(64, seed: 2)

    @Test func givesALegalArtefactThatSurvivesItsFile() throws {
        let network = try SyntheticNetwork.make(seed: 1, classes: 10)
        let hardened = try Hardener.harden(network, calibration: Self.images)
        let read = try BackboneArtifact(decoding: hardened.artifact.encoded())
        #expect(read.digest == hardened.artifact.digest)
        for (layer, parameters) in zip(read.network.layers, read.layers) {
            for weight in parameters.weights {
                #expect([0, 1, 2, 4, 8, 16, 32, 64].contains(weight.magnitude), "\(layer.name)")
            }
            #expect(parameters.shift.allSatisfy { $0 <= 20 })
            #expect(parameters.bias.allSatisfy { $0.magnitude <= 1 << 24 })
        }
        #expect(hardened.report.layers.count == read.network.layers.count)
        #expect(hardened.report.digest == read.digest)
    }

    @Test func computesWhatTheFloatNetworkComputes() throws {
        let network = try SyntheticNetwork.make(seed: 1, classes: 10)
        let hardened = try Hardener.harden(network, calibration: Self.images)
        let head = try #require(hardened.head)
        #expect(head.preprocessing == hardened.artifact.preprocessing)
        try head.verify(
            fits: hardened.artifact.digest, featureCount: hardened.artifact.network.featureCount,
            preprocessing: hardened.artifact.preprocessing)
        // Images that took no part in calibration.
        let fresh = SyntheticNetwork.images(100, seed: 77)
        let replica = BackboneReplica(try BackbonePlan(hardened.artifact))
        let evaluator = FloatEvaluator(network)
        var agreed = 0
        for image in fresh {
            let logits = HeadReference.logits(head, features: replica.features(of: image))
            let real = try #require(evaluator.logits(ofImage: image))
            if Self.first(logits) == Self.first(real) { agreed += 1 }
        }
        #expect(agreed >= 70, "float and hardened network agree on \(agreed) of 100 images (seeds 1, 2, 77)")
    }

    @Test func givesTheSameBytesTwiceAndWithAnyNumberOfThreads() throws {
        let network = try SyntheticNetwork.make(seed: 3, classes: 4)
        let first = try Hardener.harden(network, calibration: Self.images)
        for crew in [WorkCrew.serial, Crews.threads(2), Crews.threads(7)] {
            let again = try Hardener.harden(network, calibration: Self.images, crew: crew)
            #expect(again.artifact.encoded() == first.artifact.encoded(), "\(crew.workerCount) workers")
            #expect(again.head?.encoded() == first.head?.encoded())
            #expect(again.report.json() == first.report.json())
            #expect(again.report.csv() == first.report.csv())
        }
    }

    @Test func residualChainsShareTheirScale() throws {
        let hardened = try Hardener.harden(try SyntheticNetwork.make(seed: 4), calibration: Self.images)
        let artifact = hardened.artifact
        for (index, layer) in artifact.network.layers.enumerated() {
            guard let source = layer.residualSource else { continue }
            #expect(artifact.activationExponents[index] == artifact.activationExponents[source])
            #expect(artifact.layers[index].residualShift == 0)
        }
    }

    @Test func tellsItsProgressInOrder() throws {
        var layers: [Int] = []
        var verified = 0
        var evaluated: [Int] = []
        _ = try Hardener.harden(try SyntheticNetwork.make(seed: 1), calibration: Self.images) { progress in
            switch progress {
            case .evaluated(let images, let count):
                evaluated.append(images)
                #expect(count == 64)
            case .hardened(let index, let count, _, _):
                layers.append(index)
                #expect(count == 52)
            case .verified(let images): verified += images
            }
        }
        #expect(layers == Array(0..<52))
        #expect(evaluated.last == 64)
        #expect(evaluated == evaluated.sorted())
        #expect(verified == HardeningVerification.imagesMax)
    }

    @Test func runsEveryLayerAloneAsTheReferenceDoes() throws {
        let artifact = try Hardener.harden(
            try SyntheticNetwork.make(seed: 5), calibration: Self.images
        ).artifact
        let image = SyntheticNetwork.images(1, seed: 9)[0]
        var outputs: [[UInt8]] = []
        _ = ReferenceBackbone.run(artifact, image: image) { outputs.append($1) }
        for (index, layer) in artifact.network.layers.enumerated() {
            let alone = ByteLayer(layer, artifact.layers[index], padding: artifact.inputMean)
            let residual = layer.residualSource.map { outputs[$0] }
            let output = alone.run(index == 0 ? image : outputs[index - 1], residual: residual)
            #expect(output == outputs[index], "\(layer.name)")
        }
    }

    /// The largest value's index, the lowest of equals.
    private static func first<Value: Comparable>(_ values: [Value]) -> Int {
        values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
    }
}

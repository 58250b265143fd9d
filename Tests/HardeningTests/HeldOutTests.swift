import ClassifierHead
import FloatNetwork
import HardenedBackbone
import Hardening
import Testing

/// What images say that took no part in hardening.
@Suite struct HeldOutTests {
    private static let images = SyntheticNetwork.images(48, seed: 12)
    private static let heldOut = SyntheticNetwork.images(40, seed: 13)

    @Test(arguments: [0.0, 0.1, 0.25, 1.0 / 3, 0.5, 0.9])
    func aShareSpreadOverTheOrderIsHeldOut(_ share: Double) {
        for count in [1, 2, 3, 4, 7, 100, 251] {
            let parts = HeldOutReport.split(Array(0..<count), share: share)
            #expect((parts.calibration + parts.heldOut).sorted() == Array(0..<count))
            #expect(parts.heldOut.count == Int((Double(count) * share).rounded(.down)))
            #expect(!parts.calibration.isEmpty)
            // No long stretch without one: sources are often sorted by class.
            let gaps = zip(parts.heldOut, parts.heldOut.dropFirst()).map { $1 - $0 }
            #expect(gaps.allSatisfy { share > 0 && Double($0) <= (1 / share).rounded(.up) })
        }
    }

    @Test func theReportIsWhatTheTwoNetworksSay() throws {
        let network = try SyntheticNetwork.make(seed: 1, classes: 10)
        let hardened = try Hardener.harden(network, calibration: Self.images, heldOut: Self.heldOut)
        let report = try #require(hardened.report.heldOut)
        let head = try #require(hardened.head)
        let replica = BackboneReplica(try BackbonePlan(hardened.artifact))
        let evaluator = FloatEvaluator(network)
        var agreed = 0
        var answers: (float: Set<Int>, hardened: Set<Int>) = ([], [])
        for image in Self.heldOut {
            let found = HeadReference.logits(head, features: replica.features(of: image))
            let wanted = try #require(evaluator.logits(ofImage: image))
            let pair = (
                try #require(found.firstIndex(of: found.max() ?? 0)), wanted.firstIndex(of: wanted.max() ?? 0)
            )
            if pair.0 == pair.1 { agreed += 1 }
            answers.hardened.insert(pair.0)
            answers.float.insert(try #require(pair.1))
        }
        #expect(report.agreement == Accuracy(correct: agreed, total: 40))
        #expect(report.imageCount == 40)
        #expect(
            (report.floatClasses, report.hardenedClasses) == (answers.float.count, answers.hardened.count))
        let divergence = try #require(report.divergence)
        #expect(divergence.value > 0 && divergence.interval.contains(divergence.value))
        #expect(try #require(report.layerSqnrDb).count == 52)
        let last = try #require(report.layerSqnrDb?.last)
        #expect((0...60).contains(last), "\(last) dB")
        #expect(hardened.report.json().contains("\"held_out\": {\"images\": 40"))
        #expect(hardened.report.markdown().contains("of 40 held-out images"))
    }

    @Test func heldOutImagesChangeNothing() throws {
        let network = try SyntheticNetwork.make(seed: 4, classes: 3)
        let without = try Hardener.harden(network, calibration: Self.images)
        let with = try Hardener.harden(network, calibration: Self.images, heldOut: Self.heldOut)
        #expect(with.artifact.encoded() == without.artifact.encoded())
        #expect(with.head?.encoded() == without.head?.encoded())
        let threads = try Hardener.harden(
            network, calibration: Self.images, heldOut: Self.heldOut, crew: Crews.threads(3))
        #expect(threads.report.json() == with.report.json())
    }

    /// Finite weights may give logits that are not; nothing is said of such a network.
    @Test func logitsThatAreNotFiniteAreTold() throws {
        let usual = try SyntheticNetwork.make(seed: 1, classes: 10)
        let hardened = try Hardener.harden(usual, calibration: Self.images)
        let numbers = try #require(usual.classifier)
        let huge = FloatNetwork.Classifier(weights: numbers.weights.map { _ in 3e38 }, bias: numbers.bias)
        for (classifier, isFinite) in [(numbers, true), (huge, false)] {
            let network = try FloatNetwork(
                network: usual.network, layers: usual.layers, classifier: classifier,
                normalization: usual.normalization)
            let comparison = try NetworkComparison(network, hardened.artifact, head: hardened.head)
            var tally = NetworkComparison.Tally()
            let worker = comparison.worker()
            Self.heldOut.prefix(3).forEach { tally.add(worker.outcome($0)) }
            #expect(tally.isFinite == isFinite)
        }
    }

    @Test func aNetworkWithoutAClassifierIsComparedByItsFeatures() throws {
        let network = try SyntheticNetwork.make(seed: 4)
        let report = try #require(
            try Hardener.harden(network, calibration: Self.images, heldOut: Self.heldOut).report.heldOut)
        #expect(report.agreement == nil && report.divergence == nil && !report.isConstant)
        #expect(report.featureSqnrDb > 0)
    }

    @Test func oneAnswerForEverythingIsWorthless() throws {
        // The last layer's sums are too small for its codes, and its readers make up for it: all features are 0.
        let usual = try SyntheticNetwork.make(seed: 1, classes: 10)
        let usualHead = try #require(usual.classifier)
        var layers = usual.layers
        layers[51] = .init(
            weights: layers[51].weights.map { $0 * 1e-5 }, bias: layers[51].bias.map { $0 * 1e-5 })
        let network = try FloatNetwork(
            network: usual.network, layers: layers,
            classifier: .init(weights: usualHead.weights.map { $0 * 1e5 }, bias: usualHead.bias))
        let error = #expect(throws: HardeningError.self) {
            try Hardener.harden(network, calibration: Self.images, heldOut: Self.heldOut)
        }
        guard case .constantAnswer(images: 40) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func aHeldOutImageOfAnotherSizeIsRefused() throws {
        let error = #expect(throws: HardeningError.self) {
            try Hardener.harden(
                try SyntheticNetwork.make(seed: 1), calibration: Self.images, heldOut: [[1, 2, 3, 4, 5]])
        }
        guard case .wrongImageSize(index: 48, found: 5, expected: 3_072) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}

import Artifacts
import ClassifierHead
import Testing

@Suite struct HeadFitterTests {
    @Test func separableSamplesAreLearntInFull() throws {
        let world = SyntheticSamples.World(featureCount: 60, classCount: 5, seed: 1)
        let head = try fitter(world.draw(1_000, noise: 0.3, seed: 2), of: world).fit(
            name: "separable",
            version: "v1",
            backboneDigest: testBackbone
        )
        let accuracy = accuracy(of: head, on: world.draw(500, noise: 0.3, seed: 3))
        #expect(accuracy.correct == accuracy.total, "\(accuracy)")
        #expect(head.name == "separable")
        #expect(head.version == "v1")
        #expect(head.backboneDigest == testBackbone)
        #expect(head.summary.contains("1000 samples"))
        #expect(try ClassifierHead(decoding: head.encoded()) == head)
    }

    @Test(arguments: [(0, 1.5), (1, 2.0), (2, 2.5)])
    func quantisationCostsLessThanOnePointOnNoisySamples(seed: UInt64, noise: Double) throws {
        let world = SyntheticSamples.World(featureCount: 150, classCount: 8, seed: seed)
        let samples = world.draw(3_000, noise: noise, seed: seed + 100)
        let test = world.draw(4_000, noise: noise, seed: seed + 200)
        let ridge = 1e-3
        let real = try #require(RealHead.solve(equations(samples, of: world), ridge: ridge))
        let head = try fitter(samples, of: world).fit(
            ridge: ridge,
            name: "noisy",
            backboneDigest: testBackbone
        )
        let (realAccuracy, accuracy) = (realAccuracy(of: real, on: test), accuracy(of: head, on: test))
        #expect(realAccuracy.fraction > 0.6 && realAccuracy.fraction < 0.995, "\(realAccuracy)")
        #expect(accuracy.fraction > realAccuracy.fraction - 0.01, "\(accuracy) of \(realAccuracy)")
    }

    @Test func theSolutionIsThatOfANaiveSolver() throws {
        let world = SyntheticSamples.World(featureCount: 40, classCount: 4, seed: 5)
        let samples = world.draw(700, noise: 2, seed: 6)
        let solution = try #require(RealHead.solve(equations(samples, of: world), ridge: 0.01))
        let naive = NaiveRidge.weights(samples, of: world, ridge: 0.01)
        let largest = naive.reduce(0) { max($0, abs($1)) }
        for index in naive.indices {
            let difference = abs(solution.weights[index] - naive[index])
            #expect(difference < 1e-8 * largest, "weight \(index)")
        }
        // The mean logit of a class is its share of the samples.
        for classIndex in 0..<4 {
            let share = Double(samples.labels.count { $0 == classIndex }) / Double(samples.count)
            var mean = solution.bias[classIndex]
            for (index, feature) in samples.features.enumerated() {
                mean += solution.weights[classIndex * 40 + index % 40] * Double(feature) / 700
            }
            #expect(abs(mean - share) < 1e-9)
        }
    }

    @Test func theLastFitTakesTheHeldOutSamplesToo() throws {
        let world = SyntheticSamples.World(featureCount: 20, classCount: 3, seed: 11)
        let samples = world.draw(200, noise: 2, seed: 12)
        let head = try fitter(samples, of: world).fit(ridge: 0.1, name: "a", backboneDigest: testBackbone)
        let solution = try #require(RealHead.solve(equations(samples, of: world), ridge: 0.1))
        let clips = HeadQuantizer.clipCandidates.filter {
            HeadQuantizer.quantize(solution, clip: $0)?.weights == head.weights
        }
        #expect(clips.count == 1, "the weights are not those of all samples")
    }

    @Test func theGroupingOfSamplesDoesNotMatter() throws {
        let world = SyntheticSamples.World(featureCount: 20, classCount: 3, seed: 7)
        let samples = world.draw(1_100, noise: 2, seed: 8)
        let whole = try fitter(samples, of: world).fit(name: "a", backboneDigest: testBackbone)
        for size in [1, 7, 512, 1_000] {
            var fitter = HeadFitter(featureCount: 20, classNames: ["0", "1", "2"])
            for first in stride(from: 0, to: samples.count, by: size) {
                let range = first..<min(first + size, samples.count)
                try samples.features.withUnsafeBufferPointer { (features) throws(HeadError) in
                    try fitter.add(
                        features: .init(
                            rebasing: features[(range.lowerBound * 20)..<(range.upperBound * 20)]
                        ),
                        count: range.count,
                        labels: Array(samples.labels[range])
                    )
                }
            }
            #expect(fitter.sampleCount == 1_100)
            let head = try fitter.fit(name: "a", backboneDigest: testBackbone)
            #expect(head == whole, "groups of \(size)")
        }
    }

    @Test func fittingLeavesTheFitterAsItWas() throws {
        let world = SyntheticSamples.World(featureCount: 20, classCount: 3, seed: 7)
        let fitter = try fitter(world.draw(300, noise: 2, seed: 8), of: world)
        let first = try fitter.fit(name: "a", backboneDigest: testBackbone)
        #expect(try fitter.fit(name: "a", backboneDigest: testBackbone) == first)
    }

    @Test func aHeadForSomeClassesIgnoresTheOthers() throws {
        let world = SyntheticSamples.World(featureCount: 60, classCount: 5, seed: 1)
        let samples = world.draw(1_500, noise: 0.3, seed: 2)
        let classes = [4, 0, 2]
        let head = try fitter(samples, of: world, classes: classes).fit(
            name: "some",
            backboneDigest: testBackbone
        )
        #expect(head.classNames == ["4", "0", "2"])

        // The same head as from the samples of those classes alone, under their new numbers.
        var alone = SyntheticSamples()
        for (index, label) in samples.labels.enumerated() {
            guard let classIndex = classes.firstIndex(of: label) else { continue }
            alone.labels.append(classIndex)
            alone.features += samples.features[(index * 60)..<((index + 1) * 60)]
        }
        var fitter = HeadFitter(featureCount: 60, classNames: ["4", "0", "2"])
        try add(alone, to: &fitter)
        #expect(try fitter.fit(name: "some", backboneDigest: testBackbone) == head)
        #expect(accuracy(of: head, on: alone).correct == alone.count)
    }

    @Test func labelsThatAreNoClassAreRefusedBeforeAnythingIsAdded() throws {
        var fitter = HeadFitter(featureCount: 2, classNames: ["a", "b"])
        for label in [2, -1] {
            let samples = SyntheticSamples(features: [1, 2, 3, 4], labels: [0, label])
            #expect(throws: HeadError.badLabel(sample: 1, label: label, labelCount: 2)) {
                try add(samples, to: &fitter)
            }
        }
        #expect(fitter.sampleCount == 0)
    }

    @Test func aClassWithoutSamplesIsRefused() throws {
        var fitter = HeadFitter(featureCount: 1, classNames: ["a", "b", "c"])
        try add(SyntheticSamples(features: [1, 2, 3], labels: [0, 2, 2]), to: &fitter)
        guard
            case .tooLittleData = headError({ () throws(HeadError) in
                _ = try fitter.fit(name: "a", backboneDigest: testBackbone)
            })
        else {
            Issue.record("a class without samples was accepted")
            return
        }
    }

    @Test(arguments: [0.0, -1.0, Double.nan, Double.infinity])
    func ridgesThatAreNotPositiveAndFiniteAreRefused(ridge: Double) throws {
        var fitter = HeadFitter(featureCount: 1, classNames: ["a", "b"])
        try add(SyntheticSamples(features: [1, 2], labels: [0, 1]), to: &fitter)
        guard
            case .unsolvable = headError({ () throws(HeadError) in
                _ = try fitter.fit(ridge: ridge, name: "a", backboneDigest: testBackbone)
            })
        else {
            Issue.record("ridge \(ridge) was accepted")
            return
        }
    }

    @Test func oneSampleOfEachClassIsEnough() throws {
        var fitter = HeadFitter(featureCount: 3, classNames: ["a", "b"])
        let samples = SyntheticSamples(features: [200, 10, 5, 20, 10, 250], labels: [0, 1])
        try add(samples, to: &fitter)
        let head = try fitter.fit(name: "tiny", backboneDigest: testBackbone)
        #expect(accuracy(of: head, on: samples).correct == 2)
        #expect([head.weights[1], head.weights[4]] == [0, 0], "a constant feature tells nothing")
    }

    @Test func featuresThatTellNothingGiveTheCommonestClass() throws {
        var fitter = HeadFitter(featureCount: 2, classNames: ["rare", "common"])
        let labels = (0..<100).map { $0 % 4 == 0 ? 0 : 1 }
        let samples = SyntheticSamples(features: [UInt8](repeating: 255, count: 200), labels: labels)
        try add(samples, to: &fitter)
        let head = try fitter.fit(name: "constant", backboneDigest: testBackbone)
        #expect(head.weights.allSatisfy { $0 == 0 })
        #expect(accuracy(of: head, on: samples).correct == 75)
    }

    @Test func duplicateFeaturesAreNoProblem() throws {
        let world = SyntheticSamples.World(featureCount: 30, classCount: 3, seed: 4)
        var samples = world.draw(300, noise: 0.3, seed: 5)
        samples.features = (0..<300).flatMap { row -> [UInt8] in
            let half = Array(samples.features[(row * 30)..<(row * 30 + 15)])
            return half + half
        }
        let head = try fitter(samples, of: world).fit(ridge: 1e-4, name: "a", backboneDigest: testBackbone)
        #expect(accuracy(of: head, on: samples).fraction > 0.95)
    }

    @Test func illegalLabelsOfTheHeadAreRefused() throws {
        let world = SyntheticSamples.World(featureCount: 10, classCount: 2, seed: 7)
        let fitter = try fitter(world.draw(50, noise: 1, seed: 8), of: world)
        let error = headError { () throws(HeadError) in
            _ = try fitter.fit(name: "a b", backboneDigest: testBackbone)
        }
        #expect(error == .badName("a b"))
    }
}

// MARK: - Help

extension HeadFitterTests {
    private func add(_ samples: SyntheticSamples, to fitter: inout HeadFitter) throws(HeadError) {
        try samples.features.withUnsafeBufferPointer { (features) throws(HeadError) in
            try fitter.add(features: features, count: samples.count, labels: samples.labels)
        }
    }

    private func fitter(
        _ samples: SyntheticSamples,
        of world: SyntheticSamples.World,
        classes: [Int]? = nil
    ) throws(HeadError) -> HeadFitter {
        let names = (0..<world.classCount).map(String.init)
        var fitter = HeadFitter(featureCount: world.featureCount, classNames: names, classes: classes)
        try add(samples, to: &fitter)
        return fitter
    }

    private func equations(_ samples: SyntheticSamples, of world: SyntheticSamples.World) -> NormalEquations {
        var equations = NormalEquations(featureCount: world.featureCount, classCount: world.classCount)
        samples.features.withUnsafeBufferPointer { features in
            for (index, label) in samples.labels.enumerated() {
                let range = (index * world.featureCount)..<((index + 1) * world.featureCount)
                equations.add(UnsafeBufferPointer(rebasing: features[range]), classIndex: label)
            }
        }
        equations.flush()
        return equations
    }

    private func accuracy(of head: ClassifierHead, on samples: SyntheticSamples) -> Accuracy {
        samples.features.withUnsafeBufferPointer {
            Accuracy(of: NPUBank(head), features: $0, count: samples.count, labels: samples.labels)
        }
    }

    private func realAccuracy(of head: RealHead, on samples: SyntheticSamples) -> Accuracy {
        let featureCount = samples.features.count / samples.count
        var correct = 0
        for (index, label) in samples.labels.enumerated() {
            let logits = head.bias.indices.map { classIndex in
                (0..<featureCount).reduce(head.bias[classIndex]) { sum, feature in
                    sum + head.weights[classIndex * featureCount + feature]
                        * Double(samples.features[index * featureCount + feature])
                }
            }
            if logits.indices.max(by: { logits[$0] < logits[$1] }) == label { correct += 1 }
        }
        return Accuracy(correct: correct, total: samples.count)
    }
}

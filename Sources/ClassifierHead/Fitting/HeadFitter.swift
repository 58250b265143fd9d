public import Artifacts

/// Fits a head to the features of a frozen backbone, without keeping the samples.
///
/// Ridge regression in closed form, then int8. Every fourth sample of a class is held out, up to a limit;
/// the held-out samples choose the ridge and the clipping of the weights by integer accuracy, and then take
/// part in the last fit. The result depends on the samples and their order alone, not on how they are
/// grouped into calls of ``add(features:count:labels:)``.
public struct HeadFitter: Sendable {
    /// The ridges that are tried where none is given, strongest first.
    public static let ridgeCandidates: [Double] = [1, 1e-1, 1e-2, 1e-3, 1e-4]

    /// How many features a sample has.
    public let featureCount: Int

    /// The classes of the head, in its order.
    public let classNames: [String]

    /// The class of the head for each label; `nil` where the head does not know the label.
    private let classOfLabel: [Int?]

    private var equations: NormalEquations
    private var heldOut: [UInt8] = []
    private var heldOutClasses: [Int] = []
    private var heldOutCounts: [Int]
    private var seenCounts: [Int]

    /// The most samples that are held out.
    private static let maximumHeldOutCount = 8_192

    /// A fitter without samples.
    ///
    /// - Range: `featureCount` in ``ClassifierHead/featureCountRange``; `classes` are distinct indices into
    ///   `classNames`, at least two; without them the head knows every class.
    /// - Cost: 8 bytes for each pair of features.
    public init(featureCount: Int, classNames: [String], classes: [Int]? = nil) {
        precondition(ClassifierHead.featureCountRange.contains(featureCount), "featureCount is out of range")
        let classes = classes ?? Array(classNames.indices)
        precondition(
            ClassifierHead.classCountRange.contains(classes.count),
            "the class count is out of range"
        )
        precondition(classes.allSatisfy(classNames.indices.contains), "a class has no name")
        precondition(Set(classes).count == classes.count, "a class is named twice")
        self.featureCount = featureCount
        self.classNames = classes.map { classNames[$0] }
        var classOfLabel = [Int?](repeating: nil, count: classNames.count)
        for (index, label) in classes.enumerated() { classOfLabel[label] = index }
        self.classOfLabel = classOfLabel
        equations = NormalEquations(featureCount: featureCount, classCount: classes.count)
        heldOutCounts = [Int](repeating: 0, count: classes.count)
        seenCounts = [Int](repeating: 0, count: classes.count)
    }

    /// How many samples of the head's classes were added.
    public var sampleCount: Int { seenCounts.reduce(0, +) }

    /// Adds `count` samples; those whose label the head does not know are skipped.
    ///
    /// - Shape: `features` is `[count, features]`, `labels` is `[count]`.
    /// - Range: labels are indices into the names given to the initialiser.
    /// - Throws: `badLabel`, before anything is added; `tooManySamples`.
    public mutating func add(
        features: UnsafeBufferPointer<UInt8>,
        count: Int,
        labels: [Int]
    ) throws(HeadError) {
        precondition(features.count == count * featureCount, "features are not [count, features]")
        precondition(labels.count == count, "there is not one label for each sample")
        if let index = labels.firstIndex(where: { !classOfLabel.indices.contains($0) }) {
            throw .badLabel(sample: index, label: labels[index], labelCount: classOfLabel.count)
        }
        guard sampleCount + count <= NormalEquations.maximumSampleCount else {
            throw .tooManySamples(maximum: NormalEquations.maximumSampleCount)
        }
        for (index, label) in labels.enumerated() {
            guard let classIndex = classOfLabel[label] else { continue }
            let sample = UnsafeBufferPointer(
                rebasing: features[(index * featureCount)..<((index + 1) * featureCount)]
            )
            if holdsOut(classIndex) {
                heldOut.append(contentsOf: sample)
                heldOutClasses.append(classIndex)
                heldOutCounts[classIndex] += 1
            } else {
                equations.add(sample, classIndex: classIndex)
            }
            seenCounts[classIndex] += 1
        }
    }

    /// Fits a head to the samples added so far; more may be added afterwards.
    ///
    /// - Parameter preprocessing: what the images went through, as the backbone states it.
    /// - Range: `ridge` is positive, relative to the variance of a feature; without it the best of
    ///   ``ridgeCandidates`` on the held-out samples is taken, the strongest of equals.
    /// - Throws: `tooLittleData` where a class has no sample, `unsolvable`, or what ``ClassifierHead`` says
    ///   of name, version and class names.
    /// - Cost: a Cholesky factorisation for each ridge that is tried.
    public func fit(
        ridge: Double? = nil,
        name: String,
        version: String? = nil,
        backboneDigest: ContentDigest,
        preprocessing: String? = nil
    ) throws(HeadError) -> ClassifierHead {
        if let ridge, !(ridge.isFinite && ridge > 0) { throw .unsolvable(ridge: ridge) }
        if let index = seenCounts.firstIndex(of: 0) {
            throw .tooLittleData("class \(index) has no sample")
        }
        var equations = equations
        equations.flush()
        let choice = try choose(ridges: ridge.map { [$0] } ?? Self.ridgeCandidates, from: equations)

        heldOut.withUnsafeBufferPointer { heldOut in
            for (index, classIndex) in heldOutClasses.enumerated() {
                let sample = heldOut[(index * featureCount)..<((index + 1) * featureCount)]
                equations.add(UnsafeBufferPointer(rebasing: sample), classIndex: classIndex)
            }
        }
        equations.flush()
        guard let solution = RealHead.solve(equations, ridge: choice.ridge),
            let quantized = HeadQuantizer.quantize(solution, clip: choice.clip)
        else { throw .unsolvable(ridge: choice.ridge) }
        var summary = "ridge regression, \(sampleCount) samples, ridge \(choice.ridge), clip \(choice.clip)"
        if let accuracy = choice.accuracy {
            summary += "; \(accuracy.total) held-out samples chose these at \(accuracy)"
        }
        return try ClassifierHead(
            name: name,
            version: version,
            classNames: classNames,
            featureCount: featureCount,
            weights: quantized.weights,
            bias: quantized.bias,
            scale: quantized.scale,
            backboneDigest: backboneDigest,
            preprocessing: preprocessing,
            summary: summary
        )
    }
}

// MARK: - Held-out samples

extension HeadFitter {
    private struct Choice {
        var ridge: Double
        var clip: Double
        /// Absent where no sample was held out.
        var accuracy: Accuracy?
    }

    /// Whether the next sample of a class is held out: every fourth, from the second on.
    private func holdsOut(_ classIndex: Int) -> Bool {
        seenCounts[classIndex] % 4 == 1
            && heldOutClasses.count < Self.maximumHeldOutCount
            && heldOutCounts[classIndex] < max(Self.maximumHeldOutCount / classNames.count, 1)
    }

    /// Chooses the ridge, then the clipping, by accuracy on the held-out samples.
    private func choose(ridges: [Double], from equations: NormalEquations) throws(HeadError) -> Choice {
        var best: (choice: Choice, solution: RealHead)?
        for ridge in ridges {
            guard let solution = RealHead.solve(equations, ridge: ridge) else { continue }
            let clip = HeadQuantizer.estimatedClip(solution)
            guard let quantized = HeadQuantizer.quantize(solution, clip: clip) else { continue }
            let accuracy = accuracyOnHeldOut(quantized)
            if let former = best?.choice.accuracy, former.correct >= accuracy?.correct ?? 0 { continue }
            best = (Choice(ridge: ridge, clip: clip, accuracy: accuracy), solution)
            // Without held-out samples there is nothing to choose by.
            if accuracy == nil { break }
        }
        guard let best else { throw .unsolvable(ridge: ridges.last ?? 0) }
        var choice = best.choice
        guard choice.accuracy != nil else { return choice }
        for clip in HeadQuantizer.clipCandidates {
            guard let quantized = HeadQuantizer.quantize(best.solution, clip: clip) else { continue }
            let accuracy = accuracyOnHeldOut(quantized)
            if let accuracy, accuracy.correct > choice.accuracy?.correct ?? 0 {
                choice.clip = clip
                choice.accuracy = accuracy
            }
        }
        return choice
    }

    private func accuracyOnHeldOut(_ quantized: HeadQuantizer.Quantized) -> Accuracy? {
        guard !heldOutClasses.isEmpty else { return nil }
        let bank = NPUBank(
            weights: quantized.weights,
            bias: quantized.bias,
            classCount: classNames.count,
            featureCount: featureCount
        )
        return heldOut.withUnsafeBufferPointer { heldOut in
            Accuracy(of: bank, features: heldOut, count: heldOutClasses.count, labels: heldOutClasses)
        }
    }
}

public import ClassifierHead
public import HardenedBackbone
import Evaluation
import QuantizedTensors

/// Everything that the points of a study share; each point is a pure function of it.
///
/// Points may be computed on any number of threads, in any order: none depends on another, apart from the
/// baseline's answers.
public struct SensitivityStudy: Sendable {
    /// The artefact that is degraded.
    public let artifact: BackboneArtifact
    /// The head that answers.
    public let head: ClassifierHead
    /// The images that accuracy is measured on; none of them is in the other two sets.
    public let test: LabelledTensors
    /// The images whose means correct the biases.
    public let calibration: [[UInt8]]
    /// The images that heads are fitted anew on; absent where none are.
    public let refit: LabelledTensors?
    /// Points of single layers use every image whose index is a multiple of this.
    public let layerStride: Int

    private let targets: CalibrationTargets
    /// The corrected numbers of each layer where it alone is reduced.
    private let alone: [Degradation.LayerReduction: [LayerParameters]]
    /// The undegraded artefact's answers to the test images.
    private let baseline: [Int]

    /// Prepares a study: calibration means, layers corrected one by one, the undegraded answers.
    ///
    /// - Range: `test` and `calibration` are not empty; `layerStride` is at least 1.
    /// - Throws: ``StudyError`` where the head is not one of the artefact's.
    /// - Cost: five passes of the reference over the calibration images, one of the executor over the test
    ///   images.
    public init(
        artifact: BackboneArtifact,
        head: ClassifierHead,
        test: LabelledTensors,
        calibration: [[UInt8]],
        refit: LabelledTensors?,
        layerStride: Int,
        onImages: (Int) -> Void = { _ in }
    ) throws(StudyError) {
        precondition(test.count > 0 && layerStride > 0, "a study has test images")
        do throws(HeadError) {
            try head.verify(
                fits: artifact.digest, featureCount: artifact.network.featureCount,
                preprocessing: artifact.preprocessing)
        } catch {
            throw .head(error)
        }
        self.artifact = artifact
        self.head = head
        self.test = test
        self.calibration = calibration
        self.refit = refit
        self.layerStride = layerStride
        targets = CalibrationTargets(artifact, images: calibration)
        var alone: [Degradation.LayerReduction: [LayerParameters]] = [:]
        for reduction in Degradation.LayerReduction.allCases {
            alone[reduction] = BiasCorrection.correctEachAlone(
                of: artifact,
                targets: targets,
                images: calibration
            ) { Degradation.layer(index: $0, reduction).degradedLayers(of: artifact)[$0] }
        }
        self.alone = alone
        let runner = try NetworkRunner(artifact, activationBits: 8)
        baseline = runner.answers(of: NPUBank(head), to: test, every: 1, onImages: onImages)
    }

    /// Measures one point.
    ///
    /// - Parameter onImages: told now and then how many more images were run.
    /// - Throws: ``StudyError``.
    public func outcome(
        of point: StudyPoint, onImages: (Int) -> Void = { _ in }
    ) throws(StudyError) -> Outcome {
        let bits = point.degradation.activationBits
        let degraded = try artifact(of: point)
        let runner = try NetworkRunner(degraded, activationBits: bits)
        let bank = NPUBank(point.treatment == .headRefitted ? try refitted(runner, onImages) : head)
        let stride = point.isOfOneLayer ? layerStride : 1
        let indices = Array(Swift.stride(from: 0, to: test.count, by: stride))
        return Outcome(
            answers: runner.answers(of: bank, to: test, every: stride, onImages: onImages),
            baseline: indices.map { baseline[$0] },
            classes: indices.map { test.classes[$0] },
            census: WeightCensus(degraded.layers),
            activationBits: bits
        )
    }

    /// Measures another artefact with a head of its own, as it is, on the same images.
    ///
    /// - Throws: ``StudyError``.
    public func outcome(of other: BackboneArtifact, head: ClassifierHead) throws(StudyError) -> Outcome {
        let runner = try NetworkRunner(other, activationBits: 8)
        return Outcome(
            answers: runner.answers(of: NPUBank(head), to: test, every: 1) { _ in },
            baseline: baseline,
            classes: test.classes,
            census: WeightCensus(other.layers),
            activationBits: 8
        )
    }

    /// The degraded artefact of a point, biases corrected where the point asks for it.
    ///
    /// - Throws: ``StudyError/illegal(_:)``, which would be a fault of this program.
    public func artifact(of point: StudyPoint) throws(StudyError) -> BackboneArtifact {
        var layers = point.degradation.degradedLayers(of: artifact)
        if point.treatment != .asIs, point.degradation != .none {
            if case .layer(let index, let reduction) = point.degradation, let alone = alone[reduction] {
                layers[index] = alone[index]
            } else {
                layers = BiasCorrection.correct(
                    layers,
                    activationBits: point.degradation.activationBits,
                    of: artifact,
                    targets: targets,
                    images: calibration
                )
            }
        }
        do throws(BackboneArtifactError) {
            return try BackboneArtifact(
                network: artifact.network,
                inputMean: artifact.inputMean,
                poolShift: artifact.poolShift,
                layers: layers,
                activationExponents: artifact.activationExponents,
                preprocessing: artifact.preprocessing,
                description: artifact.description + "; degraded: \(point.degradation)"
            )
        } catch {
            throw .illegal(error)
        }
    }

    private func refitted(
        _ runner: NetworkRunner,
        _ onImages: (Int) -> Void
    ) throws(StudyError) -> ClassifierHead {
        guard let refit else { throw .nothingToFitOn }
        var fitter = HeadFitter(featureCount: head.featureCount, classNames: head.classNames)
        do throws(HeadError) {
            for first in stride(from: 0, to: refit.count, by: NetworkRunner.batchImages) {
                let batch = first..<min(first + NetworkRunner.batchImages, refit.count)
                let features = runner.features(of: refit, images: Array(batch))
                var failure: HeadError?
                features.withUnsafeBufferPointer { features in
                    do throws(HeadError) {
                        try fitter.add(
                            features: features,
                            count: batch.count,
                            labels: Array(refit.classes[batch])
                        )
                    } catch {
                        failure = error
                    }
                }
                if let failure { throw failure }
                onImages(batch.count)
            }
            return try fitter.fit(name: "refitted", backboneDigest: runner.digest)
        } catch {
            throw .head(error)
        }
    }
}

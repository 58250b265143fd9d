import Artifacts
import ClassifierHead
import Evaluation
import Foundation
import HardenedBackbone
import QuantizedTensors
import Sensitivity
import Testing
import TestSupport

@Suite struct StudyTests {
    /// Made once: fitting a head takes longer than all else.
    private static let plain = Result { try make(refit: false) }
    private static let refitting = Result { try make(refit: true) }

    private func study(refit: Bool = false) throws -> SensitivityStudy {
        try (refit ? Self.refitting : Self.plain).get()
    }

    private static func make(refit: Bool) throws -> SensitivityStudy {
        let artifact = try SmallBackbone.make()
        let images = SmallBackbone.images(24, network: artifact.network)
        return try SensitivityStudy(
            artifact: artifact, head: try SmallBackbone.head(artifact, images), test: images,
            calibration: (0..<4).map { images.image($0) }, refit: refit ? images : nil,
            layerStride: 3)
    }

    /// Answers of a network computed layer by layer, with `bits` rounded from the definition.
    private func answers(_ study: SensitivityStudy, _ artifact: BackboneArtifact, bits: Int) -> [Int] {
        let step = Int32(1) << Int32(8 - bits)
        return (0..<study.test.count).map { index in
            var outputs: [[UInt8]] = []
            for (number, layer) in artifact.network.layers.enumerated() {
                let input = number == 0 ? study.test.image(index) : outputs[number - 1]
                let parameters = artifact.layers[number]
                let sums = ReferenceBackbone.convolve(
                    layer, parameters.weights, input, padding: artifact.inputMean)
                let output = ReferenceBackbone.requantize(
                    layer, parameters, sums, residual: layer.residualSource.map { outputs[$0] })
                let type = layer.outputType
                outputs.append(
                    output.map { byte in
                        let scaled = Double(type.value(of: byte)) / Double(step)
                        let code = Int32((scaled + 0.5).rounded(.down)) * step
                        return type.byte(of: min(code, type == .u8 ? 256 - step : 128 - step))
                    })
            }
            let features = ReferenceBackbone.pool(
                outputs[outputs.count - 1], shape: artifact.network.pooledShape, shift: artifact.poolShift)
            let logits = HeadReference.logits(study.head, features: features)
            return logits.indices.max { (logits[$0], -$0) < (logits[$1], -$1) } ?? 0
        }
    }

    @Test(arguments: [8, 6, 4])
    func activationBitsAreRoundedInEveryLayer(_ bits: Int) throws {
        let study = try study()
        let outcome = try study.outcome(of: StudyPoint(.activationBits(bits), .asIs))
        let expected = answers(study, study.artifact, bits: bits)
        let undegraded = answers(study, study.artifact, bits: 8)
        #expect(outcome.correct == expected.indices.count { expected[$0] == study.test.classes[$0] })
        #expect(outcome.agreeing == expected.indices.count { expected[$0] == undegraded[$0] })
        #expect(outcome.fullAdders == outcome.census.nonZero * bits)
    }

    @Test func theUndegradedArtefactAgreesWithItself() throws {
        let study = try study()
        let outcome = try study.outcome(of: StudyPoint(.none, .asIs))
        #expect(outcome.agreeing == 24 && outcome.images == 24 && outcome.lost == 0 && outcome.gained == 0)
        #expect(try study.artifact(of: StudyPoint(.exponents(7), .asIs)).layers == study.artifact.layers)
    }

    @Test func singleLayersAreMeasuredOnEveryThirdImage() throws {
        let study = try study()
        let outcome = try study.outcome(of: StudyPoint(.layer(index: 4, .halfPruned), .biasCorrected))
        #expect(outcome.images == 8 && outcome.baselineCorrect <= 8)
    }

    /// The mean of every channel's sum is what it was, to half a unit, on inputs of the corrected layers.
    @Test(arguments: [Degradation.exponents(1), .pruned(percent: 70), .commonExponent(.everywhere)])
    func correctedBiasesRestoreTheMeans(_ degradation: Degradation) throws {
        let study = try study()
        let corrected = try study.artifact(of: StudyPoint(degradation, .biasCorrected))
        let plain = try study.artifact(of: StudyPoint(degradation, .asIs))
        let wanted = means(study.artifact, study.calibration)
        let found = means(corrected, study.calibration)
        for (index, layer) in study.artifact.network.layers.enumerated() {
            #expect(corrected.layers[index].weights == plain.layers[index].weights)
            for channel in 0..<layer.output.channels {
                let unit = 1 / Double(1 << Int(corrected.layers[index].shift[channel]))
                let difference = abs(wanted[index][channel] - found[index][channel])
                #expect(difference <= 0.5 * unit + 1e-9, "\(layer.name), channel \(channel)")
            }
        }
        #expect(zip(means(plain, study.calibration), wanted).contains { $0 != $1 })
    }

    /// Mean of accumulator, bias and residual of every channel, in units of its layer's output.
    private func means(_ artifact: BackboneArtifact, _ images: [[UInt8]]) -> [[Double]] {
        var totals = artifact.network.layers.map { [Double](repeating: 0, count: $0.output.channels) }
        for image in images {
            var outputs: [[UInt8]] = []
            for (index, layer) in artifact.network.layers.enumerated() {
                let parameters = artifact.layers[index]
                let sums = ReferenceBackbone.convolve(
                    layer, parameters.weights, index == 0 ? image : outputs[index - 1],
                    padding: artifact.inputMean)
                let residual = layer.residualSource.map { outputs[$0] }
                for (element, sum) in sums.enumerated() {
                    let channel = element % layer.output.channels
                    let scale = Double(1 << Int(parameters.shift[channel]))
                    var value = Double(Int64(sum) + Int64(parameters.bias[channel])) / scale
                    if let residual {
                        let aligned = 1 << (Int(parameters.shift[channel]) + Int(parameters.residualShift))
                        value += Double(Int8(bitPattern: residual[element])) * Double(aligned) / scale
                    }
                    totals[index][channel] += value / Double(layer.output.pixelCount * images.count)
                }
                outputs.append(ReferenceBackbone.requantize(layer, parameters, sums, residual: residual))
            }
        }
        return totals
    }

    /// A layer that alone is corrected sees inputs that nobody degraded.
    @Test func aSingleCorrectedLayerRestoresItsOwnMeans() throws {
        let study = try study()
        let corrected = try study.artifact(of: StudyPoint(.layer(index: 6, .twoExponents), .biasCorrected))
        let (wanted, found) = (means(study.artifact, study.calibration), means(corrected, study.calibration))
        for channel in wanted[6].indices {
            let unit = 1 / Double(1 << Int(corrected.layers[6].shift[channel]))
            #expect(abs(wanted[6][channel] - found[6][channel]) <= 0.5 * unit + 1e-9)
        }
        for index in corrected.layers.indices where index != 6 {
            #expect(corrected.layers[index] == study.artifact.layers[index])
        }
    }

    @Test func aRefittedHeadAnswersAtLeastItsOwnTrainingImages() throws {
        let study = try study(refit: true)
        let point = Degradation.exponents(2)
        let refitted = try study.outcome(of: StudyPoint(point, .headRefitted))
        let corrected = try study.outcome(of: StudyPoint(point, .biasCorrected))
        #expect(refitted.correct >= corrected.correct)
        #expect(refitted.census == corrected.census)
    }

    @Test func aRefitWithoutImagesIsRefused() throws {
        let study = try study()
        #expect(throws: StudyError.self) { try study.outcome(of: StudyPoint(.none, .headRefitted)) }
    }

    @Test func headsOfOtherBackbonesAreRefused() throws {
        let artifact = try SmallBackbone.make()
        let other = try SmallBackbone.make(seed: 2)
        let images = SmallBackbone.images(12, network: artifact.network)
        let head = try SmallBackbone.head(other, images)
        #expect(throws: StudyError.self) {
            try SensitivityStudy(
                artifact: artifact, head: head, test: images, calibration: [images.image(0)], refit: nil,
                layerStride: 1)
        }
    }

    @Test func thePlanHasEveryPointOnceAndBeginsUndegraded() throws {
        let network = try SmallBackbone.make().network
        let plain = StudyPlan.points(network: network, refit: false)
        let refitted = StudyPlan.points(network: network, refit: true)
        #expect(plain.first == StudyPoint(.none, .asIs))
        #expect(Set(plain).count == plain.count && Set(refitted).count == refitted.count)
        #expect(plain.count == 1 + 20 * 2 + 52 * 2 * 2)
        #expect(refitted.count == plain.count + 21)
    }
}

@Suite struct OutcomeTests {
    /// 794 right twice, 150 lost, 86 gained, 570 wrong twice: A. Agresti, "Categorical Data Analysis",
    /// 2002, section 10.1: difference -0.04, standard error 0.0095.
    @Test func changesHaveAPairedInterval() {
        let cells = [(794, true, true), (150, true, false), (86, false, true), (570, false, false)]
        let before = cells.flatMap { Array(repeating: $0.1 ? 1 : 0, count: $0.0) }
        let after = cells.flatMap { Array(repeating: $0.2 ? 1 : 0, count: $0.0) }
        let outcome = Outcome(
            answers: after, baseline: before, classes: Array(repeating: 1, count: 1600),
            census: WeightCensus([]), activationBits: 8)
        #expect(outcome.lost == 150 && outcome.gained == 86 && outcome.agreeing == 1364)
        #expect(abs(outcome.change + 0.04) < 1e-12)
        #expect(abs(outcome.change95.lowerBound - (-0.04 - 1.96 * 0.0095)) < 0.0003)
        #expect(abs(outcome.change95.upperBound - (-0.04 + 1.96 * 0.0095)) < 0.0003)
    }

    @Test func nothingChangedIsNotCertainty() {
        let outcome = Outcome(
            answers: [1, 1], baseline: [1, 1], classes: [1, 0], census: WeightCensus([]), activationBits: 8)
        #expect(outcome.change == 0 && outcome.change95.lowerBound < 0 && outcome.change95.upperBound > 0)
    }
}

import Evaluation
import Figures
import HardenedBackbone

/// One line of the tables.
public struct ReportRow: Sendable, Hashable, Encodable {
    /// What was varied.
    public enum Study: String, Sendable, Hashable, Encodable, CaseIterable {
        /// Nothing.
        case baseline
        /// The number of exponents of a channel.
        case exponents
        /// The bits of activations.
        case activationBits = "activation_bits"
        /// The share of zeros.
        case pruning
        /// Who shares an exponent.
        case commonExponent = "common_exponent"
        /// One layer with two exponents.
        case layerTwoExponents = "layer_two_exponents"
        /// One layer with half of its weights.
        case layerHalfPruned = "layer_half_pruned"
        /// Another artefact.
        case compared
    }

    /// What was varied.
    public let study: Study
    /// To what: a number, a scope, or a layer's name.
    public let setting: String
    /// What was done about it: `as_is`, `bias_corrected` or `head_refitted`.
    public let treatmentName: String
    /// Images.
    public let images: Int
    /// Right answers.
    public let correct: Int
    /// `correct / images`.
    public let accuracy: Double
    /// Lower end of the Wilson 95 % interval of the accuracy.
    public let accuracyLow: Double
    /// Upper end of it.
    public let accuracyHigh: Double
    /// Right answers of the undegraded artefact on the same images.
    public let baselineCorrect: Int
    /// Answers that were right before, and are not now.
    public let lost: Int
    /// Answers that were not right before, and are now.
    public let gained: Int
    /// Change of the accuracy against the undegraded artefact on the same images.
    public let change: Double
    /// Lower end of the paired 95 % interval of the change.
    public let changeLow: Double
    /// Upper end of it.
    public let changeHigh: Double
    /// Share of images that both answer alike.
    public let agreement: Double
    /// Weights that are zero, as a share.
    public let zeroShare: Double
    /// Weights that are not zero.
    public let nonZeroWeights: Int
    /// Full adders of one copy of the constants: modelled.
    public let fullAddersModelled: Int

    /// What was done about it.
    var treatment: StudyPoint.Treatment { .init(rawValue: treatmentName) ?? .asIs }

    init(_ study: Study, setting: String, treatment: StudyPoint.Treatment, _ outcome: Outcome) {
        self.study = study
        self.setting = setting
        treatmentName = treatment.rawValue
        images = outcome.images
        correct = outcome.correct
        accuracy = outcome.accuracy.share
        (accuracyLow, accuracyHigh) = (outcome.accuracy.low, outcome.accuracy.high)
        baselineCorrect = outcome.baselineCorrect
        (lost, gained) = (outcome.lost, outcome.gained)
        change = outcome.change
        (changeLow, changeHigh) = (outcome.change95.lowerBound, outcome.change95.upperBound)
        agreement = Double(outcome.agreeing) / Double(outcome.images)
        zeroShare = outcome.census.zeroShare
        nonZeroWeights = outcome.census.nonZero
        fullAddersModelled = outcome.fullAdders
    }

    init(_ point: StudyPoint, _ outcome: Outcome, network: NetworkDescription) {
        let (study, setting): (Study, String) =
            switch point.degradation {
            case .none: (.baseline, "")
            case .exponents(let count): (.exponents, String(count))
            case .activationBits(let bits): (.activationBits, String(bits))
            case .pruned(let percent): (.pruning, String(percent))
            case .commonExponent(let scope): (.commonExponent, scope.rawValue)
            case .layer(let index, .twoExponents): (.layerTwoExponents, network.layers[index].name)
            case .layer(let index, .halfPruned): (.layerHalfPruned, network.layers[index].name)
            }
        self.init(study, setting: setting, treatment: point.treatment, outcome)
    }
}

extension SensitivityReport {
    /// All rows as comma-separated values, with a header.
    public var csv: String {
        let header = [
            "study", "setting", "treatment", "images", "correct", "accuracy", "accuracy_low", "accuracy_high",
            "baseline_correct", "lost", "gained", "change", "change_low", "change_high", "agreement",
            "zero_share", "non_zero_weights", "full_adders_modelled",
        ]
        func share(_ value: Double) -> String { Number.text(value, places: 6) }
        return CommaSeparated.text(
            [header]
                + rows.map { row in
                    [
                        row.study.rawValue, row.setting, row.treatmentName, String(row.images),
                        String(row.correct), share(row.accuracy), share(row.accuracyLow),
                        share(row.accuracyHigh), String(row.baselineCorrect), String(row.lost),
                        String(row.gained), share(row.change), share(row.changeLow), share(row.changeHigh),
                        share(row.agreement), share(row.zeroShare), String(row.nonZeroWeights),
                        String(row.fullAddersModelled),
                    ]
                }
        )
    }
}

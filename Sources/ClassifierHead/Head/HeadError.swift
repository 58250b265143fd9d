public import Artifacts

/// Why a head cannot be made, read, used or fitted.
public enum HeadError: Error, Sendable, Equatable {
    /// A bias lies outside ``ClassifierHead/biasRange``.
    case badBias(classIndex: Int, value: Int)
    /// The number of classes lies outside ``ClassifierHead/classCountRange``.
    case badClassCount(Int)
    /// A class name is empty, too long, or holds a control character.
    case badClassName(classIndex: Int)
    /// The number of features lies outside ``ClassifierHead/featureCountRange``.
    case badFeatureCount(Int)
    /// A sample has a label that is no class.
    case badLabel(sample: Int, label: Int, labelCount: Int)
    /// There are not as many class names as rows of weights.
    case badLabelCount(expected: Int, actual: Int)
    /// A metadata entry has a value that does not fit it.
    case badMetadata(key: String, value: String)
    /// The name is not 1 to 64 of `[A-Za-z0-9._-]`.
    case badName(String)
    /// The preprocessing is too long or holds a control character.
    case badPreprocessing
    /// The scale is not a positive finite number.
    case badScale(Double)
    /// A tensor has another shape than the others imply.
    case badShape(tensor: String, expected: [Int], actual: [Int])
    /// The summary is longer than ``ClassifierHead/maximumSummaryByteCount``.
    case badSummary(byteCount: Int)
    /// The version is not 1 to 64 of `[A-Za-z0-9._-]`.
    case badVersion(String)
    /// The bytes are not a safetensors file, or a tensor has another type than it must.
    case container(SafetensorsError)
    /// The digest in the file is not that of its content.
    case digestMismatch(expected: ContentDigest, actual: ContentDigest)
    /// A logit could leave ``ClassifierHead/logitRange``.
    case logitsTooLarge(classIndex: Int, bound: Int)
    /// The file lacks a metadata entry.
    case missingMetadata(String)
    /// The file lacks a tensor.
    case missingTensor(String)
    /// The head was fitted on another backbone.
    case otherBackbone(expected: ContentDigest, actual: ContentDigest)
    /// The head was fitted on images of another preprocessing than the backbone's.
    case otherPreprocessing(expected: String, actual: String)
    /// The data is not enough to fit a head; the text says what is missing.
    case tooLittleData(String)
    /// The file, or the weights, are above the limit.
    case tooLarge(byteCount: Int, maximum: Int)
    /// There are more samples than can be summed exactly.
    case tooManySamples(maximum: Int)
    /// The file holds a tensor or metadata entry that heads do not have.
    case unexpectedContent(String)
    /// The file is of another schema than ``ClassifierHead/schema``.
    case unknownSchema(String)
    /// The normal equations have no stable solution with this ridge.
    case unsolvable(ridge: Double)
    /// The backbone gives another number of features than the head takes.
    case wrongWidth(expected: Int, actual: Int)
}

extension HeadError: CustomStringConvertible {
    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .badBias, .badClassCount, .badClassName, .badFeatureCount, .badLabelCount, .badPreprocessing,
            .badScale, .badShape, .badSummary, .logitsTooLarge:
            "head: \(valueProblem)"
        case .badLabel(let sample, let label, let labelCount):
            "head fitting: sample \(sample) has label \(label), not in 0..<\(labelCount); correct the labels"
        case .badMetadata(let key, let value):
            "head file: metadata \(shown(key)) is \(shown(value)); write the file again"
        case .badName(let name):
            "head: name \(shown(name)) is not 1 to 64 of [A-Za-z0-9._-]; choose another"
        case .badVersion(let version):
            "head: version \(shown(version)) is not 1 to 64 of [A-Za-z0-9._-]; choose another"
        case .container(let error):
            "head file: \(error)"
        case .digestMismatch(let expected, let actual):
            "head file: content digest \(actual.hex) where the file states \(expected.hex); fetch it again"
        case .missingMetadata(let key):
            "head file: no metadata \(shown(key)); is this a head?"
        case .missingTensor(let name):
            "head file: no tensor \(shown(name)); is this a head?"
        case .otherBackbone(let expected, let actual):
            "head: fitted on backbone \(actual.hex), but this is backbone \(expected.hex); "
                + "fit it again here"
        case .otherPreprocessing(let expected, let actual):
            "head: fitted on images of preprocessing \(shown(actual, 512)), but the backbone's is "
                + "\(shown(expected, 512)); fit it again here"
        case .tooLittleData(let what):
            "head fitting: \(what); add samples"
        case .tooLarge(let byteCount, let maximum):
            "head: \(byteCount) bytes, above the limit of \(maximum); is this a head?"
        case .tooManySamples(let maximum):
            "head fitting: more than \(maximum) samples; leave some out"
        case .unexpectedContent(let name):
            "head file: unknown entry \(shown(name)); is it from a newer version?"
        case .unknownSchema(let schema):
            "head file: schema \(shown(schema)) where \(shown(ClassifierHead.schema)) is known; "
                + "update hashiflex"
        case .unsolvable(let ridge):
            "head fitting: no stable solution with ridge \(ridge); raise it"
        case .wrongWidth(let expected, let actual):
            "head: takes \(actual) features, but the backbone gives \(expected); fit it again here"
        }
    }

    private var valueProblem: String {
        switch self {
        case .badBias(let index, let value):
            "bias \(value) of class \(index) is not in \(ClassifierHead.biasRange); scale it down"
        case .badClassCount(let count):
            "\(count) classes, not in \(ClassifierHead.classCountRange)"
        case .badClassName(let index):
            "the name of class \(index) is not 1 to \(ClassifierHead.maximumClassNameByteCount) bytes "
                + "without control characters; rename it"
        case .badFeatureCount(let count):
            "\(count) features, not in \(ClassifierHead.featureCountRange)"
        case .badLabelCount(let expected, let actual):
            "\(actual) class names where \(expected) are needed; give one for each class"
        case .badPreprocessing:
            "the preprocessing is not at most \(ClassifierHead.maximumPreprocessingByteCount) bytes without "
                + "control characters; take the backbone's"
        case .badScale(let scale):
            "scale \(scale) is not a positive finite number"
        case .badShape(let tensor, let expected, let actual):
            "tensor \(tensor) has shape \(actual) where \(expected) is needed"
        case .badSummary(let byteCount):
            "summary of \(byteCount) bytes, above \(ClassifierHead.maximumSummaryByteCount); shorten it"
        case .logitsTooLarge(let index, let bound):
            "logits of class \(index) reach \(bound), not in \(ClassifierHead.logitRange); scale it down"
        default:
            preconditionFailure("called for the cases above only")
        }
    }

    /// A text from a file, made safe to print: escaped, and cut where it grows long.
    private func shown(_ text: String, _ limit: Int = 80) -> String {
        let scalars = text.unicodeScalars.prefix(limit)
        let quoted = String(String.UnicodeScalarView(scalars)).debugDescription
        return scalars.count < text.unicodeScalars.count ? quoted + "..." : quoted
    }
}

public import ClassifierHead
public import HardenedBackbone

/// Why a network was not hardened.
public enum HardeningError: Error, Sendable, CustomStringConvertible {
    /// An option is out of range.
    case badOption(name: String, found: String, expected: String)
    /// There are no calibration images, or too many.
    case wrongImageCount(found: Int)
    /// A calibration image has the wrong size.
    case wrongImageSize(index: Int, found: Int, expected: Int)
    /// Two networks that are to be compared have different shapes.
    case differentNetwork(found: String, expected: String)
    /// There are not as many class names as the classifier has rows.
    case wrongClassCount(found: Int, expected: Int)
    /// The hardened numbers break a rule of the datapath.
    case illegalArtifact(BackboneArtifactError)
    /// The classifier does not make a head.
    case illegalHead(HeadError)
    /// The classifier's numbers leave what eight bits can express.
    case classifierOutOfRange
    /// The hardened network names one class for every held-out image, the float network does not.
    case constantAnswer(images: Int)
    /// A weight of the finished artefact is no power of two in range, nor a sum of two.
    case illegalWeight(layer: String, index: Int, value: Int)
    /// The executor and the reference disagree.
    case executorDiffers(layer: String, image: Int)
    /// No executor can run here.
    case noExecutor(ISATierError)

    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .badOption(let name, let found, let expected):
            "hardening option \(name) is \(found), expected \(expected)"
        case .wrongImageCount(let found):
            "calibration has \(found) images, expected \(HardeningOptions.imageRange.lowerBound)..."
                + "\(HardeningOptions.imageRange.upperBound); pass a sample of typical images"
        case .wrongImageSize(let index, let found, let expected):
            "calibration image \(index) has \(found) bytes, expected \(expected); "
                + "resize images to the input size in RGB"
        case .differentNetwork(let found, let expected):
            "float network has \(found), the hardened backbone \(expected); name the network that it was hardened from"
        case .wrongClassCount(let found, let expected):
            "\(found) class names for a classifier of \(expected) classes; give one name for each class"
        case .illegalArtifact(let error):
            "hardened network breaks a rule of the datapath: \(error)"
        case .illegalHead(let error):
            "classifier can not become a head: \(error)"
        case .classifierOutOfRange:
            "classifier biases are too large beside its weights for an eight-bit head; check the classifier"
        case .constantAnswer(let images):
            "hardened network names one class for all \(images) held-out images, the float network does not: it is "
                + "worthless; give more and more typical calibration images, check the preprocessing, or try --terms 2"
        case .illegalWeight(let layer, let index, let value):
            "layer \(layer) holds weight \(value) at element \(index) after hardening; report this as a fault"
        case .executorDiffers(let layer, let image):
            "executor and reference differ in layer \(layer) on calibration image \(image); "
                + "nothing was written, report this as a fault"
        case .noExecutor(let error):
            "hardened network can not be verified here: \(error)"
        }
    }
}

import QuantizedTensors

/// Makes frozen backbones without training: random weights, calibrated on images layer by layer.
///
/// Every output channel is centred and scaled from its accumulators over the calibration images, as batch
/// normalisation does at initialisation, so that no channel is dead and few saturate. The result knows
/// nothing about any data set, but its features keep enough of an image for a linear classifier.
public enum BackboneInitialiser {
    /// Legal numbers of calibration images; their activations are held in memory together.
    public static let calibrationImages: ClosedRange<Int> = 1...256

    /// Makes a backbone from a seed and calibration images.
    ///
    /// Equal arguments give equal digests on every machine: all decisions are integer arithmetic.
    ///
    /// - Parameters:
    ///   - widthPercent: width multiplier in percent.
    ///   - inputSize: rows and columns of the input, in pixels.
    ///   - seed: seed of the weights.
    ///   - calibration: 1 to 256 images, each `[inputSize, inputSize, 3]` RGB bytes.
    ///   - preprocessing: identity of the preprocessing, recorded in the artefact.
    /// - Throws: ``BackboneInitialisationError`` for arguments out of range.
    /// - Complexity: about twice the reference executor's time for the images.
    public static func make(
        widthPercent: Int = 100,
        inputSize: Int,
        seed: UInt64,
        calibration: [[UInt8]],
        preprocessing: String = "none"
    ) throws(BackboneInitialisationError) -> BackboneArtifact {
        guard let network = NetworkDescription(widthPercent: widthPercent, inputSize: inputSize) else {
            throw .illegalNetwork(widthPercent: widthPercent, inputSize: inputSize)
        }
        guard calibrationImages.contains(calibration.count) else {
            throw .wrongImageCount(found: calibration.count)
        }
        for (index, image) in calibration.enumerated() where image.count != network.imageBytes {
            throw .wrongImageSize(index: index, found: image.count, expected: network.imageBytes)
        }
        var draft = WeightDraft(seed: seed)
        var calibrator = LayerCalibrator(network: network, images: calibration)
        let layers = network.layers.indices.map { index in
            calibrator.calibrate(index, weights: draft.weights(of: network.layers[index]))
        }
        do {
            return try BackboneArtifact(
                network: network,
                inputMean: LayerCalibrator.inputMean,
                poolShift: calibrator.poolShift(),
                layers: layers,
                activationExponents: network.layers.map { _ in 0 },
                preprocessing: preprocessing,
                description: "untrained: random power-of-two weights of seed \(seed), calibrated on "
                    + "\(calibration.count) images"
            )
        } catch {
            preconditionFailure(
                "weights are projected and ranges clamped, so the artefact is legal: \(error)"
            )
        }
    }
}

/// Why no backbone could be made.
public enum BackboneInitialisationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Width multiplier or input size are not legal.
    case illegalNetwork(widthPercent: Int, inputSize: Int)
    /// There are no calibration images, or too many.
    case wrongImageCount(found: Int)
    /// A calibration image has the wrong size.
    case wrongImageSize(index: Int, found: Int, expected: Int)

    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .illegalNetwork(let widthPercent, let inputSize):
            "no backbone has width \(widthPercent) % and input size \(inputSize); "
                + "use a width of 10...200 and a multiple of 32 up to 512"
        case .wrongImageCount(let found):
            "calibration has \(found) images, expected 1...256; pass a sample of typical images"
        case .wrongImageSize(let index, let found, let expected):
            "calibration image \(index) has \(found) bytes, expected \(expected); "
                + "resize images to the input size in RGB"
        }
    }
}

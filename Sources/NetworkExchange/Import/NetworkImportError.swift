public import FloatNetwork
public import HardenedBackbone

/// Why a file is not a network that can be hardened.
///
/// Names come from the file and are escaped and cut before they are shown.
public enum NetworkImportError: Error, Hashable, Sendable {
    /// The bytes are of no format that is read.
    case unknownFormat(fileName: String, looksLike: String?)
    /// The file is above the limit.
    case tooLarge(byteCount: Int, maximum: Int)
    /// The bytes are not a sound safetensors file.
    case safetensors(reason: String)
    /// The bytes are not a checkpoint of PyTorch that can be read.
    case checkpoint(reason: String)
    /// A file of Keras does not hold what is read.
    case keras(reason: String)
    /// The bytes are not a sound model in ONNX or TensorFlow Lite.
    case malformedModel(reason: String)
    /// A node is not the one that a MobileNetV2 has in this place.
    case unexpectedNode(name: String, operatorType: String, expected: String)
    /// A node calls a function of the file's own, or an operator that is not of the standard.
    case foreignOperator(name: String, operatorType: String, domain: String)
    /// The graph ends where a MobileNetV2 goes on.
    case graphEnds(after: String, expected: String)
    /// The graph has no image input of three colours.
    case unusableInput(name: String, found: String)
    /// Nothing states the input size.
    case unknownInputSize
    /// The file and the caller state different input sizes.
    case conflictingInputSize(found: Int, asked: Int)
    /// The input size is not a multiple of 32 in the legal range.
    case illegalInputSize(found: Int)
    /// A tensor is absent.
    case missingTensor(name: String)
    /// A tensor is not part of the network.
    case unexpectedTensor(name: String)
    /// A tensor has another shape than its place needs.
    case wrongShape(tensor: String, found: [Int], expected: String)
    /// A tensor has an element type that is not read.
    case unsupportedElementType(tensor: String, found: String)
    /// A tensor's numbers are in another file.
    case externalData(tensor: String)
    /// A file beside the model, which has some of its numbers, can not be read or does not hold them.
    case companionFile(name: String, reason: String)
    /// A tensor holds more or fewer numbers than its shape says.
    case wrongByteCount(tensor: String, found: Int, expected: Int)
    /// A number is infinite or NaN.
    case notFinite(tensor: String, index: Int)
    /// A batch normalisation divides by zero or by the root of a negative number.
    case illegalVariance(tensor: String, index: Int)
    /// No width multiplier gives the channel counts of the file.
    case noLegalWidth(layer: String, found: Int, expected: Int, nearestWidthPercent: Int)
    /// The network adds the first block's input to its output, which the hardened network does not.
    case firstBlockShortcut(channels: Int)
    /// The blocks are those of a deeper network or another one.
    case otherBlockTable(found: String, expected: String)
    /// The graph normalises colours itself, and the caller or the metadata state another normalisation.
    case conflictingNormalization(found: FloatNetwork.Normalization, asked: FloatNetwork.Normalization)
    /// Some layers of stride 2 pad as PyTorch does, others as TensorFlow does.
    case mixedPadding(layer: String, other: String)
    /// A metadata entry does not hold what it must.
    case illegalMetadata(key: String, found: String, expected: String)
    /// The numbers do not make a network.
    case network(FloatNetworkError)
    /// The integers do not make a hardened backbone.
    case artifact(BackboneArtifactError)
}

extension NetworkImportError: CustomStringConvertible {
    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .unknownFormat(let fileName, let guess):
            "\(shown(fileName)) is neither ONNX, safetensors, a PyTorch checkpoint, Keras's nor TensorFlow Lite"
                + (guess.map { " (it looks like \($0))" } ?? "")
                + "; export the network with torch.onnx.export, or save its weights as safetensors"
        case .tooLarge(let byteCount, let maximum):
            "file of \(byteCount) bytes, above the limit of \(maximum); is this a MobileNetV2?"
        case .safetensors(let reason):
            reason
        case .checkpoint(let reason):
            "checkpoint: \(reason)"
        case .keras(let reason):
            "Keras: \(reason)"
        case .malformedModel(let reason):
            "model: \(reason); export it again"
        case .unexpectedNode(let name, let operatorType, let expected):
            "node \(shown(name)) (\(shown(operatorType))) does not fit a MobileNetV2: expected "
                + "\(expected); export torchvision's, timm's or TensorFlow's network for inference"
        case .foreignOperator(let name, let operatorType, let domain):
            "node \(shown(name)) is operator \(shown(operatorType)) of domain \(shown(domain)), not of the standard"
                + (domain == "com.microsoft"
                    ? ": the file was saved by an optimiser; harden the file from before"
                    : "; inline functions (onnx.inliner.inline_local_functions), or export without them")
        case .graphEnds(let after, let expected):
            "graph ends after \(shown(after)), expected \(expected); export the whole network"
        case .unusableInput(let name, let found):
            "input \(shown(name)) is \(found), expected one image of three colours and equal sides: float "
                + "[N, 3, size, size] in ONNX, [N, size, size, 3] in TensorFlow Lite; export it again"
        case .unknownInputSize, .conflictingInputSize, .illegalInputSize:
            "input size: \(sizeProblem)"
        case .noLegalWidth(let layer, let found, let expected, let width):
            "no width multiplier fits: layer \(layer) has \(found) channels where width "
                + "\(Double(width) / 100) (the nearest) has \(expected); only MobileNetV2 with the usual "
                + "divisible-by-8 rule and widths 0.1 to 2 can be hardened"
        case .firstBlockShortcut(let channels):
            "at this width torchvision and timm add the first block's input to its output (both have "
                + "\(channels) channels), which the hardened network does not; use a width of 0.3 or more, or "
                + "state metadata first_block_shortcut=none if the network was trained without"
        case .companionFile(let name, let reason):
            "file \(shown(name)) with the model's weights: \(reason); keep both in one folder, or export with "
                + "external_data=False"
        case .otherBlockTable(let found, let expected):
            "other block table: \(found) where MobileNetV2 has \(expected); only MobileNetV2 can be hardened"
        case .conflictingNormalization(let found, let asked):
            "the graph normalises colours itself, to mean \(found.mean) and std \(found.standardDeviation), but mean "
                + "\(asked.mean) and std \(asked.standardDeviation) are stated; leave them out"
        case .mixedPadding(let layer, let other):
            "layer \(layer) and layer \(other) pad on different sides (PyTorch's padding of 1 and TensorFlow's SAME); "
                + "only networks that pad everywhere alike can be hardened"
        case .illegalMetadata(let key, let found, let expected):
            "metadata '\(key)' is \(shown(found)), expected \(expected); correct it"
        case .network(let error): "\(error)"
        case .artifact(let error): "\(error)"
        default: "tensor \(tensorProblem)"
        }
    }

    private var sizeProblem: String {
        switch self {
        case .unknownInputSize:
            "neither stated by the file nor given; pass the side of the image in pixels"
        case .conflictingInputSize(let found, let asked):
            "the file states \(found) but \(asked) was asked for; leave one out or export the network again"
        case .illegalInputSize(let found):
            "\(found) is not a multiple of 32 in \(NetworkDescription.inputSizes); choose another"
        default: preconditionFailure("called for the cases above only")
        }
    }

    private var tensorProblem: String {
        switch self {
        case .missingTensor(let name):
            "\(shown(name)) is missing; save the whole network, batch normalisation included"
        case .unexpectedTensor(let name):
            "\(shown(name)) is not part of a MobileNetV2; is this another network?"
        case .wrongShape(let tensor, let found, let expected):
            "\(shown(tensor)) has shape \(found), expected \(expected); is this another network?"
        case .unsupportedElementType(let tensor, let found):
            "\(shown(tensor)) has element type \(shown(found)), which is not read; export it as float32"
        case .externalData(let tensor):
            "\(shown(tensor)) is stored in another file, and where is not known; export with external_data=False"
        case .wrongByteCount(let tensor, let found, let expected):
            "\(shown(tensor)) holds \(found) bytes or numbers where its shape needs \(expected); "
                + "fetch the file again"
        case .notFinite(let tensor, let index):
            "\(shown(tensor)) has NaN or infinity at element \(index); export from a sound checkpoint"
        case .illegalVariance(let tensor, let index):
            "\(shown(tensor)) plus epsilon is not positive at channel \(index); export from a sound checkpoint"
        default: preconditionFailure("called for the cases above only")
        }
    }
}

/// A text from a file, made safe to print: escaped, and cut where it grows long.
func shown(_ text: String) -> String {
    let scalars = text.unicodeScalars.prefix(80)
    let quoted = String(String.UnicodeScalarView(scalars)).debugDescription
    return scalars.count < text.unicodeScalars.count ? quoted + "..." : quoted
}

/// Everything between the bytes of an image file and the numbers that a network was trained on: one value,
/// and one string, that artefact, head and shard carry and that is compared wherever they meet.
public struct Preprocessing: Sendable, Hashable {
    /// What becomes of the orientation that a camera wrote into a JPEG's EXIF.
    public enum Orientation: String, Sendable, Hashable, CaseIterable {
        /// The stored pixels are taken as they are, as Pillow, torchvision and TensorFlow do unasked.
        case ignore
        /// The picture is turned upright first.
        case apply
    }

    /// Order of the channels in the tensor.
    public enum Channels: String, Sendable, Hashable, CaseIterable {
        /// Red, green, blue.
        case rgb
        /// Blue, green, red, as OpenCV reads.
        case bgr
    }

    /// Mean and spread of the channels that training normalised with, in 0...1; hardening folds them into
    /// the weights, so that no byte of a tensor depends on them.
    public struct Colours: Sendable, Hashable {
        /// Mean of red, green, blue.
        public var mean: [Float]
        /// Standard deviation of red, green, blue.
        public var standardDeviation: [Float]

        /// Three numbers each, finite; spreads above 0.
        public init(mean: [Float], standardDeviation: [Float]) {
            precondition(mean.count == 3 && standardDeviation.count == 3, "three colours")
            self.mean = mean
            self.standardDeviation = standardDeviation
        }

        /// ImageNet's, as torchvision and timm use.
        public static let imageNet = Colours(
            mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225])

        /// To -1...1, as TensorFlow, Keras and Hugging Face use.
        public static let plusMinusOne = Colours(
            mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5])
    }

    /// What becomes of EXIF's orientation.
    public var orientation: Orientation
    /// How a picture becomes a square.
    public var fit: ImageFit
    /// How samples become another number of samples.
    public var kernel: ResizeKernel
    /// Whether the tensor is the picture turned by 180 degrees: TensorFlow's padding is PyTorch's, turned.
    public var isTurned: Bool
    /// Order of the channels.
    public var channels: Channels
    /// What training normalised with; `nil` where it is not stated.
    public var colours: Colours?

    /// A preprocessing; what is not named is as ``builtIn``.
    public init(
        fit: ImageFit = .stretch, kernel: ResizeKernel = .area, orientation: Orientation = .ignore,
        isTurned: Bool = false, channels: Channels = .rgb, colours: Colours? = nil
    ) {
        self.orientation = orientation
        self.fit = fit
        self.kernel = kernel
        self.isTurned = isTurned
        self.channels = channels
        self.colours = colours
    }

    /// The built-in model's, and of every artefact, head and shard made before there was a choice.
    public static let builtIn = Preprocessing()

    /// Checks that tensors of side `size` can be made.
    ///
    /// - Throws: ``PreprocessingError/cropBeyondShorterSide(shorter:size:)``.
    public func check(size: Int) throws(PreprocessingError) {
        if case .crop(let shorter, _) = fit, shorter < size {
            throw .cropBeyondShorterSide(shorter: shorter, size: size)
        }
    }

    /// Whether pictures that are not square lose their aspect.
    public var stretches: Bool {
        switch fit {
        case .stretch, .cropThenStretch: true
        case .crop, .letterbox: false
        }
    }
}

/// Why a preprocessing can not be used.
public enum PreprocessingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The square to keep is larger than the shorter side of the resized picture.
    case cropBeyondShorterSide(shorter: Int, size: Int)
    /// The text is no identity that this version writes.
    case unknownIdentity(String)

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .cropBeyondShorterSide(let shorter, let size):
            "the shorter side becomes \(shorter) pixels, a crop of \(size) does not fit in it; "
                + "give --shorter \(size) or more"
        case .unknownIdentity(let text):
            "preprocessing '\(Self.shown(text))' is unknown to this version of hashiflex; "
                + "use the version that wrote it, or send tensors instead of files"
        }
    }

    /// A text of any origin on one line, cut where it grows long.
    private static func shown(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(512)
        let safe = scalars.map { scalar in
            scalar.properties.generalCategory == .control ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return safe.joined() + (scalars.count < text.unicodeScalars.count ? "..." : "")
    }
}

/// Preprocessing by the name of the framework that trained.
public enum PreprocessingPreset: String, Sendable, Hashable, CaseIterable {
    /// torchvision's `IMAGENET1K_V1` weights: shorter side 256 for 224, bilinear, centre crop.
    case torchvision
    /// torchvision's `IMAGENET1K_V2` weights: shorter side 232 for 224.
    case torchvisionV2 = "torchvision-v2"
    /// timm's evaluation transform: crop share 0.875, bicubic, centre crop.
    case timm
    /// Hugging Face's `MobileNetV2ImageProcessor`: shorter side 256 for 224, bilinear, to -1...1.
    case hf
    /// Keras' `image_dataset_from_directory`, `Resizing` and `tf.image.resize`: stretched, no antialiasing.
    case keras
    /// TensorFlow slim's evaluation: the middle 87.5 % of both sides, stretched, no antialiasing.
    case tfSlim = "tf-slim"
    /// The built-in model's: stretched, area average.
    case builtIn = "built-in"

    /// The preprocessing for tensors of side `size`, in 1...4096.
    ///
    /// Shares other than of 224 pixels are taken in proportion, rounded down: 96 pixels from 109 (0.875).
    public func preprocessing(size: Int) -> Preprocessing {
        func crop(_ of224: Int, _ offset: ImageFit.OffsetRule = .roundEven) -> ImageFit {
            .crop(shorter: min(size * of224 / 224, ImageFit.shorterRange.upperBound), offset: offset)
        }
        return switch self {
        case .torchvision: Preprocessing(fit: crop(256), kernel: .pillowBilinear, colours: .imageNet)
        case .torchvisionV2: Preprocessing(fit: crop(232), kernel: .pillowBilinear, colours: .imageNet)
        case .timm: Preprocessing(fit: crop(256), kernel: .pillowBicubic, colours: .imageNet)
        case .hf: Preprocessing(fit: crop(256, .floor), kernel: .pillowBilinear, colours: .plusMinusOne)
        case .keras: Preprocessing(fit: .stretch, kernel: .linear, colours: .plusMinusOne)
        case .tfSlim:
            Preprocessing(fit: .cropThenStretch(perMille: 875), kernel: .linear, colours: .plusMinusOne)
        case .builtIn: .builtIn
        }
    }

    /// Whether the framework's own bytes can not be had, only ones near them.
    public var isNearestEquivalent: Bool {
        switch self {
        case .keras, .tfSlim: true
        case .torchvision, .torchvisionV2, .timm, .hf, .builtIn: false
        }
    }

    /// The name, with a word where the bytes are only near the framework's.
    public var title: String { isNearestEquivalent ? rawValue + " (nearest equivalent)" : rawValue }
}

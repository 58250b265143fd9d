import ArgumentParser
import Artifacts
import ClassifierHead
import HardenedBackbone
import HardenedModel
import ImageDecoding

/// How pictures become tensors, on the command line: one word, or its parts.
struct PreprocessingOptions: ParsableArguments {
    /// The fits by name.
    enum Fit: String, CaseIterable, ExpressibleByArgument {
        case crop
        case stretch
        case cropThenStretch = "crop-then-stretch"
        case letterbox

        init(_ fit: ImageFit) {
            switch fit {
            case .stretch: self = .stretch
            case .crop: self = .crop
            case .cropThenStretch: self = .cropThenStretch
            case .letterbox: self = .letterbox
            }
        }
    }

    @Option(
        help: ArgumentHelp(
            "How pictures become tensors: torchvision, torchvision-v2, timm, hf, keras, tf-slim, built-in.",
            discussion:
                "Or a backbone, head or imported network that states it, a timm or Hugging Face configuration "
                + "(.json), or the text itself, as model info prints it. keras and tf-slim are nearest "
                + "equivalents."))
    var preprocess: String?
    @Option(help: "How a picture becomes a square: crop, stretch, crop-then-stretch or letterbox.")
    var fit: Fit?
    @Option(help: "With a crop: the shorter side before it, pixels.") var shorter: Int?
    @Option(help: "With a crop: its share, instead of --shorter; 0.875 takes 224 out of 256.")
    var cropPct: Double?
    @Option(
        help:
            "The kernel: pillow-bilinear, pillow-bicubic, pillow13-bilinear, pillow13-bicubic, area, linear.")
    var resize: ResizeKernel?
    @Option(help: "EXIF orientation of JPEG files: ignore or apply.") var exif: Preprocessing.Orientation?
    @Option(help: "Order of the channels: rgb or bgr.") var channels: Preprocessing.Channels?
    @Option(help: "Turn the tensor by 0 or 180 degrees.") var turn: Int?

    func validate() throws {
        try requireRange("--shorter", shorter, in: ImageFit.shorterRange)
        try requireRange("--crop-pct", cropPct, in: 0.01...1)
        if let turn, turn != 0, turn != 180 {
            throw ValidationError("--turn is 0 or 180, not \(turn)")
        }
        if shorter != nil, cropPct != nil {
            throw ValidationError("--shorter and --crop-pct say the same in two ways; give one")
        }
    }

    /// Whether anything was asked for.
    var isGiven: Bool {
        preprocess != nil || fit != nil || shorter != nil || cropPct != nil || resize != nil || exif != nil
            || channels != nil || turn != nil
    }

    /// What `--preprocess` names, and the side of the tensors where it says one.
    func source() throws -> PreprocessingSource? {
        try preprocess.map { try PreprocessingSource(named: $0) }
    }

    /// What was asked for, tensors being `size` pixels a side.
    ///
    /// - Parameter fallback: what holds without `--preprocess`.
    /// - Throws: `CommandError` for options that do not go together.
    func choice(size: Int, fallback: @autoclosure () -> Preprocessing) throws -> Preprocessing {
        var result = try source()?.preprocessing(size: size) ?? fallback()
        result.fit = try chosenFit(result.fit, size: size)
        result.kernel = resize ?? result.kernel
        result.orientation = exif ?? result.orientation
        result.channels = channels ?? result.channels
        if let turn { result.isTurned = turn == 180 }
        do throws(PreprocessingError) {
            try result.check(size: size)
        } catch {
            throw CommandError(ExitCode(64), "\(error)")
        }
        return result
    }

    /// Preparation as asked for: `size` counts, else what `--preprocess` names, else the built-in model's.
    func preparation(size: Int?) throws -> TensorPreparation {
        let chosen = try size ?? source()?.tensorSize ?? EmbeddedModel.backbone().network.inputSize
        return try TensorPreparation(try choice(size: chosen, fallback: .builtIn), size: chosen)
    }

    private func chosenFit(_ base: ImageFit, size: Int) throws -> ImageFit {
        let wanted = fit ?? Fit(base)
        switch wanted {
        case .stretch, .letterbox:
            guard shorter == nil, cropPct == nil else {
                throw CommandError(
                    ExitCode(64),
                    "--shorter and --crop-pct go with a crop, not with \(wanted.rawValue); add --fit crop")
            }
            return wanted == .stretch ? .stretch : .letterbox
        case .cropThenStretch:
            guard shorter == nil else {
                throw CommandError(ExitCode(64), "--fit crop-then-stretch takes --crop-pct, not --shorter")
            }
            if cropPct == nil, case .cropThenStretch = base { return base }
            return .cropThenStretch(perMille: Int(((cropPct ?? 0.875) * 1_000).rounded()))
        case .crop:
            let (usual, offset): (Int?, ImageFit.OffsetRule) =
                if case .crop(let shorter, let offset) = base { (shorter, offset) } else { (nil, .roundEven) }
            // As timm: the quotient of the two numbers, rounded down.
            let share = cropPct ?? (usual == nil ? 0.875 : nil)
            let chosen = shorter ?? share.map { Int((Double(size) / $0).rounded(.down)) } ?? usual ?? size
            guard ImageFit.shorterRange.contains(chosen) else {
                throw CommandError(
                    ExitCode(64), "a shorter side of \(chosen) pixels is above 4096; give a larger --crop-pct"
                )
            }
            return .crop(shorter: chosen, offset: offset)
        }
    }
}

extension ResizeKernel: ExpressibleByArgument {}
extension Preprocessing.Orientation: ExpressibleByArgument {}
extension Preprocessing.Channels: ExpressibleByArgument {}

/// What the word after `--preprocess` stands for.
enum PreprocessingSource {
    case preset(PreprocessingPreset)
    /// A text, or a file that states one.
    case stated(Preprocessing, size: Int?)

    /// Side of the tensors where none is given: what the source says, 224 for a framework's preset; `nil` where
    /// it is the built-in model's.
    var tensorSize: Int? {
        switch self {
        case .stated(_, let size): size
        case .preset(.builtIn): nil
        case .preset: 224
        }
    }

    /// Reads a name, a text, or a file.
    init(named name: String) throws {
        if let preset = PreprocessingPreset(rawValue: name) {
            self = .preset(preset)
        } else if name.hasPrefix("hsf-") {
            self = .stated(try Self.known(name, in: "--preprocess"), size: nil)
        } else if name.hasSuffix(".json") {
            let found = try TrainingConfiguration.read(name)
            self = .stated(found.preprocessing, size: found.inputSize)
        } else if name.hasSuffix(".safetensors") {
            self = try Self.file(name)
        } else {
            let presets = PreprocessingPreset.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandError(
                ExitCode(64),
                "--preprocess knows \(presets), a file .safetensors or .json, or the text that model info "
                    + "prints, not '\(name)'")
        }
    }

    /// The preprocessing for tensors of side `size`.
    func preprocessing(size: Int) -> Preprocessing {
        switch self {
        case .preset(let preset): preset.preprocessing(size: size)
        case .stated(let preprocessing, _): preprocessing
        }
    }

    private static func file(_ path: String) throws -> PreprocessingSource {
        let bytes = try InputFile.read(path)
        do {
            let backbone = try HardenedModel(decoding: bytes).backbone
            return .stated(
                try known(backbone.preprocessing, in: path), size: backbone.network.inputSize)
        } catch let error as HardenedModelError {
            guard let head = try? HeadFile.read(path).0 else {
                // Else a network that `import` wrote.
                if let file = try? SafetensorsFile(decoding: bytes), let text = file.metadata["preprocessing"]
                {
                    return .stated(
                        try known(text, in: path), size: file.metadata["input_size"].flatMap { Int($0) })
                }
                throw CommandError(Exit.badInput, "\(path): \(error)")
            }
            guard let text = head.preprocessing else {
                throw CommandError(
                    Exit.badInput, "\(path): this head does not state its preprocessing; name its backbone")
            }
            return .stated(try known(text, in: path), size: nil)
        }
    }

    private static func known(_ text: String, in place: String) throws -> Preprocessing {
        do throws(PreprocessingError) {
            return try Preprocessing(identity: text)
        } catch {
            throw CommandError(Exit.badInput, "\(place): \(error)")
        }
    }
}

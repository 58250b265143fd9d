import Foundation
import ImageDecoding

/// What timm's `config.json` or Hugging Face's `preprocessor_config.json` says of the pictures that a network
/// was trained for.
struct TrainingConfiguration {
    let preprocessing: Preprocessing
    /// Side of the tensors, pixels.
    let inputSize: Int
    /// The file, and whose form it has.
    let source: String

    /// Largest file that is read, bytes.
    private static let bytesMax = 1 << 20

    /// Reads a configuration of either form.
    ///
    /// - Throws: `CommandError` with exit code 65 naming the entry that is missing or has no counterpart here.
    static func read(_ path: String) throws -> TrainingConfiguration {
        guard let found = try readIfAny(path) else {
            throw CommandError(
                Exit.badInput,
                "\(path): neither timm's config.json (pretrained_cfg) nor Hugging Face's "
                    + "preprocessor_config.json (image_processor_type)")
        }
        return found
    }

    /// The configuration that lies beside a network's file, if one does.
    static func beside(_ network: String) throws -> TrainingConfiguration? {
        let folder = URL(fileURLWithPath: network).deletingLastPathComponent()
        for name in ["preprocessor_config.json", "config.json"] {
            let path = folder.appendingPathComponent(name).path
            guard FileManager.default.fileExists(atPath: path) else { continue }
            if let found = try readIfAny(path) { return found }
        }
        return nil
    }

    private static func readIfAny(_ path: String) throws -> TrainingConfiguration? {
        let bytes = try InputFile.read(path, bytesMax: bytesMax)
        let decoder = JSONDecoder()
        let kind: Kind
        do {
            kind = try decoder.decode(Kind.self, from: Data(bytes))
        } catch {
            throw CommandError(Exit.badInput, "\(path): not the JSON of a configuration: \(problem(error))")
        }
        do {
            if kind.pretrained_cfg != nil {
                return try decoder.decode(Timm.self, from: Data(bytes)).configuration(path)
            }
            if kind.image_processor_type != nil || kind.image_mean != nil {
                return try decoder.decode(HuggingFace.self, from: Data(bytes)).configuration(path)
            }
            return nil
        } catch let error as DecodingError {
            throw CommandError(Exit.badInput, "\(path): \(problem(error))")
        }
    }

    private static func problem(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "entry \(key.stringValue) is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "entry \(context.codingPath.map(\.stringValue).joined(separator: ".")) has another type than it must"
        default: "it is damaged"
        }
    }

    /// What tells the forms apart.
    private struct Kind: Decodable {
        struct Anything: Decodable {}
        let pretrained_cfg: Anything?
        let image_processor_type: String?
        let image_mean: [Float]?
    }
}

/// timm's `config.json`.
private struct Timm: Decodable {
    struct Pretrained: Decodable {
        let input_size: [Int]
        let interpolation: String
        let crop_pct: Double
        let crop_mode: String?
        let mean: [Float]
        let std: [Float]
    }

    let pretrained_cfg: Pretrained

    func configuration(_ path: String) throws -> TrainingConfiguration {
        let form = Form(path: path, entry: "pretrained_cfg.")
        let found = pretrained_cfg
        guard found.input_size.count == 3, found.input_size[0] == 3,
            found.input_size[1] == found.input_size[2]
        else { throw form.refuse("input_size", "\(found.input_size)", "3 channels of a square") }
        if let mode = found.crop_mode, mode != "center" { throw form.refuse("crop_mode", mode, "center") }
        let kernels = ["bilinear": ResizeKernel.pillowBilinear, "bicubic": .pillowBicubic]
        guard let kernel = kernels[found.interpolation] else {
            throw form.refuse("interpolation", found.interpolation, "bilinear or bicubic")
        }
        guard found.crop_pct > 0, found.crop_pct <= 1 else {
            throw form.refuse("crop_pct", "\(found.crop_pct)", "above 0, at most 1")
        }
        let size = try form.size(found.input_size[1], "input_size")
        let shorter = (Double(size) / found.crop_pct).rounded(.down)
        return TrainingConfiguration(
            preprocessing: Preprocessing(
                fit: try form.crop(shorter, of: size, .roundEven, "crop_pct"), kernel: kernel,
                colours: try form.colours(found.mean, found.std, "mean, std")),
            inputSize: size, source: "\(path) (timm)")
    }
}

/// Hugging Face's `preprocessor_config.json`.
private struct HuggingFace: Decodable {
    struct Size: Decodable {
        let shortest_edge: Int?
        let height: Int?
        let width: Int?
    }

    let image_mean: [Float]
    let image_std: [Float]
    let resample: Int
    let size: Size
    let do_resize: Bool?
    let do_center_crop: Bool?
    let crop_size: Size?
    let rescale_factor: Double?
    let do_rescale: Bool?
    let do_normalize: Bool?
    let do_flip_channel_order: Bool?

    func configuration(_ path: String) throws -> TrainingConfiguration {
        let form = Form(path: path, entry: "")
        for (entry, value, usual) in [
            ("do_resize", do_resize, true), ("do_rescale", do_rescale, true),
            ("do_normalize", do_normalize, true),
            ("do_flip_channel_order", do_flip_channel_order, false),
        ] {
            if let value, value != usual { throw form.refuse(entry, "\(value)", "\(usual)") }
        }
        let kernels = [2: ResizeKernel.pillowBilinear, 3: .pillowBicubic]
        guard let kernel = kernels[resample] else {
            throw form.refuse("resample", "\(resample)", "2 (bilinear) or 3 (bicubic)")
        }
        if let factor = rescale_factor, abs(factor * 255 - 1) > 1e-6 {
            throw form.refuse("rescale_factor", "\(factor)", "1/255")
        }
        let colours = try form.colours(image_mean, image_std, "image_mean, image_std")
        let cut = do_center_crop ?? false ? crop_size : nil
        let fit: ImageFit
        let side: Int
        if let cut, let shorter = size.shortest_edge {
            guard let height = cut.height, height == cut.width else {
                throw form.refuse("crop_size", "\(cut.height ?? 0)x\(cut.width ?? 0)", "a square")
            }
            side = try form.size(height, "crop_size")
            fit = try form.crop(Double(shorter), of: side, .floor, "size.shortest_edge")
        } else {
            guard cut == nil, let height = size.height, height == size.width else {
                throw form.refuse("size", "no shortest_edge with a crop_size, and no square", "one of these")
            }
            side = try form.size(height, "size")
            fit = .stretch
        }
        return TrainingConfiguration(
            preprocessing: Preprocessing(fit: fit, kernel: kernel, colours: colours), inputSize: side,
            source: "\(path) (Hugging Face)")
    }
}

/// Where an entry stands, and what is wrong with it.
private struct Form {
    let path: String
    let entry: String

    func refuse(_ key: String, _ found: String, _ expected: String) -> CommandError {
        CommandError(
            Exit.badInput,
            "\(path): \(entry)\(key) is \(found), here it must be \(expected); give --preprocess and its parts"
        )
    }

    func size(_ value: Int, _ key: String) throws -> Int {
        guard (1...4_096).contains(value) else { throw refuse(key, "\(value)", "1 to 4096") }
        return value
    }

    func crop(
        _ shorter: Double, of size: Int, _ offset: ImageFit.OffsetRule, _ key: String
    ) throws -> ImageFit {
        guard shorter >= Double(size) else {
            throw refuse(
                key, "for a shorter side of \(shorter)", "for at least the \(size) pixels that are cut")
        }
        guard shorter >= 1, shorter <= Double(ImageFit.shorterRange.upperBound) else {
            throw refuse(key, "for a shorter side of \(shorter)", "for 1 to 4096")
        }
        return .crop(shorter: Int(shorter), offset: offset)
    }

    func colours(_ mean: [Float], _ deviation: [Float], _ keys: String) throws -> Preprocessing.Colours {
        guard mean.count == 3, deviation.count == 3, (mean + deviation).allSatisfy(\.isFinite),
            deviation.allSatisfy({ $0 > 0 })
        else { throw refuse(keys, "\(mean), \(deviation)", "three numbers each, spreads above 0") }
        return .init(mean: mean, standardDeviation: deviation)
    }
}

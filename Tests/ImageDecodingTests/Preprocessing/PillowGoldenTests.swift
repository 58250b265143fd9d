import Foundation
import ImageDecoding
import Testing

/// A line of `Golden/pillow_golden.tsv`, which `Golden/pillow_golden.py` wrote from the rule alone: it knows
/// neither this code nor Pillow, and Pillow 12.0.0 and 13.0.0 were seen to give the same bytes.
struct PillowGolden: Sendable, CustomTestStringConvertible {
    let line: String
    let image: RGBImage
    let preprocessing: Preprocessing
    let size: Int
    let fnv1a: UInt64

    var testDescription: String { line }

    init?(_ line: Substring) {
        let fields = line.split(separator: "\t").map(String.init)
        guard fields.count == 9, let width = Int(fields[0]), let height = Int(fields[1]),
            let size = Int(fields[7]), let hash = UInt64(fields[8].dropFirst(2), radix: 16)
        else { return nil }
        self.line = String(line)
        image = Self.image(width, height, generator: fields[2])
        let isBilinear = fields[3] == "pillow-bilinear"
        let kernel: ResizeKernel =
            fields[4] == "order13"
            ? isBilinear ? .pillow13Bilinear : .pillow13Bicubic
            : isBilinear ? .pillowBilinear : .pillowBicubic
        let fit: ImageFit
        switch fields[5] {
        case "stretch": fit = .stretch
        case "letterbox": fit = .letterbox
        case "crop-then-stretch": fit = .cropThenStretch(perMille: 875)
        case "crop": fit = .crop(shorter: Int(fields[6]) ?? 0, offset: .roundEven)
        case "crop/offset-floor": fit = .crop(shorter: Int(fields[6]) ?? 0, offset: .floor)
        default: return nil
        }
        preprocessing = Preprocessing(fit: fit, kernel: kernel)
        self.size = size
        fnv1a = hash
    }

    private static func image(_ width: Int, _ height: Int, generator: String) -> RGBImage {
        var bytes: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                for c in 0..<3 {
                    let value = (x * 31 + y * 57 + c * 101 + x * y * 3 + (x * x) % 11 * 17) % 256
                    bytes.append(generator == "edges" ? (value >= 128 ? 255 : 0) : UInt8(value))
                }
            }
        }
        return RGBImage(width: width, height: height, bytes: bytes)
    }

    static let all: [PillowGolden] = {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Golden/pillow_golden.tsv")
        let text = (try? String(contentsOf: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").dropFirst().compactMap { PillowGolden($0) }
    }()
}

@Suite struct PillowGoldenTests {
    @Test func everyLineIsRead() {
        #expect(PillowGolden.all.count == 65)
    }

    @Test(arguments: PillowGolden.all)
    func theDefinitionGivesTheGoldenBytes(golden: PillowGolden) {
        let tensor = ReferencePreparation.tensor(golden.image, golden.preprocessing, size: golden.size)
        #expect(fnv1a(tensor) == golden.fnv1a)
    }

    @Test(arguments: PillowGolden.all)
    func everyTierGivesTheGoldenBytes(golden: PillowGolden) throws {
        let preparation = try TensorPreparation(golden.preprocessing, size: golden.size)
        for tier in Tiers.supported {
            #expect(fnv1a(try tier.tensor(golden.image, preparation)) == golden.fnv1a, "\(tier.name)")
        }
    }
}

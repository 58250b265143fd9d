import ImageDecoding
import TestSupport
import Testing

/// A random picture, noise or flat patches with sharp edges.
private func picture(_ random: inout SeededRandom, width: Int, height: Int) -> RGBImage {
    var bytes = random.bytes(width * height * 3)
    if Bool.random(using: &random) { bytes = bytes.map { $0 < 128 ? 0 : 255 } }
    return RGBImage(width: width, height: height, bytes: bytes)
}

private func fit(_ random: inout SeededRandom, size: Int) -> ImageFit {
    switch Int.random(in: 0..<5, using: &random) {
    case 0: .stretch
    case 1: .letterbox
    case 2: .cropThenStretch(perMille: Int.random(in: 1...1_000, using: &random))
    case 3: .crop(shorter: size + Int.random(in: 0...40, using: &random), offset: .floor)
    default: .crop(shorter: size + Int.random(in: 0...40, using: &random), offset: .roundEven)
    }
}

@Suite struct TensorExactnessTests {
    @Test(arguments: 0..<160 as Range<UInt64>)
    func everyTierEqualsTheDefinition(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let size = Int.random(in: 1...40, using: &random)
        let longest = seed % 4 == 0 ? 300 : 90
        let image = picture(
            &random, width: Int.random(in: 1...longest, using: &random),
            height: Int.random(in: 1...90, using: &random))
        let preprocessing = Preprocessing(
            fit: fit(&random, size: size),
            kernel: try #require(ResizeKernel.allCases.randomElement(using: &random)),
            isTurned: Bool.random(using: &random),
            channels: Bool.random(using: &random) ? .rgb : .bgr)
        let expected = ReferencePreparation.tensor(image, preprocessing, size: size)
        let preparation = try TensorPreparation(preprocessing, size: size)
        for tier in Tiers.supported {
            let found = try tier.tensor(image, preparation)
            let first = zip(found, expected).enumerated().first { $0.element.0 != $0.element.1 }
            #expect(
                found == expected,
                """
                \(tier.name), \(image.width)x\(image.height), \(preprocessing.identity): \
                first at \(String(describing: first))
                """)
        }
    }

    /// Taps by the hundred, shifts of every size, rows by more than one block.
    @Test(arguments: [
        (1_920, 70, 32), (70, 1_920, 32), (3_000, 3, 7), (3, 3_000, 7), (640, 480, 224), (230, 231, 224),
        (224, 300, 224), (100, 224, 224), (21, 42, 62),
    ])
    func largePicturesAreExactToo(width: Int, height: Int, size: Int) throws {
        var random = SeededRandom(seed: UInt64(width * height))
        let image = picture(&random, width: width, height: height)
        for kernel in ResizeKernel.allCases {
            for fit in [
                ImageFit.stretch, .crop(shorter: size, offset: .roundEven),
                .crop(shorter: 183 + size, offset: .floor),
                .letterbox,
            ] {
                let preprocessing = Preprocessing(fit: fit, kernel: kernel)
                let expected = ReferencePreparation.tensor(image, preprocessing, size: size)
                let preparation = try TensorPreparation(preprocessing, size: size)
                for tier in Tiers.supported {
                    #expect(
                        try tier.tensor(image, preparation) == expected,
                        "\(tier.name) \(preprocessing.identity)")
                }
            }
        }
    }

    /// Sides that no machine could hold resized: 30,000 by 1 to a shorter side of 256 is 7,680,000 pixels wide.
    @Test(arguments: [(30_000, 1), (1, 30_000)])
    func onlyWhatIsKeptIsComputed(width: Int, height: Int) throws {
        let gray = (0..<30_000).map { UInt8(truncatingIfNeeded: $0 * 7 / 3) }
        let image = RGBImage(gray: gray, width: width, height: height)
        for kernel in ResizeKernel.allCases {
            let crop = try TensorPreparation(
                Preprocessing(fit: .crop(shorter: 256, offset: .roundEven), kernel: kernel), size: 224)
            let tensor = crop.tensor(image)
            // Enlarged 256 times: the middle 224 of 7,680,000 lie within three source pixels.
            let middle = Set(gray[14_999...15_001])
            let range = try #require(middle.min())...(try #require(middle.max()))
            #expect(tensor.allSatisfy { range.contains($0) }, "\(kernel)")
            let whole = try TensorPreparation(Preprocessing(fit: .letterbox, kernel: kernel), size: 32)
            #expect(whole.tensor(image).filter { $0 == 0 }.count >= 31 * 32 * 3, "\(kernel)")
        }
    }

    @Test func aTurnedTensorIsTheOtherBackwards() throws {
        var random = SeededRandom(seed: 9)
        let image = picture(&random, width: 61, height: 44)
        for kernel in ResizeKernel.allCases {
            for fit in [ImageFit.stretch, .crop(shorter: 30, offset: .roundEven), .letterbox] {
                let upright = try TensorPreparation(Preprocessing(fit: fit, kernel: kernel), size: 24)
                let turned = try TensorPreparation(
                    Preprocessing(fit: fit, kernel: kernel, isTurned: true), size: 24)
                let pixels = stride(from: 0, to: upright.byteCount, by: 3).map {
                    Array(upright.tensor(image)[$0..<($0 + 3)])
                }
                #expect(turned.tensor(image) == pixels.reversed().flatMap { $0 }, "\(kernel) \(fit)")
            }
        }
    }

    @Test func constantPicturesStayConstant() throws {
        for kernel in ResizeKernel.allCases {
            let preparation = try TensorPreparation(
                Preprocessing(fit: .crop(shorter: 37, offset: .floor), kernel: kernel), size: 33)
            for value: UInt8 in [0, 1, 127, 254, 255] {
                let image = RGBImage(
                    gray: [UInt8](repeating: value, count: 53 * 71), width: 53, height: 71)
                #expect(preparation.tensor(image).allSatisfy { $0 == value }, "\(kernel) \(value)")
            }
        }
    }
}

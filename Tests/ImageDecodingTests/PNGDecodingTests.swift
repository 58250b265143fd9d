import ImageDecoding
import Testing
import TestSupport

private func overWhite(_ colour: Int, alpha: Int) -> UInt8 {
    UInt8((colour * alpha + 255 * (255 - alpha) + 127) / 255)
}

/// 16 bit to 8, to the nearest.
private func rounded16(_ sample: UInt16) -> Int { (Int(sample) * 255 + 32_895) >> 16 }

@Suite struct PNGDecodingTests {
    @Test(arguments: [1, 3])
    func roundTripsItsOwnEncoder(channels: Int) throws {
        var random = SeededRandom(seed: 21)
        let samples = random.bytes(31 * 17 * channels)
        let file = try ImageEncoder.png(samples, width: 31, height: 17, channels: channels)
        let expected =
            channels == 1
            ? RGBImage(gray: samples, width: 31, height: 17)
            : RGBImage(width: 31, height: 17, bytes: samples)
        #expect(try ImageDecoder.decode(file) == expected)
        #expect(try ImageEncoder.png(expected) == file)
    }

    @Test(arguments: [1, 2, 4, 8, 16], [false, true])
    func expandsGrayOfEveryDepth(depth: Int, interlaced: Bool) throws {
        var random = SeededRandom(seed: 22)
        let top = UInt16.max >> (16 - depth)
        let samples = (0..<(19 * 11)).map { _ in UInt16.random(in: 0...top, using: &random) }
        let file = HandmadePNG(
            width: 19,
            height: 11,
            depth: depth,
            type: .gray,
            interlaced: interlaced,
            samples: samples
        )
        let gray = samples.map { depth == 16 ? UInt8(rounded16($0)) : UInt8(Int($0) * 255 / Int(top)) }
        #expect(try ImageDecoder.decode(file.encoded()) == RGBImage(gray: gray, width: 19, height: 11))
    }

    @Test(arguments: [1, 2, 4, 8], [false, true])
    func looksUpPalettesWithAndWithoutTransparency(depth: Int, transparent: Bool) throws {
        var random = SeededRandom(seed: 23)
        let entries = 1 << depth
        let palette = random.bytes(entries * 3)
        let alphas = random.bytes(entries)
        let samples = (0..<(13 * 9)).map { _ in UInt16.random(in: 0..<UInt16(entries), using: &random) }
        let file = HandmadePNG(
            width: 13,
            height: 9,
            depth: depth,
            type: .palette,
            samples: samples,
            palette: palette,
            transparency: transparent ? alphas : []
        )
        let expected = samples.flatMap { index in
            (0..<3).map { channel in
                overWhite(
                    Int(palette[Int(index) * 3 + channel]),
                    alpha: transparent ? Int(alphas[Int(index)]) : 255
                )
            }
        }
        #expect(try ImageDecoder.decode(file.encoded()).bytes == expected)
    }

    @Test(arguments: [HandmadePNG.ColourType.grayAlpha, .rgba], [8, 16])
    func compositesAlphaOverWhite(type: HandmadePNG.ColourType, depth: Int) throws {
        var random = SeededRandom(seed: 24)
        let top = UInt16.max >> (16 - depth)
        var samples = (0..<(14 * 10 * type.channels)).map { _ in UInt16.random(in: 0...top, using: &random) }
        // The ends of the alpha range matter most.
        samples[type.channels - 1] = 0
        samples[2 * type.channels - 1] = top
        let eight = samples.map { depth == 16 ? rounded16($0) : Int($0) }
        var expected: [UInt8] = []
        for pixel in stride(from: 0, to: eight.count, by: type.channels) {
            let alpha = eight[pixel + type.channels - 1]
            for channel in 0..<3 {
                expected.append(overWhite(eight[pixel + (type == .rgba ? channel : 0)], alpha: alpha))
            }
        }
        for interlaced in [false, true] {
            let file = HandmadePNG(
                width: 14,
                height: 10,
                depth: depth,
                type: type,
                interlaced: interlaced,
                samples: samples
            )
            #expect(try ImageDecoder.decode(file.encoded()).bytes == expected, "interlaced \(interlaced)")
        }
        #expect(Array(expected[0..<3]) == [255, 255, 255])
    }

    @Test func treatsATransparentColourAsWhite() throws {
        let file = HandmadePNG(
            width: 2,
            height: 1,
            type: .rgb,
            samples: [1, 2, 3, 4, 5, 6],
            transparency: [0, 1, 0, 2, 0, 3]
        )
        #expect(try ImageDecoder.decode(file.encoded()).bytes == [255, 255, 255, 4, 5, 6])
        let gray = HandmadePNG(
            width: 2,
            height: 1,
            depth: 4,
            type: .gray,
            samples: [7, 8],
            transparency: [0, 7]
        )
        #expect(try ImageDecoder.decode(gray.encoded()).bytes == [255, 255, 255, 136, 136, 136])
    }

    @Test func readsColourOfSixteenBits() throws {
        let samples: [UInt16] = [0, 128, 129, 65_535, 65_407, 32_767]
        let file = HandmadePNG(width: 2, height: 1, depth: 16, type: .rgb, samples: samples)
        #expect(try ImageDecoder.decode(file.encoded()).bytes == samples.map { UInt8(rounded16($0)) })
        #expect(samples.map { rounded16($0) } == [0, 0, 1, 255, 255, 127])
    }
}

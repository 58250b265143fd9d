import ImageDecoding
import Testing
import TestSupport

/// Whether decoding throws an error of the named case, whatever its detail.
private func failure(_ file: [UInt8], limits: DecodingLimits = .standard) -> String {
    do throws(ImageDecodingError) {
        _ = try ImageDecoder.decode(file, limits: limits)
        return "decoded"
    } catch {
        return switch error {
        case .empty: "empty"
        case .unknownFormat: "unknownFormat"
        case .corrupt: "corrupt"
        case .tooLarge: "tooLarge"
        case .unsupported: "unsupported"
        case .outOfMemory: "outOfMemory"
        }
    }
}

private func noise(_ width: Int, _ height: Int, seed: UInt64) -> RGBImage {
    var random = SeededRandom(seed: seed)
    return RGBImage(width: width, height: height, bytes: random.bytes(width * height * 3))
}

private func fixtures() throws -> [(name: String, file: [UInt8])] {
    let image = noise(24, 20, seed: 31)
    return [
        ("baseline jpeg", try ImageEncoder.jpeg(image)),
        ("progressive jpeg", try ImageEncoder.jpeg(image, options: .init(progressive: true))),
        ("rgb png", try ImageEncoder.png(image)),
        ("rgba png", try ImageEncoder.png(image.bytes, width: 24, height: 15, channels: 4, level: 6)),
    ]
}

@Suite struct BadImageTests {
    @Test func refusesEveryTruncation() throws {
        for (name, file) in try fixtures() {
            #expect(failure(file) == "decoded", "\(name)")
            for length in 1..<file.count {
                let result = failure(Array(file[..<length]))
                #expect(
                    result == "corrupt" || (length < 8 && result == "unknownFormat"),
                    "\(name) cut to \(length) of \(file.count) bytes: \(result)"
                )
            }
        }
    }

    @Test func survivesThreeThousandDamagedFiles() throws {
        let fixtures = try fixtures()
        let limits = DecodingLimits(widthMax: 4096, heightMax: 4096, pixelsMax: 1 << 20)
        var refused = 0
        for seed in 0..<3000 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            var file = fixtures[Int(seed) % fixtures.count].file
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let bit = Int.random(in: 0..<(file.count * 8), using: &random)
                file[bit / 8] ^= 1 << (bit % 8)
            }
            if failure(file, limits: limits) != "decoded" { refused += 1 }
        }
        // Every PNG is checksummed, so at least that half must be refused.
        #expect(refused >= 1450)
    }

    @Test func refusesAbsurdDimensionsBeforeAllocating() throws {
        let jpeg = try ImageEncoder.jpeg(noise(16, 16, seed: 32))
        let huge = patchingFrameHeader(jpeg) { header in
            for index in 5..<9 { header[header.startIndex + index] = 0xFF }
            header[header.startIndex + 6] = 0x00
            header[header.startIndex + 8] = 0x00
        }
        #expect(failure(huge) == "tooLarge")
        // Inside the limits, yet more than the file can hold: 8,192 x 8,192.
        let hollow = patchingFrameHeader(jpeg) { header in
            header.replaceSubrange(
                (header.startIndex + 5)..<(header.startIndex + 9),
                with: [0x20, 0x00, 0x20, 0x00]
            )
        }
        #expect(failure(hollow) == "corrupt")
        for (width, height, expected) in [
            (0x7FFF_FFFF, 0x7FFF_FFFF, "tooLarge"), (32_768, 32_768, "tooLarge"), (32_769, 1, "tooLarge"),
            (1, 32_769, "tooLarge"), (8192, 8192, "corrupt"), (0, 5, "corrupt"), (0xFFFF_FFFF, 1, "corrupt"),
        ] as [(UInt32, UInt32, String)] {
            let png = HandmadePNG(
                width: 1,
                height: 1,
                declared: (width, height),
                samples: [1, 2, 3]
            )
            #expect(failure(png.encoded()) == expected, "\(width) x \(height)")
        }
    }

    @Test func appliesEachLimitInclusively() throws {
        let file = try ImageEncoder.png(noise(20, 10, seed: 33))
        #expect(failure(file, limits: .init(widthMax: 20, heightMax: 10, pixelsMax: 200)) == "decoded")
        #expect(failure(file, limits: .init(widthMax: 19, heightMax: 10, pixelsMax: 200)) == "tooLarge")
        #expect(failure(file, limits: .init(widthMax: 20, heightMax: 9, pixelsMax: 200)) == "tooLarge")
        #expect(failure(file, limits: .init(widthMax: 20, heightMax: 10, pixelsMax: 199)) == "tooLarge")
    }

    @Test func refusesKindsItCannotDecodeAlikeEverywhere() throws {
        let jpeg = try ImageEncoder.jpeg(noise(16, 16, seed: 34))
        let cmyk = try ImageEncoder.jpeg(
            [UInt8](repeating: 77, count: 16 * 16 * 4),
            width: 16,
            height: 16,
            channels: 4
        )
        #expect(
            throws: ImageDecodingError.unsupported(
                detail: "jpeg: CMYK has no single RGB meaning; convert it to RGB first"
            )
        ) { try ImageDecoder.decode(cmyk) }
        let arithmetic = patchingFrameHeader(jpeg) { $0[$0.startIndex + 1] = 0xC9 }
        #expect(failure(arithmetic) == "unsupported")
        let lossless = patchingFrameHeader(jpeg) { $0[$0.startIndex + 1] = 0xC3 }
        // Whether the library could read it or not.
        #expect(
            throws: ImageDecodingError.unsupported(
                detail: "jpeg: lossless compression is not supported; re-encode it")
        ) { try ImageDecoder.decode(lossless) }
        let twelveBit = patchingFrameHeader(jpeg) { $0[$0.startIndex + 4] = 12 }
        #expect(failure(twelveBit) == "unsupported")
    }

    @Test(
        arguments: [
            ([], "empty"), ([0], "unknownFormat"), (Array("GIF89a".utf8), "unknownFormat"),
            ([0xFF, 0xD8], "unknownFormat"), ([0xFF, 0xD8, 0xFF], "corrupt"),
            ([0xFF, 0xD8, 0xFF, 0xD9], "corrupt"),
            ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "corrupt"),
            ([UInt8](repeating: 0, count: 4096), "unknownFormat"),
        ] as [([UInt8], String)]
    )
    func refusesWhatIsNoImage(file: [UInt8], expected: String) {
        #expect(failure(file) == expected)
    }

    /// Palette and transparency lie outside the pixels' own checksum: only each chunk's CRC covers them.
    @Test func refusesAPNGWithAnyByteFlipped() throws {
        let file = HandmadePNG(
            width: 5,
            height: 4,
            type: .palette,
            samples: (0..<20).map { UInt16($0 % 3) },
            palette: [1, 2, 3, 4, 5, 6, 7, 8, 9],
            transparency: [255, 128, 0]
        ).encoded()
        #expect(failure(file) == "decoded")
        for index in 8..<file.count {
            var damaged = file
            damaged[index] ^= 1
            #expect(failure(damaged) == "corrupt", "byte \(index)")
        }
    }

    @Test func probesTheHeaderWithoutThePixels() throws {
        for (_, file) in try fixtures().prefix(3) {
            let half = Array(file[..<(file.count * 3 / 4)])
            let found = try half.withUnsafeBytes { try ImageDecoder.probe($0) }
            #expect((found.width, found.height) == (24, 20))
        }
    }

    @Test func writesNoImageOfNoPixels() {
        #expect(throws: ImageEncoder.Failure.self) {
            try ImageEncoder.png([], width: 0, height: 0, channels: 1)
        }
        #expect(throws: ImageEncoder.Failure.self) {
            try ImageEncoder.jpeg([], width: 0, height: 3, channels: 1)
        }
        #expect(throws: ImageEncoder.Failure.self) {
            try ImageEncoder.jpeg([1, 2], width: 1, height: 1, channels: 2)
        }
    }

    /// What a decode takes beside its output, from the header alone: coefficients by the block, 128 bytes each.
    @Test func memoryIsKnownFromTheHeader() throws {
        func memory(_ file: [UInt8]) throws -> DecodingMemory {
            var told: [DecodingMemory] = []
            _ = try ImageDecoder.decode(file, reserve: { told.append($0) })
            #expect(told.count == 1)
            return try #require(told.first)
        }
        let side = 256
        let pixels = (0..<(side * side * 3)).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let image = RGBImage(width: side, height: side, bytes: pixels)
        let rows = side * 3 * 64
        for (subsampling, share) in [(ImageEncoder.JPEGOptions.Subsampling.none, 6), (.both, 3)] {
            let file = try ImageEncoder.jpeg(
                image, options: .init(subsampling: subsampling, progressive: true))
            let found = try memory(file)
            #expect(found.picture == side * side * 3 && found.working == side * side * share + rows)
            #expect(found.peak(isTurned: true) == found.picture + max(found.working, found.picture))
        }
        #expect(try memory(ImageEncoder.jpeg(image)).working == rows)
        #expect(try memory(ImageEncoder.png(image)).working < side * side * 2)
        for (type, interlaced) in [(HandmadePNG.ColourType.rgba, true), (.rgba, false), (.rgb, true)] {
            let file = HandmadePNG(
                width: side, height: side, type: type, interlaced: interlaced,
                samples: [UInt16](repeating: 9, count: side * side * type.channels))
            let working = try memory(file.encoded()).working
            #expect((working > side * side * 4) == (type == .rgba && interlaced), "\(type) \(interlaced)")
        }
    }

    @Test func nothingIsReservedForWhatIsRefused() {
        for file in [[], [1, 2, 3], Array("\u{89}PNG".utf8)] as [[UInt8]] {
            #expect(throws: ImageDecodingError.self) {
                try ImageDecoder.decode(file, reserve: { _ in Issue.record("reserved") })
            }
        }
    }
}

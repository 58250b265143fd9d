import ImageDecoding
import Testing

/// A JPEG's first bytes with an EXIF segment that states an orientation.
private func header(orientation: Int, littleEndian: Bool = true, type: Int = 3, count: Int = 1) -> [UInt8] {
    func number(_ value: Int, _ bytes: Int) -> [UInt8] {
        let little = (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        return littleEndian ? little : little.reversed()
    }
    let tiff =
        (littleEndian ? [0x49, 0x49] : [0x4D, 0x4D]) + number(42, 2) + number(8, 4) + number(2, 2)
        + number(271, 2) + number(2, 2) + number(1, 4) + [0x41, 0, 0, 0]
        + number(274, 2) + number(type, 2) + number(count, 4) + number(orientation, 2) + [0, 0]
        + number(0, 4)
    let content = Array("Exif\0\0".utf8) + tiff
    let length = content.count + 2
    return [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)] + content
        + [0xFF, 0xDA]
}

@Suite struct EXIFOrientationTests {
    @Test(arguments: EXIFOrientation.allCases)
    func isReadInBothByteOrders(orientation: EXIFOrientation) {
        #expect(EXIFOrientation(of: header(orientation: orientation.rawValue)) == orientation)
        #expect(
            EXIFOrientation(of: header(orientation: orientation.rawValue, littleEndian: false)) == orientation
        )
    }

    @Test func whatIsNotLegalIsUpright() {
        for file in [
            header(orientation: 0), header(orientation: 9), header(orientation: 6, type: 4),
            header(orientation: 6, count: 2), [], [0xFF, 0xD8], [0x89, 0x50],
            [0xFF, 0xD8] + [UInt8](repeating: 0xFF, count: 100_000), [0xFF, 0xD8, 0xFF, 0xE1, 0, 0],
        ] {
            #expect(EXIFOrientation(of: file) == .upright)
        }
    }

    /// Every byte cut off, and every byte changed: some answer, and no trap.
    @Test func damagedHeadersAreSurvived() {
        let file = header(orientation: 6)
        for count in file.indices { _ = EXIFOrientation(of: Array(file.prefix(count))) }
        for index in file.indices {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
                var damaged = file
                damaged[index] = value
                _ = EXIFOrientation(of: damaged)
            }
        }
    }

    /// 1 2 3 over 4 5 6, turned and mirrored as the standard's table of the eight values.
    @Test(
        arguments: [
            (1, 3, [1, 2, 3, 4, 5, 6]), (2, 3, [3, 2, 1, 6, 5, 4]), (3, 3, [6, 5, 4, 3, 2, 1]),
            (4, 3, [4, 5, 6, 1, 2, 3]), (5, 2, [1, 4, 2, 5, 3, 6]), (6, 2, [4, 1, 5, 2, 6, 3]),
            (7, 2, [6, 3, 5, 2, 4, 1]), (8, 2, [3, 6, 2, 5, 1, 4]),
        ] as [(Int, Int, [UInt8])])
    func picturesAreTurnedUpright(value: Int, width: Int, gray: [UInt8]) throws {
        let orientation = try #require(EXIFOrientation(rawValue: value))
        let image = RGBImage(gray: [1, 2, 3, 4, 5, 6], width: 3, height: 2).oriented(orientation)
        #expect(image.width == width && image.grayBytes == gray)
    }

    @Test func talliesWarnOfWhatIsLost() {
        var tally = PictureTally()
        for _ in 0..<8 { tally.add(PixelSize(width: 300, height: 200)) }
        #expect(tally.wide == 0 && tally.warnings(.builtIn).isEmpty)
        tally.add(PixelSize(width: 200, height: 301))
        #expect(tally.wide == 1 && tally.warnings(.builtIn).count == 1)
        let crop = Preprocessing(fit: .crop(shorter: 256, offset: .floor))
        #expect(tally.warnings(crop).isEmpty)
        tally.add(PixelSize(width: 200, height: 200), orientation: .turned90)
        #expect(tally.warnings(crop).count == 1)
        #expect(tally.warnings(Preprocessing(fit: .letterbox, orientation: .apply)).isEmpty)
    }
}

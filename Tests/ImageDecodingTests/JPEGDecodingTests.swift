import ImageDecoding
import Testing

private func smoothImage(width: Int, height: Int) -> RGBImage {
    var bytes: [UInt8] = []
    for y in 0..<height {
        for x in 0..<width {
            bytes += [UInt8(40 + x * 2), UInt8(60 + y * 3), UInt8(200 - x - y)]
        }
    }
    return RGBImage(width: width, height: height, bytes: bytes)
}

private func largestDifference(_ a: RGBImage, _ b: RGBImage) -> Int {
    zip(a.bytes, b.bytes).map { abs(Int($0) - Int($1)) }.max() ?? 0
}

@Suite struct JPEGDecodingTests {
    typealias Subsampling = ImageEncoder.JPEGOptions.Subsampling

    @Test(arguments: Subsampling.allCases, [false, true])
    func decodesWhatItShows(subsampling: Subsampling, progressive: Bool) throws {
        let image = smoothImage(width: 50, height: 37)
        let file = try ImageEncoder.jpeg(
            image,
            options: .init(quality: 98, subsampling: subsampling, progressive: progressive)
        )
        let decoded = try ImageDecoder.decode(file)
        #expect((decoded.width, decoded.height) == (50, 37))
        #expect(largestDifference(image, decoded) <= 8)
    }

    @Test(arguments: Subsampling.allCases)
    func progressiveAndBaselineOfTheSameCoefficientsAgree(subsampling: Subsampling) throws {
        let image = smoothImage(width: 33, height: 41)
        let baseline = try ImageEncoder.jpeg(image, options: .init(quality: 70, subsampling: subsampling))
        let progressive = try ImageEncoder.jpeg(
            image,
            options: .init(quality: 70, subsampling: subsampling, progressive: true)
        )
        #expect(baseline != progressive)
        #expect(try ImageDecoder.decode(baseline) == ImageDecoder.decode(progressive))
    }

    @Test func repeatsGray() throws {
        let gray = (0..<(24 * 16)).map { UInt8($0 / 2) }
        let file = try ImageEncoder.jpeg(gray, width: 24, height: 16, channels: 1)
        let decoded = try ImageDecoder.decode(file)
        #expect(decoded.grayBytes != nil)
        #expect(largestDifference(RGBImage(gray: gray, width: 24, height: 16), decoded) <= 8)
    }

    /// Pixels printed by libjpeg-turbo's own `djpeg -dct int`, once with SIMD and once with
    /// JSIMD_FORCENONE=1: the decoder's options are the pinned ones, or these differ.
    @Test(arguments: JPEGFixture.allCases)
    func matchesTheIntegerDecodeOfTheLibrarysOwnTool(fixture: JPEGFixture) throws {
        let decoded = try ImageDecoder.decode(fixture.file)
        #expect((decoded.width, decoded.height) == (40, 24))
        #expect(fnv1a(decoded.bytes) == fixture.pixelsFNV1a)
    }

    @Test func readsAHandmadeProgressiveFileAndRefusesTooManyScans() throws {
        for scans in [1, 2, 64, 100] {
            let decoded = try ImageDecoder.decode(handmadeProgressiveJPEG(scans: scans))
            #expect(decoded == RGBImage(gray: [UInt8](repeating: 128, count: 64), width: 8, height: 8))
        }
        #expect(throws: ImageDecodingError.unsupported(detail: "jpeg: has more than 100 scans; re-encode it"))
        {
            try ImageDecoder.decode(handmadeProgressiveJPEG(scans: 101))
        }
    }

    @Test func ignoresBytesAfterTheEnd() throws {
        let file = JPEGFixture.baseline420.file
        #expect(try ImageDecoder.decode(file + [1, 2, 3, 0xFF, 0xD8]) == ImageDecoder.decode(file))
    }
}

/// Two small files written by libjpeg-turbo's `cjpeg -quality 60 -optimize`.
enum JPEGFixture: CaseIterable {
    case baseline420
    case progressive422

    var file: [UInt8] {
        switch self {
        case .baseline420: bytes(hex: Self.baseline420Digits)
        case .progressive422: bytes(hex: Self.progressive422Digits)
        }
    }

    var pixelsFNV1a: UInt64 {
        switch self {
        case .baseline420: 0x8F47_68C6_C336_C72D
        case .progressive422: 0xA890_228C_8580_D0F7
        }
    }

    private static let baseline420Digits = """
        ffd8ffe000104a46494600010100000100010000ffdb0043000d090a0b0a080d0b0a0b0e0e0d0f13201513121213271c1e17
        202e2931302e292d2c333a4a3e333646372c2d405741464c4e525352323e5a615a50604a51524fffdb0043010e0e0e131113
        261515264f352d354f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
        4f4f4f4f4f4f4f4fffc00011080018002803012200021101031101ffc4001700010101010000000000000000000000000004
        0506ffc40026100001030400060203000000000000000001000211030412211322233141517181146191ffc4001901010002
        03000000000000000000000000050001020407ffc40023110001030402020301000000000000000001020311000421613141
        1251223271b1ffda000c03010002110311003f00e2a8589a07378041d6952cb12f78ac072f78f3a5a942d5cf31581c7c488d
        ab69da41803913085b6b6c000f84c807907d9d569b178679cd64fe1f1e20447b5536cc3a98a71becb4c5a911c1fb8daa5966
        c68c80ea77d77fe2c17703cd64f27ec7a235b8fccd356f77c66b2e8dab688c1ddcef4116f51b40fdbdb07c4e91522e1e0901
        a2909ea6669745d88cd4f46df8fac718dfb54b2de1c6963fa9f944448ba754c21d27e4a304eb38ae5cc2ccc552cb5e0c00dc
        b2fa54d3b2c3aa0493b8f94454e185389e90253a313fdf734d5bbaac6ea96591ac013ca3d222289b76dd485b8249ee9643cb
        0201afffd9
        """

    private static let progressive422Digits = """
        ffd8ffe000104a46494600010100000100010000ffdb0043000d090a0b0a080d0b0a0b0e0e0d0f13201513121213271c1e17
        202e2931302e292d2c333a4a3e333646372c2d405741464c4e525352323e5a615a50604a51524fffdb0043010e0e0e131113
        261515264f352d354f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
        4f4f4f4f4f4f4f4fffc20011080018002803012100021101031101ffc4001600010101000000000000000000000000000300
        05ffc4001801010003010000000000000000000000000401020306ffda000c03010002100310000001c456c2acb52aacdabc
        ea266d5a566b9f3a8b9392a2ff00ffc400191000020301000000000000000000000000001201021121ffda00080101000105
        028a6082689c8ae11522a2884548ae8a2e114134ffc400191100030101010000000000000000000000000203011141ffda00
        08010301013f0147f49b98dd1189b98e4d89b8b4e61fffc40023110001020406030000000000000000000001000211121321
        0304314151522232c1ffda0008010201013f0194cb4b71746e4bbb2198661890ec98e71133bdbe271113c0d1091c22ed5568
        8a9cd93b8ea8e0d4f32bffc4001810000301010000000000000000000000000010112161ffda0008010100063f022a8b561d
        7155ffc4001d100002020300030000000000000000000000011121103151617191ffda0008010100013f21df629be70a902e
        ac7bf13e38d22b13ed1cb02b505ce64802f49fffda000c03010002000300000010aef67f9aff00ffc4001a11000203010100
        0000000000000000000000011121415131ffda0008010301013f10bc410b839244cc2f0a10e4a8c0d3a5023fffc400211100
        01030401050000000000000000000001001121314151618171a1b1c1d1ffda0008010201013f10680ea3b0df670996b061e2
        50b126142826a20e785bab228c4fb3ac97b4a88a557aa2dd9ab1b44c6398dc3f1dd00dd936c697ffc4001d10000202020301
        00000000000000000000011100213151417191a1ffda0008010100013f1031ac106aa1860365cd4c2825b80025e200e63742
        194074615c49404820bd2b82906d59f206ea3c3a98382f7145d4fb9500f8261c326d770e009a6a7fffd9
        """
}

import ImageDecoding
import Testing
import TestSupport

@Suite struct TensorPreparationTests {
    @Test func repeatsGrayIntoThreeChannels() throws {
        var random = SeededRandom(seed: 11)
        let gray = random.bytes(28 * 28)
        let image = RGBImage(gray: gray, width: 28, height: 28)
        #expect(image.grayBytes == gray)
        let tensor = try TensorPreparation(.builtIn, size: 28).tensor(image)
        #expect(tensor == gray.flatMap { [$0, $0, $0] })
        let larger = try TensorPreparation(.builtIn, size: 32).tensor(image)
        #expect(larger.count == 32 * 32 * 3)
        for index in stride(from: 0, to: larger.count, by: 3) {
            #expect(larger[index..<(index + 3)].allSatisfy { $0 == larger[index] }, "at \(index)")
        }
    }

    @Test func hasNoGrayBytesWhenAnyPixelIsColoured() {
        var bytes = [UInt8](repeating: 9, count: 12)
        bytes[11] = 10
        #expect(RGBImage(width: 2, height: 2, bytes: bytes).grayBytes == nil)
    }

    /// One scratch through more sizes than it remembers, larger and smaller in turn.
    @Test func givesTheSameTensorWhateverTheScratchWasUsedForBefore() throws {
        var random = SeededRandom(seed: 12)
        var scratch = ResizeScratch()
        for round in 0..<60 {
            let width = Int.random(in: 1...50, using: &random)
            let height = Int.random(in: 1...50, using: &random)
            let size = [8, 16, 24][round % 3]
            let image = RGBImage(width: width, height: height, bytes: random.bytes(width * height * 3))
            let preparation = try TensorPreparation(.builtIn, size: size)
            var tensor = [UInt8](repeating: 0, count: size * size * 3)
            tensor.withUnsafeMutableBufferPointer {
                preparation.prepare(image, into: $0, scratch: &scratch)
            }
            #expect(tensor == preparation.tensor(image), "round \(round)")
        }
    }

    @Test func refusesABufferOfTheWrongSize() async {
        await #expect(processExitsWith: .failure) {
            let image = RGBImage(gray: [1, 2, 3, 4], width: 2, height: 2)
            var tensor = [UInt8](repeating: 0, count: 11)
            var scratch = ResizeScratch()
            let preparation = try TensorPreparation(.builtIn, size: 2)
            tensor.withUnsafeMutableBufferPointer {
                preparation.prepare(image, into: $0, scratch: &scratch)
            }
        }
    }

    @Test func namesDecoderAndResizeTogether() {
        #expect(
            Preprocessing.builtIn.identity == "\(ImageDecoder.identity) \(Resizer.identity)"
        )
        let names = ImageDecoder.libraryVersions.map { $0.split(separator: " ") }
        #expect(names.map(\.first) == ["libjpeg-turbo", "libpng", "zlib"])
        #expect(names.allSatisfy { $0.count == 2 && $0[1].contains(".") })
    }
}

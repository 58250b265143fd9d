import ImageDecoding
import TestSupport
import Testing

@Suite struct ImageGeometryTests {
    /// Sizes and offsets that torchvision 0.29.2 gives (`Resize(256)`, `CenterCrop(224)`).
    @Test(arguments: [
        (500, 375, 341, 256, 58, 16), (375, 500, 256, 341, 16, 58), (1_920, 1_080, 455, 256, 116, 16),
        (640, 427, 383, 256, 80, 16), (256, 256, 256, 256, 16, 16), (257, 256, 257, 256, 16, 16),
        (259, 256, 259, 256, 18, 16), (263, 256, 263, 256, 20, 16), (100, 100, 256, 256, 16, 16),
    ])
    func cropsAsTorchvision(width: Int, height: Int, to: Int, by: Int, left: Int, top: Int) {
        let geometry = ImageGeometry(
            .crop(shorter: 256, offset: .roundEven), source: PixelSize(width: width, height: height),
            size: 224)
        #expect(geometry.columns.resizedCount == to && geometry.rows.resizedCount == by)
        #expect(geometry.columns.keptFirst == left && geometry.rows.keptFirst == top)
        #expect(geometry.columns.keptCount == 224 && geometry.rows.keptCount == 224)
    }

    /// A margin of 3 modulo 4 is where the two rules part.
    @Test func offsetsRoundAsTheirNamesSay() {
        let even = (0...12).map { ImageFit.OffsetRule.roundEven.offset(of: 10, in: 10 + $0) }
        #expect(even == [0, 0, 1, 2, 2, 2, 3, 4, 4, 4, 5, 6, 6])
        let floor = (0...12).map { ImageFit.OffsetRule.floor.offset(of: 10, in: 10 + $0) }
        #expect(floor == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6])
    }

    @Test func slimCutsTheMiddleOfBothAxes() {
        let geometry = ImageGeometry(
            .cropThenStretch(perMille: 875), source: PixelSize(width: 500, height: 375), size: 224)
        #expect(geometry.columns.cutFirst == 31 && geometry.columns.cutCount == 438)
        #expect(geometry.rows.cutFirst == 23 && geometry.rows.cutCount == 329)
    }

    @Test func aLetterboxKeepsTheAspect() {
        let wide = ImageGeometry(.letterbox, source: PixelSize(width: 640, height: 360), size: 224)
        #expect(wide.columns.keptCount == 224 && wide.columns.place == 0)
        #expect(wide.rows.keptCount == 126 && wide.rows.place == 49)
        let thread = ImageGeometry(.letterbox, source: PixelSize(width: 1, height: 9_000), size: 224)
        #expect(thread.columns.keptCount == 1 && thread.columns.place == 112)
    }

    @Test func everyGeometryLiesInsidePictureAndTensor() {
        var random = SeededRandom(seed: 21)
        for _ in 0..<4_000 {
            let source = PixelSize(
                width: Int.random(in: 1...40_000 as ClosedRange, using: &random) % 3_000 + 1,
                height: Int.random(in: 1...3_000, using: &random))
            let size = Int.random(in: 1...300, using: &random)
            let fits: [ImageFit] = [
                .stretch, .letterbox, .cropThenStretch(perMille: Int.random(in: 1...1_000, using: &random)),
                .crop(shorter: size + Int.random(in: 0...100, using: &random), offset: .roundEven),
                .crop(shorter: size, offset: .floor),
            ]
            for fit in fits {
                let geometry = ImageGeometry(fit, source: source, size: size)
                for (axis, count) in [(geometry.columns, source.width), (geometry.rows, source.height)] {
                    #expect(
                        axis.cutFirst >= 0 && axis.cutCount >= 1 && axis.cutFirst + axis.cutCount <= count)
                    #expect(axis.keptFirst >= 0 && axis.keptFirst + axis.keptCount <= axis.resizedCount)
                    #expect(axis.keptCount >= 1 && axis.place >= 0 && axis.place + axis.keptCount <= size)
                }
            }
        }
    }
}

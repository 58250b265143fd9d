import ImageDecoding
import Testing
import TestSupport

private func resized(_ image: RGBImage, width: Int, height: Int) -> [UInt8] {
    let resizer = Resizer(
        source: PixelSize(width: image.width, height: image.height),
        target: PixelSize(width: width, height: height),
        kernel: .area
    )
    var scratch = ResizeScratch()
    // Poisoned, so that a pixel never written shows.
    var target = [UInt8](repeating: 0xA5, count: width * height * 3)
    image.bytes.withUnsafeBufferPointer { source in
        target.withUnsafeMutableBufferPointer { resizer.resize(source, into: $0, scratch: &scratch) }
    }
    return target
}

private func randomImage(_ random: inout SeededRandom, width: Int, height: Int) -> RGBImage {
    RGBImage(width: width, height: height, bytes: random.bytes(width * height * 3))
}

@Suite struct ResizerTests {
    @Test(arguments: 0..<60 as Range<UInt64>)
    func agreesWithTheReferenceOnRandomSizes(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let image = randomImage(
            &random,
            width: Int.random(in: 1...40, using: &random),
            height: Int.random(in: 1...40, using: &random)
        )
        let width = Int.random(in: 1...24, using: &random)
        let height = Int.random(in: 1...24, using: &random)
        let fast = resized(image, width: width, height: height)
        let slow = ReferencePreparation.resized(image, kernel: .area, width: width, height: height).bytes
        let first = zip(fast, slow).enumerated().first { $0.element.0 != $0.element.1 }
        #expect(
            fast == slow,
            "seed \(seed): \(image.width)x\(image.height) to \(width)x\(height), first at \(String(describing: first))"
        )
    }

    @Test(arguments: [(1, 1), (7, 3), (3, 7), (64, 64), (501, 37), (28, 28)])
    func leavesAConstantImageConstant(size: (width: Int, height: Int)) {
        for value: UInt8 in [0, 1, 127, 254, 255] {
            let image = RGBImage(
                gray: [UInt8](repeating: value, count: size.width * size.height),
                width: size.width,
                height: size.height
            )
            let result = resized(image, width: 13, height: 29)
            #expect(result.allSatisfy { $0 == value }, "\(size) of \(value)")
        }
    }

    @Test func keepsAnImageOfTheTargetSize() {
        var random = SeededRandom(seed: 3)
        let image = randomImage(&random, width: 32, height: 32)
        #expect(resized(image, width: 32, height: 32) == image.bytes)
        // One axis kept: each column of the other is resized alone.
        let column = randomImage(&random, width: 1, height: 9)
        #expect(
            resized(column, width: 1, height: 4)
                == ReferencePreparation.resized(column, kernel: .area, width: 1, height: 4).bytes
        )
    }

    @Test func averagesWholeBlocksWhenTheRatioIsWhole() {
        var random = SeededRandom(seed: 4)
        let image = randomImage(&random, width: 16, height: 8)
        let result = resized(image, width: 4, height: 4)
        for y in 0..<4 {
            for x in 0..<4 {
                for channel in 0..<3 {
                    var sum = 0
                    for dy in 0..<2 {
                        for dx in 0..<4 {
                            sum += Int(image.bytes[((y * 2 + dy) * 16 + x * 4 + dx) * 3 + channel])
                        }
                    }
                    #expect(Int(result[(y * 4 + x) * 3 + channel]) == (sum + 4) / 8)
                }
            }
        }
    }

    @Test func staysWithinOneLevelOfTheRealNumberAreaAverage() {
        var random = SeededRandom(seed: 5)
        let image = randomImage(&random, width: 97, height: 1)
        let result = resized(image, width: 11, height: 1)
        for target in 0..<11 {
            let low = Double(target) * 97 / 11
            let high = Double(target + 1) * 97 / 11
            var sum = 0.0
            for source in 0..<97 {
                let overlap = min(high, Double(source + 1)) - max(low, Double(source))
                if overlap > 0 { sum += overlap * Double(image.bytes[source * 3]) }
            }
            let exact = sum / (high - low)
            #expect(abs(exact - Double(result[target * 3])) <= 0.75, "target \(target)")
        }
    }

    @Test func neverOverflowsAtTheExtremes() {
        // All white through every weight is the largest sum there is.
        let image = RGBImage(gray: [UInt8](repeating: 255, count: 4097 * 3), width: 4097, height: 3)
        #expect(resized(image, width: 1, height: 1) == [255, 255, 255])
        #expect(resized(image, width: 2, height: 5).allSatisfy { $0 == 255 })
    }

    @Test func namesItsSpecification() {
        // Changing a bit of the resize means a new name: artefacts carry it.
        #expect(Resizer.identity == "hsf-resize-1/area-down-linear-up/w12/stretch")
    }
}

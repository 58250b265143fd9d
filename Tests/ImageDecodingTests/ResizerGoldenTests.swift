import ImageDecoding
import Testing

/// Values printed by `Golden/resize_golden.py`, which knows the specification but not this code.
@Suite struct ResizerGoldenTests {
    static let goldens: [(width: Int, height: Int, size: Int, fnv1a: UInt64)] = [
        (width: 37, height: 23, size: 16, fnv1a: 0x3875e83e45380e5b),
        (width: 28, height: 28, size: 32, fnv1a: 0x0098e7d1bdb37ee7),
        (width: 64, height: 48, size: 64, fnv1a: 0x87a0c17c2b3f3267),
        (width: 61, height: 40, size: 24, fnv1a: 0x7872c45c58f62180),
        (width: 5, height: 3, size: 7, fnv1a: 0xdfba9cbf2f1758c9),
        (width: 100, height: 10, size: 32, fnv1a: 0x9a5a0ab8adec87c1),
        (width: 1, height: 1, size: 4, fnv1a: 0xa3bdb709934c5655),
        (width: 33, height: 200, size: 33, fnv1a: 0x565703cc649f57cb),
        (width: 2, height: 300, size: 5, fnv1a: 0xf3ab2dcab929f30a),
        (width: 224, height: 224, size: 224, fnv1a: 0xdb212d29e19645a5),
        (width: 320, height: 213, size: 96, fnv1a: 0xf7c610b168d90491),
    ]

    @Test(arguments: goldens)
    func matchesTheIndependentImplementation(
        golden: (width: Int, height: Int, size: Int, fnv1a: UInt64)
    ) throws {
        var bytes: [UInt8] = []
        for y in 0..<golden.height {
            for x in 0..<golden.width {
                for c in 0..<3 {
                    let value = x * 31 + y * 57 + c * 101 + x * y * 3 + (x * x) % 11 * 17
                    bytes.append(UInt8(value % 256))
                }
            }
        }
        let image = RGBImage(width: golden.width, height: golden.height, bytes: bytes)
        #expect(fnv1a(try TensorPreparation(.builtIn, size: golden.size).tensor(image)) == golden.fnv1a)
    }
}

internal import HardenedBackbone

/// Images for where there are none: all black, all white, a ramp, and noise.
enum TestPattern {
    static func images(_ network: NetworkDescription) -> [[UInt8]] {
        let count = network.imageBytes
        var state: UInt64 = 1
        let noise = (0..<count).map { _ -> UInt8 in
            // Knuth's MMIX multiplier; the upper bits are the random ones.
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        let ramp = (0..<count).map { UInt8($0 / 3 % network.inputSize * 255 / network.inputSize) }
        return [
            [UInt8](repeating: 0, count: count), [UInt8](repeating: 255, count: count), ramp, noise,
        ]
    }
}

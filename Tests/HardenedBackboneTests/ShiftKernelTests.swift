import CShiftKernels
import HardenedBackbone
import Testing
import TestSupport

/// Kernels one by one, on shapes the network does not have: every tier equals the scalar one, which the
/// executor tests tie to the reference, and none writes past its output.
@Suite struct ShiftKernelTests {
    private static let canary: UInt8 = 0xA5
    private static let slack = Int(HSF_READ_SLACK_BYTES)

    private static func tables() -> [(tier: ISATier, kernels: hsf_kernels)] {
        ISATier.supported.compactMap { tier in hsf_kernels_for_tier(tier.tier).map { (tier, $0.pointee) } }
    }

    /// A 64-byte aligned copy for the duration of `body`.
    private static func withAligned<Value: BitwiseCopyable, Result>(
        _ values: [Value],
        _ body: (UnsafePointer<Value>) -> Result
    ) -> Result {
        let size = max(1, values.count * MemoryLayout<Value>.stride)
        let raw = UnsafeMutableRawPointer.allocate(
            byteCount: size,
            alignment: Int(HSF_ALIGNMENT_BYTES)
        )
        defer { raw.deallocate() }
        let typed = raw.bindMemory(to: Value.self, capacity: values.count)
        typed.initialize(from: values, count: values.count)
        return body(typed)
    }

    /// The `count` bytes that `body` writes, or `nil` if it also wrote behind them.
    private static func output(_ count: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Void) -> [UInt8]? {
        var bytes = [UInt8](repeating: canary, count: count + slack)
        bytes.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { body(base) } }
        guard bytes.suffix(slack).allSatisfy({ $0 == canary }) else { return nil }
        return Array(bytes.prefix(count))
    }

    private static func weights(_ count: Int, _ generator: inout SeededRandom) -> [Int8] {
        (0..<count).map { _ in [64, -64, 64, -64, 1, -1, 0, 8].randomElement(using: &generator) ?? 0 }
    }

    @Test(arguments: [
        (1, 8, 8), (2, 4, 8), (3, 8, 24), (5, 12, 40), (6, 16, 48), (7, 20, 56), (9, 24, 64), (11, 28, 72),
        (13, 960, 80), (4, 96, 136),
    ])
    func convolvesPointwiseAlikeInEveryTier(_ pixels: Int, _ depth: Int, _ channels: Int) throws {
        let seed = UInt64(pixels * 10_000 + depth * 100 + channels)
        var generator = SeededRandom(seed: seed)
        let padded = (channels + 15) / 16 * 16
        let input = generator.extremeBytes(count: pixels * depth + Self.slack)
        let residual = generator.extremeBytes(count: pixels * channels + Self.slack)
        let weights = Self.weights(padded * depth, &generator)
        let bias = (0..<padded).map { _ in Int32.random(in: -1_000_000...1_000_000, using: &generator) }
        let shift = (0..<padded).map { _ in Int32.random(in: 0...20, using: &generator) }
        let residualShift = (0..<padded).map { _ in Int32.random(in: 0...20, using: &generator) }
        func run(_ kernels: hsf_kernels, adds: Bool) -> [UInt8]? {
            Self.withAligned(weights) { weights in
                Self.withAligned(bias) { bias in
                    Self.withAligned(shift) { shift in
                        Self.withAligned(residualShift) { residualShift in
                            input.withUnsafeBufferPointer { input in
                                residual.withUnsafeBufferPointer { residual in
                                    Self.output(pixels * channels) { output in
                                        var arguments = hsf_conv1x1_args(
                                            input: input.baseAddress,
                                            weights: weights,
                                            bias: bias,
                                            shift: shift,
                                            residual: adds ? residual.baseAddress : nil,
                                            residual_shift: adds ? residualShift : nil,
                                            output: output,
                                            pixels: pixels,
                                            input_channels: depth,
                                            output_channels: channels
                                        )
                                        kernels.conv1x1(&arguments)
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        let scalar = try #require(hsf_kernels_for_tier(HSF_TIER_SCALAR)).pointee
        for adds in [false, true] {
            let expected = try #require(run(scalar, adds: adds))
            for (tier, kernels) in Self.tables() {
                #expect(run(kernels, adds: adds) == expected, "seed \(seed), \(tier), residual \(adds)")
            }
        }
    }

    @Test(arguments: [(1, 8, 3), (9, 24, 4), (49, 1280, 6), (64, 40, 5)])
    func poolsAsDefinedInEveryTier(_ pixels: Int, _ channels: Int, _ shift: Int) {
        let seed = UInt64(pixels * 1000 + channels)
        var generator = SeededRandom(seed: seed)
        let input = generator.extremeBytes(count: pixels * channels + Self.slack)
        let expected = (0..<channels).map { channel -> UInt8 in
            let sum = (0..<pixels).reduce(0) { $0 + Int(input[$1 * channels + channel]) }
            return UInt8(min(255, (sum + 1 << (shift - 1)) >> shift))
        }
        for (tier, kernels) in Self.tables() {
            let found = input.withUnsafeBufferPointer { input in
                Self.output(channels) { output in
                    var arguments = hsf_pool_args(
                        input: input.baseAddress,
                        output: output,
                        pixels: pixels,
                        channels: channels,
                        shift: UInt32(shift)
                    )
                    kernels.pool(&arguments)
                }
            }
            #expect(found == expected, "seed \(seed), \(tier)")
        }
    }

    @Test(arguments: [(1, 4, 16), (2, 8, 32), (3, 12, 48), (4, 64, 64), (5, 1280, 80), (9, 20, 1008)])
    func classifiesAsDefinedInEveryTier(_ images: Int, _ depth: Int, _ classes: Int) {
        let seed = UInt64(images * 100_000 + depth * 10 + classes)
        var generator = SeededRandom(seed: seed)
        let features = generator.extremeBytes(count: images * depth)
        // The whole range of int8: pairs of such products do not fit 16 bits.
        let rows = generator.extremeBytes(count: classes * depth).map { Int8(bitPattern: $0) }
        let bias = (0..<classes).map { _ in Int32.random(in: -1_000_000...1_000_000, using: &generator) }
        var packed = [Int8](repeating: 0, count: classes * depth)
        for (index, weight) in rows.enumerated() {
            let (row, column) = (index / depth, index % depth)
            packed[((row / 16 * (depth / 4) + column / 4) * 16 + row % 16) * 4 + column % 4] = weight
        }
        var expected: [Int32] = []
        for image in 0..<images {
            for row in 0..<classes {
                expected.append(
                    (0..<depth).reduce(bias[row]) {
                        $0 + Int32(features[image * depth + $1]) * Int32(rows[row * depth + $1])
                    }
                )
            }
        }
        for (tier, kernels) in Self.tables() {
            var logits = [Int32](repeating: -1, count: images * classes + 16)
            features.withUnsafeBufferPointer { features in
                packed.withUnsafeBufferPointer { packed in
                    bias.withUnsafeBufferPointer { bias in
                        logits.withUnsafeMutableBufferPointer { logits in
                            var arguments = hsf_dense_args(
                                features: features.baseAddress,
                                weights: packed.baseAddress,
                                bias: bias.baseAddress,
                                logits: logits.baseAddress,
                                images: images,
                                depth: depth,
                                classes: classes
                            )
                            kernels.dense_u8s8_s32(&arguments)
                        }
                    }
                }
            }
            #expect(Array(logits.prefix(expected.count)) == expected, "seed \(seed), \(tier)")
            #expect(logits.suffix(16).allSatisfy { $0 == -1 }, "seed \(seed), \(tier): wrote past the end")
        }
    }
}

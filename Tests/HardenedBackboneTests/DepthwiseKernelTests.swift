import CShiftKernels
import HardenedBackbone
import Testing
import TestSupport

/// Depthwise kernels on shapes the network does not have, one or two output rows a call: every tier equals
/// plain integer arithmetic, and none writes past its output.
@Suite struct DepthwiseKernelTests {
    private static let canary: UInt8 = 0xA5
    private static let slack = Int(HSF_READ_SLACK_BYTES)

    /// The numbers of one case, in plain order.
    private struct Case {
        let width: Int
        let channels: Int
        let stride: Int
        let outputRows: Int
        let rows: [[UInt8]]
        let weights: [Int8]
        let bias: [Int32]
        let shift: [Int32]

        init(_ width: Int, _ channels: Int, _ stride: Int, _ outputRows: Int, seed: UInt64) {
            var generator = SeededRandom(seed: seed)
            (self.width, self.channels, self.stride, self.outputRows) = (width, channels, stride, outputRows)
            rows = (0..<outputRows + 2).map { _ in
                generator.extremeBytes(count: width * channels + DepthwiseKernelTests.slack)
            }
            weights = (0..<channels * 9).map { _ in
                [64, -64, 64, -64, 1, -1, 0, 8].randomElement(using: &generator) ?? 0
            }
            bias = (0..<channels).map { _ in Int32.random(in: -50_000...50_000, using: &generator) }
            shift = (0..<channels).map { _ in Int32.random(in: 0...12, using: &generator) }
        }

        /// What the definition says.
        var expected: [[UInt8]] {
            (0..<outputRows).map { row in
                (0..<width / stride * channels).map { element in
                    let (column, channel) = (element / channels, element % channels)
                    var sum = bias[channel]
                    for tap in 0..<9 {
                        let x = column * stride + tap % 3 - 1
                        guard x >= 0, x < width else { continue }
                        let byte = rows[row + tap / 3][x * channels + channel]
                        sum += Int32(weights[channel * 9 + tap]) * Int32(byte)
                    }
                    return UInt8(min(255, max(0, sum >> shift[channel])))
                }
            }
        }

        /// Position of a channel in depthwise order, and the start and size of its block.
        private func place(_ channel: Int, largest: Int) -> (start: Int, size: Int, position: Int) {
            var start = 0
            while true {
                let size = hsf_depthwise_block(largest, channels - start)
                let c = channel - start
                if c < size { return (start, size, c % 16 / 4 * (size / 4) + c / 16 * 4 + c % 4) }
                start += size
            }
        }

        /// What the kernels of a tier say, or `nil` if they wrote behind their output.
        func run(_ kernels: hsf_kernels) -> [[UInt8]]? {
            let padded = (channels + 63) / 64 * 64
            let numbers = UnsafeMutableRawPointer.allocate(
                byteCount: padded * 32, alignment: Int(HSF_ALIGNMENT_BYTES))
            defer { numbers.deallocate() }
            numbers.initializeMemory(as: UInt8.self, repeating: 0, count: padded * 32)
            let packedBias = numbers.bindMemory(to: Int32.self, capacity: padded)
            let packedShift = (numbers + padded * 4).bindMemory(to: Int32.self, capacity: padded)
            let packed = (numbers + padded * 8).bindMemory(to: Int8.self, capacity: padded * 24)
            for channel in 0..<channels {
                let place = place(channel, largest: kernels.depthwise_block)
                packedBias[place.start + place.position] = bias[channel]
                packedShift[place.start + place.position] = shift[channel]
                for row in 0..<2 {
                    for tap in 0..<9 {
                        let column = (row * 3 + tap % 3) * place.size + place.position
                        packed[place.start * 24 + column * 4 + tap / 3 + row] = weights[channel * 9 + tap]
                    }
                }
            }
            let count = width / stride * channels
            let step = count + DepthwiseKernelTests.slack
            var output = [UInt8](repeating: canary, count: 2 * step)
            var input = rows.flatMap { $0 }
            let rowBytes = rows[0].count
            input.withUnsafeMutableBufferPointer { input in
                output.withUnsafeMutableBufferPointer { output in
                    guard let base = input.baseAddress, let target = output.baseAddress else { return }
                    let fourth = outputRows == 2 ? UnsafePointer(base + 3 * rowBytes) : nil
                    let second = outputRows == 2 ? target + step : nil
                    var arguments = hsf_depthwise_args(
                        rows: (
                            UnsafePointer(base), UnsafePointer(base + rowBytes),
                            UnsafePointer(base + 2 * rowBytes), fourth
                        ),
                        weights: UnsafePointer(packed), bias: UnsafePointer(packedBias),
                        shift: UnsafePointer(packedShift), outputs: (target, second), width: width,
                        channels: channels)
                    stride == 1 ? kernels.depthwise_s1(&arguments) : kernels.depthwise_s2(&arguments)
                }
            }
            for row in 0..<2 {
                let untouched =
                    row < outputRows ? output[row * step + count..<(row + 1) * step] : output[step...]
                guard untouched.allSatisfy({ $0 == canary }) else { return nil }
            }
            return (0..<outputRows).map { Array(output[$0 * step..<$0 * step + count]) }
        }
    }

    @Test(arguments: [
        (1, 8, 1, 1), (1, 8, 1, 2), (2, 16, 1, 2), (3, 24, 1, 2), (4, 32, 1, 1), (5, 40, 1, 2), (6, 64, 1, 2),
        (7, 72, 1, 2), (7, 96, 1, 1), (8, 104, 1, 2), (9, 144, 1, 2), (2, 8, 2, 1), (4, 56, 2, 1),
        (6, 64, 2, 1),
        (8, 72, 2, 1), (10, 160, 2, 1), (14, 1344, 1, 2),
    ])
    func equalsTheDefinitionInEveryTier(_ width: Int, _ channels: Int, _ stride: Int, _ rows: Int) throws {
        try Self.check(width, channels, stride, rows, seed: UInt64(width * 100_000 + channels * 10 + stride))
    }

    @Test func equalsTheDefinitionOnFuzzedShapes() throws {
        var generator = SeededRandom(seed: 31)
        for round in 0..<150 {
            let stride = Int.random(in: 1...2, using: &generator)
            let width = Int.random(in: 1...12, using: &generator) * stride
            let channels = Int.random(in: 1...40, using: &generator) * 8
            let rows = stride == 2 ? 1 : Int.random(in: 1...2, using: &generator)
            try Self.check(width, channels, stride, rows, seed: UInt64(3100 + round))
        }
    }

    private static func check(
        _ width: Int, _ channels: Int, _ stride: Int, _ rows: Int, seed: UInt64
    ) throws {
        let numbers = Case(width, channels, stride, rows, seed: seed)
        let expected = numbers.expected
        for tier in ISATier.supported {
            let kernels = try #require(hsf_kernels_for_tier(tier.tier)).pointee
            #expect(
                numbers.run(kernels) == expected,
                "seed \(seed), \(tier), width \(width), \(channels) channels, stride \(stride), \(rows) rows")
        }
    }
}

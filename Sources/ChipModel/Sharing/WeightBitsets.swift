import HardenedBackbone
import QuantizedTensors

/// For each input and weight value, the set of output channels that still use the input alone.
struct WeightBitsets {
    let inputs: Int
    let words: Int
    private var bits: [UInt64]

    /// - Parameter value: weight of input `i` in channel `c`.
    init(inputs: Int, channels: Int, weight: (_ input: Int, _ channel: Int) -> Int8) {
        self.inputs = inputs
        words = (channels + 63) / 64
        bits = Array(repeating: 0, count: inputs * 14 * words)
        for channel in 0..<channels {
            for input in 0..<inputs {
                let value = weight(input, channel)
                for term in WeightTerms(value: value)?.terms ?? [] {
                    let start = start(input, term.value < 0, Int(term.code & 7))
                    bits[start + channel / 64] |= 1 << UInt64(channel % 64)
                }
            }
        }
    }

    private func start(_ input: Int, _ isNegative: Bool, _ exponent: Int) -> Int {
        ((input * 2 + (isNegative ? 1 : 0)) * 7 + exponent) * words
    }

    /// Channels that could take `pattern` now.
    func uses(_ pattern: PairPattern) -> Int {
        bits.withUnsafeBufferPointer { bits in
            var uses = 0
            for isNegative in [false, true] {
                for exponent in 0..<7 - pattern.distance {
                    let low = start(pattern.low, isNegative, exponent)
                    let high = start(
                        pattern.high, isNegative != pattern.isDifference, exponent + pattern.distance)
                    for word in 0..<words { uses += (bits[low + word] & bits[high + word]).nonzeroBitCount }
                }
            }
            return uses
        }
    }

    /// Takes the pattern out of every channel that has it.
    mutating func take(
        _ pattern: PairPattern,
        _ use: (_ channel: Int, _ isNegative: Bool, _ exponent: Int) -> Void
    ) {
        for isNegative in [false, true] {
            for exponent in 0..<7 - pattern.distance {
                let low = start(pattern.low, isNegative, exponent)
                let high = start(
                    pattern.high, isNegative != pattern.isDifference, exponent + pattern.distance)
                for word in 0..<words {
                    var both = bits[low + word] & bits[high + word]
                    bits[low + word] ^= both
                    bits[high + word] ^= both
                    while both != 0 {
                        use(word * 64 + both.trailingZeroBitCount, isNegative, exponent)
                        both &= both - 1
                    }
                }
            }
        }
    }

    /// What no pair took.
    func forEachSingle(_ body: (_ channel: Int, _ input: Int, _ isNegative: Bool, _ exponent: Int) -> Void) {
        for input in 0..<inputs {
            for isNegative in [false, true] {
                for exponent in 0..<7 {
                    let start = start(input, isNegative, exponent)
                    for word in 0..<words {
                        var left = bits[start + word]
                        while left != 0 {
                            body(word * 64 + left.trailingZeroBitCount, input, isNegative, exponent)
                            left &= left - 1
                        }
                    }
                }
            }
        }
    }
}

/// A seeded generator (SplitMix64), so that every failure replays from the seed in its message.
struct TestGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Bytes that favour the ends of the range, where arithmetic breaks first.
    mutating func extremeBytes(count: Int) -> [UInt8] {
        (0..<count).map { _ in
            switch UInt8.random(in: 0..<8, using: &self) {
            case 0, 1: 0
            case 2, 3: 255
            case 4: 127
            case 5: 128
            default: UInt8.random(in: 0...255, using: &self)
            }
        }
    }
}

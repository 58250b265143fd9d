import TestSupport

extension SeededRandom {
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

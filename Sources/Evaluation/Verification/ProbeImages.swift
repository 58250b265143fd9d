public import HardenedBackbone

/// Images that drive the arithmetic to its ends: saturation, clipping, sign changes at every border.
public enum ProbeImages {
    /// Image `index` of the endless sequence of probes; the same on every machine.
    ///
    /// Bytes are 0 or 255 half of the time, near the middle a quarter, anything else the rest; every fourth
    /// image is of one colour, where padding shows.
    ///
    /// - Shape: `[inputSize, inputSize, 3]`.
    public static func image(_ index: Int, network: NetworkDescription) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(index))
        if index % 4 == 3 {
            let colour = (0..<3).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            return (0..<network.imageBytes).map { colour[$0 % 3] }
        }
        return (0..<network.imageBytes).map { _ in
            let bits = generator.next()
            return switch bits & 7 {
            case 0, 1: 0
            case 2, 3: 255
            case 4: 127
            case 5: 128
            default: UInt8(truncatingIfNeeded: bits >> 8)
            }
        }
    }
}

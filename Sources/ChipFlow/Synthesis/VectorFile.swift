import ChipTools

/// Test vectors of a core, read from an RTL folder.
struct VectorFile {
    let windows: [[UInt8]]
    let residuals: [[UInt8]]
    let outputs: [[UInt8]]

    /// - Throws: ``FlowError/badVectors(file:line:)``.
    init(
        _ text: [UInt8],
        file: String,
        windowBytes: Int,
        channels: Int,
        hasResidual: Bool
    ) throws(FlowError) {
        var windows: [[UInt8]] = []
        var residuals: [[UInt8]] = []
        var outputs: [[UInt8]] = []
        for (index, line) in text.split(separator: 10).enumerated() {
            let fields = line.split(separator: 32)
            guard fields.count == 3, let window = Self.bytes(fields[0], count: windowBytes),
                let output = Self.bytes(fields[2], count: channels)
            else { throw .badVectors(file: file, line: index + 1) }
            windows.append(window)
            outputs.append(output)
            guard hasResidual else { continue }
            guard let residual = Self.bytes(fields[1], count: channels) else {
                throw .badVectors(file: file, line: index + 1)
            }
            residuals.append(residual)
        }
        guard !windows.isEmpty else { throw .badVectors(file: file, line: 1) }
        (self.windows, self.residuals, self.outputs) = (windows, residuals, outputs)
    }

    private static func bytes(_ field: ArraySlice<UInt8>, count: Int) -> [UInt8]? {
        guard field.count == 2 * count else { return nil }
        func digit(_ character: UInt8) -> UInt8? {
            switch character {
            case 48...57: character - 48
            case 97...102: character - 87
            default: nil
            }
        }
        var bytes = [UInt8](repeating: 0, count: count)
        for index in 0..<count {
            let at = field.startIndex + 2 * index
            guard let high = digit(field[at]), let low = digit(field[at + 1]) else { return nil }
            bytes[count - 1 - index] = high << 4 | low
        }
        return bytes
    }

    /// Bit `bit` of `bytes[vector]` for the 64 vectors from `first`.
    static func word(_ bytes: [[UInt8]], bit: Int, from first: Int) -> UInt64 {
        var word: UInt64 = 0
        for lane in 0..<min(64, bytes.count - first) {
            word |= UInt64(bytes[first + lane][bit / 8] >> UInt8(bit % 8) & 1) << UInt64(lane)
        }
        return word
    }
}

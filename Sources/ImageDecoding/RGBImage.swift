/// A decoded image.
///
/// - Shape: `[height, width, 3]`, rows from the top, red then green then blue, no padding.
/// - Range: each sample in `0...255`, in the colour space of the file (none is converted).
public struct RGBImage: Sendable, Hashable {
    /// Pixels per row, at least 1.
    public let width: Int
    /// Rows, at least 1.
    public let height: Int
    /// The samples; `height * width * 3` of them.
    public let bytes: [UInt8]

    /// Takes interleaved RGB samples; their count must be `width * height * 3`.
    public init(width: Int, height: Int, bytes: [UInt8]) {
        precondition(width > 0 && height > 0, "an image has at least one pixel")
        precondition(bytes.count == width * height * 3, "an RGB image has width x height x 3 bytes")
        self.width = width
        self.height = height
        self.bytes = bytes
    }

    /// Repeats each gray sample three times; their count must be `width * height`.
    public init(gray: [UInt8], width: Int, height: Int) {
        precondition(gray.count == width * height, "a gray image has width x height bytes")
        let bytes = [UInt8](unsafeUninitializedCapacity: gray.count * 3) { buffer, count in
            for index in gray.indices {
                buffer[index * 3] = gray[index]
                buffer[index * 3 + 1] = gray[index]
                buffer[index * 3 + 2] = gray[index]
            }
            count = gray.count * 3
        }
        self.init(width: width, height: height, bytes: bytes)
    }

    /// The samples of one channel when all three are equal everywhere, else `nil`.
    public var grayBytes: [UInt8]? {
        var gray: [UInt8] = []
        gray.reserveCapacity(width * height)
        for index in stride(from: 0, to: bytes.count, by: 3) {
            let sample = bytes[index]
            guard bytes[index + 1] == sample, bytes[index + 2] == sample else { return nil }
            gray.append(sample)
        }
        return gray
    }
}

/// The shape of one image's activation tensor.
///
/// - Shape: `[height, width, channels]`, channels innermost (NHWC without the N).
public struct TensorShape: Hashable, Sendable, BitwiseCopyable, CustomStringConvertible {
    /// Rows.
    public let height: Int
    /// Columns.
    public let width: Int
    /// Channels of one pixel.
    public let channels: Int

    /// Makes a shape; every dimension is at least 1.
    public init(height: Int, width: Int, channels: Int) {
        precondition(height > 0 && width > 0 && channels > 0, "tensor dimensions are positive")
        self.height = height
        self.width = width
        self.channels = channels
    }

    /// Number of pixels.
    public var pixelCount: Int { height * width }

    /// Number of elements, which for byte tensors is the number of bytes.
    public var elementCount: Int { height * width * channels }

    /// Position of one element in the flat layout.
    @inline(__always)
    public func offset(row: Int, column: Int, channel: Int) -> Int {
        (row &* width &+ column) &* channels &+ channel
    }

    /// For people: `56x56x24`.
    public var description: String { "\(height)x\(width)x\(channels)" }
}

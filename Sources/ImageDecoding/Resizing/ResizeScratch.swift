/// Working memory and remembered weights of one thread that resizes; reuse it from image to image.
///
/// Holds one source row of 32-bit sums and the last eight ``Resizer``s.
public struct ResizeScratch: Sendable {
    private static let resizersMax = 8

    private var row: [UInt32] = []
    private var resizers: [Resizer] = []
    private var oldest = 0

    /// Starts empty.
    public init() {}

    /// The resizer for these sizes, made on first use.
    mutating func resizer(sourceWidth: Int, sourceHeight: Int, size: Int) -> Resizer {
        let known = resizers.first {
            $0.sourceWidth == sourceWidth && $0.sourceHeight == sourceHeight && $0.targetWidth == size
                && $0.targetHeight == size
        }
        if let known { return known }
        let made = Resizer(sourceWidth: sourceWidth, sourceHeight: sourceHeight, size: size)
        if resizers.count < Self.resizersMax {
            resizers.append(made)
        } else {
            resizers[oldest] = made
            oldest = (oldest + 1) % Self.resizersMax
        }
        return made
    }

    /// Lends a row of at least `count` sums of unspecified value.
    mutating func withRow(count: Int, _ body: (UnsafeMutablePointer<UInt32>) -> Void) {
        if row.count < count { row = [UInt32](repeating: 0, count: count) }
        row.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { body(base) }
        }
    }
}

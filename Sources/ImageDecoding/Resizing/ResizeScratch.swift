/// Working memory and remembered weights of one thread that resizes; reuse it from image to image.
///
/// Holds one source row of 32-bit sums, the rows that a target row is made of, and the last eight
/// ``Resizer``s.
public struct ResizeScratch: Sendable {
    private static let resizersMax = 8

    /// The kernels that compute.
    let kernels: ResampleKernels
    private var sums: [UInt32] = []
    private var rows: [UInt8] = []
    private var resizers: [(preprocessing: Preprocessing, resizer: Resizer)] = []
    private var oldest = 0

    /// Starts empty, for the tier that `HASHIFLEX_ISA` names, or for the best of this CPU.
    public init() { kernels = .usual }

    /// Starts empty, for a tier; `nil` for an unknown name or a tier that this CPU lacks.
    public init?(tierName: String) {
        guard let kernels = ResampleKernels(tierName: tierName) else { return nil }
        self.kernels = kernels
    }

    /// The instruction set tier that computes, as `HASHIFLEX_ISA` names it.
    public var tierName: String { kernels.tierName }

    /// The resizer for these sizes, made on first use.
    mutating func resizer(_ preprocessing: Preprocessing, source: PixelSize, size: Int) -> Resizer {
        let known = resizers.first {
            $0.resizer.source == source && $0.resizer.target.width == size
                && $0.preprocessing == preprocessing
        }
        if let known { return known.resizer }
        let made = Resizer(
            source: source, target: PixelSize(width: size, height: size),
            geometry: ImageGeometry(preprocessing.fit, source: source, size: size),
            kernel: preprocessing.kernel, isTurned: preprocessing.isTurned)
        if resizers.count < Self.resizersMax {
            resizers.append((preprocessing, made))
        } else {
            resizers[oldest] = (preprocessing, made)
            oldest = (oldest + 1) % Self.resizersMax
        }
        return made
    }

    /// Lends a row of at least `count` sums of unspecified value.
    mutating func withSums(count: Int, _ body: (UnsafeMutablePointer<UInt32>) -> Void) {
        if sums.count < count { sums = [UInt32](repeating: 0, count: count) }
        sums.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { body(base) }
        }
    }

    /// Rows of bytes that were lent.
    struct Rows {
        fileprivate let base: UnsafeMutablePointer<UInt8>
        fileprivate let stride: Int

        /// The first byte of a row.
        subscript(index: Int) -> UnsafeMutablePointer<UInt8> { base + index * stride }
    }

    /// Lends `count` rows of at least `byteCount` bytes and `besides` bytes more, of unspecified value.
    mutating func withRows(
        _ byteCount: Int, count: Int, besides: Int, _ body: (Rows, UnsafeMutablePointer<UInt8>) -> Void
    ) {
        // Odd multiples of a cache line, so that rows of a power of two do not fall on one another.
        let stride = (byteCount + 63) / 64 * 64 | 64
        let total = stride * count + besides
        if rows.count < total { rows = [UInt8](repeating: 0, count: total) }
        rows.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress {
                body(Rows(base: base, stride: stride), base + stride * count)
            }
        }
    }
}

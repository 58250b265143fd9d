/// Resizes images of one size by one geometry and kernel, in integers: ingest and worker give the same bytes
/// everywhere.
///
/// - Shape: `[height, width, 3]` to the tensor's `[rows, columns, 3]`, samples in `0...255`.
/// - Rounding: of the kernels `area` and `linear`, ``WeightedResizer``; of Pillow's, ``PillowAxis``.
public struct Resizer: Sendable, Hashable {
    /// Names stretch and area average in the metadata of an artefact, as every version wrote it.
    public static let identity = "hsf-resize-1/area-down-linear-up/w12/stretch"

    private enum Engine: Sendable, Hashable {
        case weighted(WeightedResizer)
        case pillow(PillowResizer)
    }

    /// Size of the images.
    public let source: PixelSize
    /// Size of the whole target, what is left black included.
    public let target: PixelSize
    private let geometry: ImageGeometry
    private let isTurned: Bool
    private let engine: Engine

    /// Computes the weights for images of `source` pixels.
    ///
    /// - Parameters:
    ///   - target: the tensor's size; what `geometry` keeps and places lies inside.
    ///   - isTurned: whether the result is turned by 180 degrees.
    public init(
        source: PixelSize, target: PixelSize, geometry: ImageGeometry, kernel: ResizeKernel,
        isTurned: Bool = false
    ) {
        self.source = source
        self.target = target
        self.geometry = geometry
        self.isTurned = isTurned
        engine =
            if let curve = kernel.pillowCurve {
                .pillow(PillowResizer(geometry, kernel: kernel, curve: curve, isTurned: isTurned))
            } else {
                .weighted(
                    WeightedResizer(geometry, antialiases: kernel == .area, isTurned: isTurned))
            }
    }

    /// Computes the weights for the whole image at another size.
    public init(source: PixelSize, target: PixelSize, kernel: ResizeKernel) {
        self.init(
            source: source, target: target, geometry: ImageGeometry(resizing: source, to: target),
            kernel: kernel)
    }

    /// Bytes of image and tensor that a resize must read and write at least once.
    public var trafficBytes: Int {
        (geometry.columns.cutCount * geometry.rows.cutCount + target.width * target.height) * 3
    }

    /// Resizes `bytes` into `tensor`; both counts must match the sizes given at creation.
    public func resize(
        _ bytes: UnsafeBufferPointer<UInt8>,
        into tensor: UnsafeMutableBufferPointer<UInt8>,
        scratch: inout ResizeScratch
    ) {
        precondition(bytes.count == source.width * source.height * 3, "the source has the stated size")
        precondition(tensor.count == target.width * target.height * 3, "the target has the stated size")
        guard let base = tensor.baseAddress else { return }
        let (columns, rows) = (geometry.columns, geometry.rows)
        if columns.keptCount < target.width || rows.keptCount < target.height {
            base.update(repeating: 0, count: tensor.count)
        }
        let left = isTurned ? target.width - columns.place - columns.keptCount : columns.place
        let top = isTurned ? target.height - rows.place - rows.keptCount : rows.place
        let region = TargetRegion(
            base + (top * target.width + left) * 3, rowBytes: target.width * 3, rowCount: rows.keptCount,
            isTurned: isTurned)
        let cut = SourceRegion(bytes, width: source.width, geometry: geometry)
        switch engine {
        case .weighted(let resizer): resizer.resize(cut, into: region, scratch: &scratch)
        case .pillow(let resizer):
            resizer.resize(cut, into: region, kernels: scratch.kernels, scratch: &scratch)
        }
    }
}

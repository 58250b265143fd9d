/// The part of an image that a resize reads.
struct SourceRegion {
    /// The first byte of the image, and how many there are.
    private let bytes: UnsafeBufferPointer<UInt8>
    private let rowBytes: Int
    private let start: Int

    /// The cut of `geometry` out of an image `width` pixels wide.
    init(_ bytes: UnsafeBufferPointer<UInt8>, width: Int, geometry: ImageGeometry) {
        self.bytes = bytes
        rowBytes = width * 3
        start = geometry.rows.cutFirst * rowBytes + geometry.columns.cutFirst * 3
    }

    /// The first pixel of a row of the cut.
    func row(_ index: Int) -> UnsafePointer<UInt8> {
        guard let base = bytes.baseAddress else { preconditionFailure("an image has pixels") }
        return base + start + index * rowBytes
    }
}

/// Where in a tensor a resize writes.
struct TargetRegion {
    private let base: UnsafeMutablePointer<UInt8>
    private let rowBytes: Int
    private let rowCount: Int
    private let isTurned: Bool

    /// `rowCount` rows whose first pixel is at `base`, `rowBytes` apart; from the last up if turned.
    init(_ base: UnsafeMutablePointer<UInt8>, rowBytes: Int, rowCount: Int, isTurned: Bool) {
        self.base = base
        self.rowBytes = rowBytes
        self.rowCount = rowCount
        self.isTurned = isTurned
    }

    /// The first pixel of the row that holds row `index` of the picture.
    func row(_ index: Int) -> UnsafeMutablePointer<UInt8> {
        base + (isTurned ? rowCount - 1 - index : index) * rowBytes
    }
}

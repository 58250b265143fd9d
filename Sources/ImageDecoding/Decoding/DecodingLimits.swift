/// The largest image a decode accepts, checked against the header before anything is allocated.
///
/// Memory of one decode (``DecodingMemory``) is at most about `3 * pixelsMax` bytes of output, plus, for a progressive
/// JPEG, `6 * pixelsMax` bytes of coefficients, or, for an interlaced PNG with alpha, `4 * pixelsMax`.
public struct DecodingLimits: Sendable, Hashable {
    /// Pixels per row, inclusive.
    public var widthMax: Int
    /// Rows, inclusive.
    public var heightMax: Int
    /// Pixels in all, inclusive.
    public var pixelsMax: Int

    /// Bounds are inclusive and at least 1; sides fit 31 bits.
    public init(widthMax: Int = 32_768, heightMax: Int = 32_768, pixelsMax: Int = 64 << 20) {
        precondition(widthMax > 0 && heightMax > 0 && pixelsMax > 0, "a limit admits at least one pixel")
        precondition(widthMax <= Int(Int32.max) && heightMax <= Int(Int32.max), "sides fit 31 bits")
        self.widthMax = widthMax
        self.heightMax = heightMax
        self.pixelsMax = pixelsMax
    }

    /// Sides up to 32,768 and 64 Mpixel (67,108,864).
    public static let standard = DecodingLimits()
}

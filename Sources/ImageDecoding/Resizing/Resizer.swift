/// The one resize of this product, in integers: ingest and worker give the same bytes everywhere.
///
/// Specification `hsf-resize-1`. Each axis is treated alike and apart, so aspect is not kept (stretch).
/// Let an axis have `n` source and `m` target samples; all divisions below round down. For target `i`:
///
/// - `m < n`, area average. In units of `1/m` of a source sample, target `i` covers
///   `[i*n, (i+1)*n)` and source `j` covers `[j*m, (j+1)*m)`. Walking its sources upwards, let `c` be the
///   length covered so far, the present source included; then `W = (2*c*4096 + n) / (2*n)`, and the
///   source's weight is `W` less the previous `W` (0 at first).
/// - `m >= n`, linear with half-pixel centres. `p = (2*i+1)*n - m`; `low = p / (2*m)` (toward negative
///   infinity), `r = p - low*2*m`; the weight of source `low+1` is `(r*4096 + m) / (2*m)`, that of `low`
///   is 4096 less that. A source index outside the axis is moved to the nearest inside.
///
/// Weights of a target sum to 4096 on each axis. With `v` the sum over both axes of
/// `weightY * weightX * sample`, each channel of the result is `(v + 2^23) >> 24`: one rounding, half up,
/// so the order of the passes does not matter.
///
/// - Shape: `[height, width, 3]` to `[targetHeight, targetWidth, 3]`, samples in `0...255`.
/// - Overflow: none; `v + 2^23 <= 255 * 2^24 + 2^23 < 2^32`.
public struct Resizer: Sendable, Hashable {
    /// Names the specification above in the metadata of an artefact; it changes when a bit does.
    public static let identity = "hsf-resize-1/area-down-linear-up/w12/stretch"

    private let columns: ResizeAxis
    private let rows: ResizeAxis

    /// Pixels per source row.
    public var sourceWidth: Int { columns.sourceCount }
    /// Source rows.
    public var sourceHeight: Int { rows.sourceCount }
    /// Pixels per target row.
    public var targetWidth: Int { columns.targetCount }
    /// Target rows.
    public var targetHeight: Int { rows.targetCount }

    /// Computes the weights for one pair of sizes; each side is in `1...2^24`.
    public init(sourceWidth: Int, sourceHeight: Int, targetWidth: Int, targetHeight: Int) {
        columns = ResizeAxis(sourceCount: sourceWidth, targetCount: targetWidth)
        rows = ResizeAxis(sourceCount: sourceHeight, targetCount: targetHeight)
    }

    /// Computes the weights for a square target of side `size`.
    public init(sourceWidth: Int, sourceHeight: Int, size: Int) {
        self.init(
            sourceWidth: sourceWidth,
            sourceHeight: sourceHeight,
            targetWidth: size,
            targetHeight: size
        )
    }

    /// Resizes `source` into `target`; both counts must match the sizes given at creation.
    ///
    /// - Cost: about `3 * sourceWidth * (sourceHeight + 2 * targetHeight)` multiplications; allocates
    ///   only when `scratch` is smaller than a source row.
    public func resize(
        _ source: UnsafeBufferPointer<UInt8>,
        into target: UnsafeMutableBufferPointer<UInt8>,
        scratch: inout ResizeScratch
    ) {
        precondition(source.count == sourceWidth * sourceHeight * 3, "the source has the stated size")
        precondition(target.count == targetWidth * targetHeight * 3, "the target has the stated size")
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        if sourceWidth == targetWidth && sourceHeight == targetHeight {
            target.update(from: source, count: sourceWidth * sourceHeight * 3)
            return
        }
        scratch.withRow(count: sourceWidth * 3) { row in
            for y in 0..<targetHeight {
                blendRows(source, y, into: row)
                blendColumns(row, into: target + y * targetWidth * 3)
            }
        }
    }

    /// The weighted sum of the source rows of target row `y`; 20 bits per sample.
    private func blendRows(
        _ source: UnsafePointer<UInt8>,
        _ y: Int,
        into row: UnsafeMutablePointer<UInt32>
    ) {
        let count = sourceWidth * 3
        var from = source + rows.firsts[y] * count
        let taps = rows.weights[rows.starts[y]..<rows.starts[y + 1]]
        for (index, weight) in taps.enumerated() {
            if index == 0 {
                for x in 0..<count { row[x] = weight &* UInt32(from[x]) }
            } else {
                for x in 0..<count { row[x] &+= weight &* UInt32(from[x]) }
            }
            from += count
        }
    }

    /// The weighted sum along a blended row, rounded to samples.
    private func blendColumns(_ row: UnsafePointer<UInt32>, into target: UnsafeMutablePointer<UInt8>) {
        columns.withTaps { firsts, starts, weights in
            for x in 0..<targetWidth {
                var red: UInt32 = 1 << 23
                var green: UInt32 = 1 << 23
                var blue: UInt32 = 1 << 23
                var from = row + firsts[x] * 3
                for tap in starts[x]..<starts[x + 1] {
                    let weight = weights[tap]
                    red &+= weight &* from[0]
                    green &+= weight &* from[1]
                    blue &+= weight &* from[2]
                    from += 3
                }
                target[x * 3] = UInt8(truncatingIfNeeded: red >> 24)
                target[x * 3 + 1] = UInt8(truncatingIfNeeded: green >> 24)
                target[x * 3 + 2] = UInt8(truncatingIfNeeded: blue >> 24)
            }
        }
    }
}
